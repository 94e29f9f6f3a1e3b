"""EF.SOD: a CMS SignedData around the hashes of the data groups (ICAO Doc 9303-10 §4.6.2).

Tolerant of the encodings the field has (BER, indefinite lengths, legacy content types), strict on
everything that carries trust.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, core

from edge.emrtd import der, tlv
from edge.errors import MalformedFile
from edge.trust.certificates import Certificate
from edge.trust.signatures import UNREADABLE, Scheme

LARGEST_BYTES = 64_000
_SOD = 0x77
_CONTENT_TYPES = frozenset(
    {
        "2.23.136.1.1.1",  # id-icao-mrtd-security-ldsSecurityObject
        "1.2.840.113549.1.7.1",  # id-data, met in CN
        "1.3.27.1.1.1",  # legacy, met in BE and FR
        "1.2.528.1.1006.1.20.1",  # Sdu, met in NL
    }
)
_MOST_SIGNERS = 4
_MOST_CERTIFICATES = 8
_DATA_GROUPS = range(1, 17)


_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


@dataclass(frozen=True, slots=True)
class Signer:
    """One SignerInfo, as claimed."""

    certificate: Certificate
    digest: str
    scheme: Scheme
    signature: bytes
    signed_attributes: tuple[bytes, ...]
    """The encodings over which the signature may run: as sent, and in DER (RFC 5652 §5.4)."""
    content_type: str | None
    message_digest: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class SecurityObject:
    """What EF.SOD says; claims until `edge.trust.sod` has verified it."""

    content: bytes
    content_type: str
    digest: str
    """Name of the digest of the data groups."""
    hashes: Mapping[int, bytes]
    signers: tuple[Signer, ...]


def parse(sod: bytes) -> SecurityObject:
    """Read EF.SOD; MalformedFile whatever is wrong with it."""
    if len(sod) > LARGEST_BYTES:
        raise MalformedFile("EF.SOD is larger than any is")
    try:
        return _parse(tlv.read_one(sod, _SOD).value)
    except UNREADABLE as error:
        raise MalformedFile("EF.SOD cannot be read") from error


def _parse(body: bytes) -> SecurityObject:
    outer = cms.ContentInfo.load(body)
    if outer["content_type"].native != "signed_data":
        raise MalformedFile("EF.SOD is not signed data")
    signed = outer["content"]
    encapsulated = signed["encap_content_info"]
    content_type = encapsulated["content_type"].dotted
    if content_type not in _CONTENT_TYPES:
        raise MalformedFile("EF.SOD holds something else than an LDS security object")
    content = _octets(encapsulated["content"])
    digest, hashes = _hashes(content)
    return SecurityObject(content, content_type, digest, hashes, _signers(signed))


def _octets(content: Any) -> bytes:
    if isinstance(content, core.Void):
        raise MalformedFile("EF.SOD without content")
    octets: bytes = content.native
    return octets


def _hashes(content: bytes) -> tuple[str, dict[int, bytes]]:
    """LDSSecurityObject v0 and v1 (Doc 9303-10 §4.6.2.3): each data group once, 1 to 16."""
    fields = tlv.read_one(content, der.SEQUENCE).children()
    tags = [field.tag for field in fields[:3]]
    if tags != [der.INTEGER, der.SEQUENCE, der.SEQUENCE]:
        raise MalformedFile("an LDS security object without version, digest and hashes")
    version, algorithm, entries = fields[:3]
    if der.decode_integer(version.value) not in (0, 1):
        raise MalformedFile("an LDS security object of unknown version")
    digest = _DIGESTS.get(der.decode_oid(tlv.only(algorithm.children(), der.OID)))
    if digest is None:
        raise MalformedFile("a data group digest that is not accepted")
    length = hashlib.new(digest, usedforsecurity=False).digest_size
    hashes: dict[int, bytes] = {}
    for entry in entries.children():
        number = der.decode_integer(tlv.only(entry.children(), der.INTEGER))
        value = tlv.only(entry.children(), der.OCTET_STRING)
        if number not in _DATA_GROUPS or number in hashes or len(value) != length:
            raise MalformedFile("an impossible list of data group hashes")
        hashes[number] = value
    return digest, hashes


def _signers(signed: Any) -> tuple[Signer, ...]:
    infos = signed["signer_infos"]
    if not 1 <= len(infos) <= _MOST_SIGNERS:
        raise MalformedFile("EF.SOD without a signer, or with too many")
    certificates = _certificates(signed["certificates"])
    return tuple(_signer(info, certificates) for info in infos)


def _certificates(found: Any) -> list[Certificate]:
    if isinstance(found, core.Void) or not 1 <= len(found) <= _MOST_CERTIFICATES:
        raise MalformedFile("EF.SOD without the signer's certificate, or with too many")
    return [Certificate.parse(choice.chosen.dump()) for choice in found]


def _signer(info: Any, certificates: list[Certificate]) -> Signer:
    digest = _DIGESTS.get(info["digest_algorithm"]["algorithm"].dotted)
    if digest is None:
        raise MalformedFile("a signer's digest that is not accepted")
    attributes = info["signed_attrs"]
    if isinstance(attributes, core.Void) or not len(attributes):
        raise MalformedFile("a signer without signed attributes")
    return Signer(
        certificate=_certificate_of(info["sid"], certificates),
        digest=digest,
        scheme=Scheme.of(info["signature_algorithm"], digest),
        signature=info["signature"].native,
        signed_attributes=_encodings(attributes),
        content_type=_single(attributes, "1.2.840.113549.1.9.3", "dotted"),
        message_digest=_single(attributes, "1.2.840.113549.1.9.4", "native"),
    )


def _certificate_of(sid: Any, certificates: list[Certificate]) -> Certificate:
    """Find the signer's certificate by its identifier.

    States encode issuers in two ways, so a single embedded certificate is the one meant (UA).
    """
    for certificate in certificates:
        if sid.name == "subject_key_identifier":
            if certificate.key_id == sid.chosen.native:
                return certificate
        elif (
            certificate.issuer == sid.chosen["issuer"].dump()
            and certificate.serial == sid.chosen["serial_number"].native
        ):
            return certificate
    if len(certificates) == 1:
        return certificates[0]
    raise MalformedFile("EF.SOD without the signer's certificate")


def _encodings(attributes: Any) -> tuple[bytes, ...]:
    """The attributes as an explicit SET OF, as sent and as DER (RFC 5652 §5.4)."""
    as_sent = b"\x31" + attributes.dump()[1:]
    in_order = attributes.untag().dump(force=True)
    return (as_sent,) if as_sent == in_order else (as_sent, in_order)


def _single(attributes: Any, oid: str, form: str) -> Any:
    """The one value of an attribute that must be there exactly once; None otherwise."""
    found = [attribute for attribute in attributes if attribute["type"].dotted == oid]
    if len(found) != 1 or len(found[0]["values"]) != 1:
        return None
    return getattr(found[0]["values"][0], form)
