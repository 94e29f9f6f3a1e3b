"""CSCA and document signer certificates (ICAO Doc 9303-12 §7.1).

One certificate that is not made as it should never breaks its neighbours: what cannot be read is
`MalformedFile` for that certificate alone.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import core, x509

from edge.errors import MalformedFile
from edge.trust import signatures
from edge.trust.signatures import UNREADABLE, Scheme, Unverified

LARGEST_BYTES = 64_000
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """What trust needs of one certificate."""

    der: bytes
    subject: bytes
    issuer: bytes
    serial: int
    country: str
    """ISO 3166 alpha-2 of the subject, upper case; empty when it names none."""
    public_key: bytes
    """SubjectPublicKeyInfo, DER."""
    key_id: bytes | None
    authority_key_id: bytes | None
    not_before: datetime
    not_after: datetime
    is_ca: bool
    key_usage: frozenset[str] | None
    unknown_critical: bool
    _signed: bytes
    _scheme: Scheme
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
    def _parse(cls, found: Any, data: bytes) -> Certificate:
        content = found["tbs_certificate"]
        extensions = _extensions(content)
        constraints = extensions.get("basic_constraints")
        usage = extensions.get("key_usage")
        authority = extensions.get("authority_key_identifier")
        key_id = extensions.get("key_identifier")
        return cls(
            der=data,
            subject=content["subject"].dump(),
            issuer=content["issuer"].dump(),
            serial=content["serial_number"].native,
            country=_country(content["subject"]) or _country(content["issuer"]),
            public_key=content["subject_public_key_info"].dump(),
            key_id=key_id.native if key_id is not None else None,
            authority_key_id=authority["key_identifier"].native if authority is not None else None,
            not_before=_moment(content["validity"]["not_before"]),
            not_after=_moment(content["validity"]["not_after"]),
            is_ca=constraints is not None and bool(constraints["ca"].native),
            key_usage=frozenset(usage.native) if usage is not None else None,
            unknown_critical=_has_unknown_critical(content),
            _signed=content.dump(),
            _scheme=Scheme.of(found["signature_algorithm"]),
            _signature=found["signature_value"].native,
        )

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject == self.issuer

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether a moment lies within the validity period."""
        return self.not_before <= moment <= self.not_after

    def may(self, usage: str) -> bool:
        """Whether the key usage allows something; a certificate without the extension may all."""
        return self.key_usage is None or usage in self.key_usage

    def is_signed_by(self, issuer: Certificate) -> bool:
        """Whether the key of another certificate signed this one."""
        try:
            signatures.verify(issuer.public_key, self._scheme, self._signature, self._signed)
        except (Unverified, MalformedFile):
            return False
        return True


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
        "2.23.136.1.1.6.2",  # document type list (Doc 9303-12 §7.1.1.6)
        "2.23.136.1.1.6.1",  # name change
    }
)


def _extensions(content: Any) -> dict[str, Any]:
    """The extensions that can be read; some states encode theirs wrongly."""
    found: dict[str, Any] = {}
    if isinstance(content["extensions"], core.Void):
        return found
    for extension in content["extensions"]:
        name = extension["extn_id"].native
        try:
            found[name] = extension["extn_value"].parsed
            found[name].native  # noqa: B018  # asn1crypto parses on access
        except (AttributeError, KeyError, TypeError, ValueError):
            found.pop(name, None)
    return found


def _has_unknown_critical(content: Any) -> bool:
    if isinstance(content["extensions"], core.Void):
        return False
    return any(
        extension["critical"].native and extension["extn_id"].native not in _KNOWN_CRITICAL
        for extension in content["extensions"]
    )


def _moment(time: Any) -> datetime:
    """A time of the validity; one of no time zone, or of the year 0, compares with nothing."""
    moment = time.native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise MalformedFile("a certificate with a validity that is no moment")
    return moment


def _country(name: Any) -> str:
    for attributes in name.chosen:
        for attribute in attributes:
            if attribute["type"].dotted == "2.5.4.6":
                return str(attribute["value"].native).strip().upper()
    return ""
