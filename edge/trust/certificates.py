"""CSCA and document signer certificates (ICAO Doc 9303-12 §7.1).

A certificate that cannot be read is `MalformedFile`, and stops no other certificate.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import algos, core, x509

from edge.emrtd import der, tlv
from edge.errors import MalformedFile
from edge.trust import countries, names, signatures
from edge.trust.names import Name
from edge.trust.signatures import UNREADABLE, Scheme, Unverified

LARGEST_BYTES = 64_000
MASTER_LIST_SIGNING = "2.23.136.1.1.3"
DEVIATION_LIST_SIGNING = "2.23.136.1.1.8"
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which something may be used; an end that is None is open."""

    begins: datetime | None
    ends: datetime | None

    def contains(self, moment: datetime) -> bool:
        """Whether a moment lies within, ends included."""
        began = self.begins is None or self.begins <= moment
        return began and (self.ends is None or moment <= self.ends)


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """The fields of a certificate that the rules of trust need."""

    der: bytes
    subject: bytes
    issuer: bytes
    subject_name: Name
    issuer_name: Name
    title: str
    """The subject as text for people."""
    serial: int
    country: str
    """Country of the subject, ISO 3166 alpha-2, upper case; empty when it has none."""
    public_key: bytes
    """SubjectPublicKeyInfo, DER."""
    key_id: bytes | None
    authority_key_id: bytes | None
    not_before: datetime
    not_after: datetime
    key_period: Period | None
    """The time in which the private key may sign (privateKeyUsagePeriod)."""
    is_ca: bool
    key_usage: frozenset[str] | None
    extended_usage: frozenset[str] | None
    """Purposes, dotted; None without the extension."""
    document_types: frozenset[str] | None
    """Document types that the signer may sign, as in the MRZ; None when it lists none readably."""
    unknown_critical: bool
    _signed: bytes
    _scheme: Scheme | MalformedFile
    """The signature algorithm, or why it is not accepted."""
    _signature: bytes

    @classmethod
    def parse(cls, data: bytes) -> Certificate:
        """Read one certificate, DER; MalformedFile."""
        if len(data) > LARGEST_BYTES:
            raise MalformedFile("a certificate larger than any is")
        try:
            return cls._parse(x509.Certificate.load(data, strict=True), data)
        except MalformedFile:
            raise
        except UNREADABLE as error:
            raise MalformedFile("a certificate that cannot be read") from error

    @classmethod
    def _parse(cls, found: x509.Certificate, data: bytes) -> Certificate:
        content = found["tbs_certificate"]
        extensions = _Extensions(content)
        subject, issuer = content["subject"], content["issuer"]
        country = names.country(subject) or names.country(issuer)
        return cls(
            der=data,
            subject=subject.dump(),
            issuer=issuer.dump(),
            subject_name=names.canonical(subject),
            issuer_name=names.canonical(issuer),
            title=names.title(subject),
            serial=content["serial_number"].native,
            country=countries.normalised(country),
            public_key=content["subject_public_key_info"].dump(),
            key_id=extensions.key_id(),
            authority_key_id=extensions.authority_key_id(),
            not_before=_moment(content["validity"]["not_before"]),
            not_after=_moment(content["validity"]["not_after"]),
            key_period=extensions.key_period(),
            is_ca=extensions.is_ca(),
            key_usage=extensions.key_usage(),
            extended_usage=extensions.extended_usage(),
            document_types=extensions.document_types(),
            unknown_critical=extensions.unknown_critical,
            _signed=content.dump(),
            _scheme=_scheme(found["signature_algorithm"]),
            _signature=found["signature_value"].native,
        )

    @property
    def digest(self) -> str:
        """Name of the digest of its own signature; empty when the algorithm is not accepted."""
        return "" if isinstance(self._scheme, MalformedFile) else self._scheme.digest

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject_name == self.issuer_name

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether a moment lies within the validity period."""
        return self.not_before <= moment <= self.not_after

    def may(self, usage: str) -> bool:
        """Whether the key usage allows something; without the extension everything is allowed."""
        return self.key_usage is None or usage in self.key_usage

    def is_signed_by(self, issuer: Certificate) -> bool:
        """Whether the key of another certificate signed this one."""
        return not self.fault_under(issuer)

    def fault_under(self, issuer: Certificate) -> str:
        """Why this certificate does not verify under the key of another; empty when it does."""
        if isinstance(self._scheme, MalformedFile):
            return str(self._scheme)
        try:
            signatures.verify(issuer.public_key, self._scheme, self._signature, self._signed)
        except (Unverified, MalformedFile) as error:
            return str(error)
        return ""


def split(data: bytes) -> list[bytes]:
    """The certificates of a PEM file, or the one of a DER file; MalformedFile."""
    if b"-----BEGIN" not in data[:4096]:
        return [data]
    try:
        found = [base64.b64decode(match, validate=False) for match in _PEM.findall(data)]
    except ValueError as error:
        raise MalformedFile("a PEM file that cannot be read") from error
    if not found:
        raise MalformedFile("a PEM file without a certificate")
    return found


_DOCUMENT_TYPES = "2.23.136.1.1.6.2"
_KNOWN_CRITICAL = frozenset(
    {
        "basic_constraints",
        "key_usage",
        "key_identifier",
        "authority_key_identifier",
        "extended_key_usage",
        "certificate_policies",
        "crl_distribution_points",
        "private_key_usage_period",
        "subject_alt_name",
        "issuer_alt_name",
        _DOCUMENT_TYPES,
        "2.23.136.1.1.6.1",  # name change (Doc 9303-12 §7.1.1.5)
    }
)


class _Extensions:
    """The extensions that can be read; some states encode theirs wrongly.

    An extension about rights that cannot be read grants no right.
    """

    def __init__(self, content: x509.TbsCertificate) -> None:
        self._read: dict[str, core.Asn1Value] = {}
        self._present: set[str] = set()
        self._document_types: set[str] = set()
        self.unknown_critical = False
        if isinstance(content["extensions"], core.Void):
            return
        for extension in content["extensions"]:
            self._add(extension)

    def _add(self, extension: x509.Extension) -> None:
        name = extension["extn_id"].native
        self._present.add(name)
        if extension["critical"].native and name not in _KNOWN_CRITICAL:
            self.unknown_critical = True
        try:
            value = extension["extn_value"]
            if name == _DOCUMENT_TYPES:
                self._document_types = _document_types(value.native)
                return
            value.parsed.native  # noqa: B018  # asn1crypto parses on access
            self._read[name] = value.parsed
        except (AttributeError, KeyError, TypeError, ValueError):
            return

    def key_id(self) -> bytes | None:
        found = self._read.get("key_identifier")
        return found.native if found is not None else None

    def authority_key_id(self) -> bytes | None:
        found = self._read.get("authority_key_identifier")
        return found["key_identifier"].native if found is not None else None

    def is_ca(self) -> bool:
        found = self._read.get("basic_constraints")
        return found is not None and bool(found["ca"].native)

    def key_usage(self) -> frozenset[str] | None:
        return self._rights("key_usage", lambda found: found.native)

    def extended_usage(self) -> frozenset[str] | None:
        return self._rights("extended_key_usage", lambda found: (each.dotted for each in found))

    def _rights(
        self, name: str, listed: Callable[[core.Asn1Value], Iterable[str]]
    ) -> frozenset[str] | None:
        if name not in self._present:
            return None
        found = self._read.get(name)
        return frozenset(listed(found)) if found is not None else frozenset()

    def key_period(self) -> Period | None:
        found = self._read.get("private_key_usage_period")
        if found is None:
            return None
        begins, ends = found["not_before"].native, found["not_after"].native
        return Period(begins, ends) if _comparable(begins) and _comparable(ends) else None

    def document_types(self) -> frozenset[str] | None:
        """§7.1.1.6; every string inside, because CN, PH and TZ encode the list in other ways."""
        return frozenset(self._document_types) or None


_STRINGS = frozenset({0x0C, 0x13, 0x16})
"""UTF8String, PrintableString, IA5String."""
_DEEPEST_TYPE_LIST = 4


def _document_types(content: bytes) -> set[str]:
    found: set[str] = set()
    level = [content]
    for _ in range(_DEEPEST_TYPE_LIST):
        deeper: list[bytes] = []
        for data in level:
            try:
                objects = tlv.read_all(data)
            except MalformedFile:
                continue
            deeper += [each.value for each in objects if each.tag in {der.SEQUENCE, der.SET}]
            found |= {_document_type(each.value) for each in objects if each.tag in _STRINGS}
        level = deeper
    return {each for each in found if 1 <= len(each) <= 2}


def _document_type(value: bytes) -> str:
    return value.decode("latin-1").strip(" <\x00").upper()


def _scheme(algorithm: algos.SignedDigestAlgorithm) -> Scheme | MalformedFile:
    try:
        return Scheme.of(algorithm)
    except MalformedFile as error:
        return error


def _comparable(moment: object) -> bool:
    return moment is None or (isinstance(moment, datetime) and moment.tzinfo is not None)


def _moment(time: x509.Time) -> datetime:
    """A time of the validity; MalformedFile without a time zone or in the year 0."""
    moment = time.native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise MalformedFile("a certificate with a validity that is no moment")
    return moment
