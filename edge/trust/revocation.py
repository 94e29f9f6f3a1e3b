"""Certificate revocation lists (ICAO Doc 9303-12 §7.1.4, RFC 5280 §5).

A list is refused as a whole when its signature does not verify, when it is a delta or scoped, or
when it has an unknown critical extension.  Half a list would report revoked serials as good.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import core, crl, x509

from edge.errors import MalformedFile
from edge.trust import countries, names, signatures
from edge.trust.certificates import Certificate
from edge.trust.names import Name
from edge.trust.signatures import UNREADABLE, Scheme, Unverified

LARGEST_BYTES = 4_000_000
LONGEST_LIFE = timedelta(days=90)
"""§7.1.4: a new list at least every 90 days.  So long counts a list without `nextUpdate`."""

_KNOWN = frozenset({"authority_key_identifier", "crl_number", "issuer_alt_name"})
_SCOPED = frozenset({"delta_crl_indicator", "issuing_distribution_point"})
_KNOWN_OF_ENTRIES = frozenset({"crl_reason", "invalidity_date", "hold_instruction_code"})


@dataclass(frozen=True, slots=True, repr=False)
class RevocationList:
    """One CRL; a claim until `is_signed_by` has verified it."""

    der: bytes
    issuer_name: Name
    title: str
    country: str
    authority_key_id: bytes | None
    number: int | None
    this_update: datetime
    next_update: datetime
    revoked: frozenset[int]
    """Serial numbers."""
    _signed: bytes
    _scheme: Scheme
    _signature: bytes

    @classmethod
    def parse(cls, data: bytes) -> RevocationList:
        """Read one CRL, DER; MalformedFile, also for a CRL that is only a part."""
        if len(data) > LARGEST_BYTES:
            raise MalformedFile("a revocation list larger than any is")
        try:
            return cls._parse(crl.CertificateList.load(data, strict=True), data)
        except MalformedFile:
            raise
        except UNREADABLE as error:
            raise MalformedFile("a revocation list that cannot be read") from error

    @classmethod
    def _parse(cls, found: crl.CertificateList, data: bytes) -> RevocationList:
        content = found["tbs_cert_list"]
        extensions = _extensions(content["crl_extensions"])
        authority, number = extensions.get("authority_key_identifier"), extensions.get("crl_number")
        this_update, next_update = _moment(content["this_update"]), content["next_update"]
        has_end = not isinstance(next_update, core.Void)
        return cls(
            der=data,
            issuer_name=names.canonical(content["issuer"]),
            title=names.title(content["issuer"]),
            country=countries.normalised(names.country(content["issuer"])),
            authority_key_id=authority["key_identifier"].native if authority is not None else None,
            number=number.native if number is not None else None,
            this_update=this_update,
            next_update=_moment(next_update) if has_end else this_update + LONGEST_LIFE,
            revoked=_revoked(content["revoked_certificates"]),
            _signed=content.dump(),
            _scheme=Scheme.of(found["signature_algorithm"]),
            _signature=found["signature"].native,
        )

    def is_fresh_at(self, moment: datetime) -> bool:
        """Whether the list was issued at a moment and no newer one was due."""
        return self.this_update <= moment <= self.next_update

    def is_signed_by(self, issuer: Certificate) -> bool:
        """Whether a CSCA that may sign revocation lists signed this one."""
        if not issuer.may("crl_sign"):
            return False
        try:
            signatures.verify(issuer.public_key, self._scheme, self._signature, self._signed)
        except (Unverified, MalformedFile):
            return False
        return True


def _extensions(listed: crl.TBSCertListExtensions | core.Void) -> dict[str, core.Asn1Value]:
    found: dict[str, core.Asn1Value] = {}
    if isinstance(listed, core.Void):
        return found
    for extension in listed:
        name = extension["extn_id"].native
        if name in _SCOPED:
            raise MalformedFile("a revocation list that says only a part (delta or scoped)")
        if name in _KNOWN:
            with suppress(*UNREADABLE):  # hints both; the signature decides
                extension["extn_value"].parsed.native  # noqa: B018  # parses on access
                found[name] = extension["extn_value"].parsed
        elif extension["critical"].native:
            raise MalformedFile("a revocation list with a critical extension that is not known")
    return found


def _revoked(entries: crl.RevokedCertificates | core.Void) -> frozenset[int]:
    if isinstance(entries, core.Void):
        return frozenset()
    serials = set()
    for entry in entries:
        extensions = entry["crl_entry_extensions"]
        for extension in () if isinstance(extensions, core.Void) else extensions:
            if (
                extension["critical"].native
                and extension["extn_id"].native not in _KNOWN_OF_ENTRIES
            ):
                raise MalformedFile("a revocation list with a critical entry that is not known")
        serials.add(entry["user_certificate"].native)
    return frozenset(serials)


def _moment(time: x509.Time) -> datetime:
    moment = time.native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise MalformedFile("a revocation list of no moment")
    return moment
