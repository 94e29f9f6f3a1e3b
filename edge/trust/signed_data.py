"""CMS SignedData as EF.SOD, master lists and deviation lists use it (RFC 5652 §5).

The reader accepts the encodings of the field: BER, indefinite lengths, issuers written in two ways.
It is strict where trust depends on it.  Everything it reads is a claim until `fault` is empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from asn1crypto import cms, core
from cryptography.hazmat.primitives import constant_time

from edge.emrtd import der, tlv
from edge.errors import MalformedFile
from edge.trust import names, signatures
from edge.trust.certificates import Certificate
from edge.trust.names import Name
from edge.trust.signatures import UNREADABLE, Scheme, Unverified

MOST_SIGNERS = 4
MOST_CERTIFICATES = 8
DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
"""Digests that the gate accepts, by object identifier; MD5 is not among them."""

_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"


@dataclass(frozen=True, slots=True)
class SignerId:
    """The signer that a SignerInfo names: issuer and serial number, or a key identifier."""

    issuer: Name | None = None
    serial: int | None = None
    key_id: bytes | None = None

    def names(self, certificate: Certificate) -> bool:
        """Whether this certificate is the named one."""
        if self.key_id is not None:
            return certificate.key_id == self.key_id
        return (certificate.issuer_name, certificate.serial) == (self.issuer, self.serial)


Search: TypeAlias = Callable[[SignerId], Certificate | None]
"""Finds a certificate that the SignedData does not hold."""


def nowhere(_sought: SignerId) -> None:
    """Find nothing: only certificates inside the SignedData count."""


@dataclass(frozen=True, slots=True)
class Signer:
    """One SignerInfo, as claimed."""

    certificate: Certificate
    digest: str
    scheme: Scheme
    signature: bytes
    signed_attributes: tuple[bytes, ...]
    """Encodings that the signature may cover: as sent, and in the order of DER."""
    content_type: str | None
    message_digest: bytes | None
    signed_at: datetime | None
    """The claimed signing time, if any."""
    attributes: cms.CMSAttributes = field(repr=False, compare=False)

    def encodings(self) -> Iterator[bytes]:
        """Every encoding that the signature may cover; whole DER last (RFC 5652 §5.4).

        Few need the last one, and it costs as much as the rest of EF.SOD.
        """
        yield from self.signed_attributes
        encoded = None
        with suppress(*UNREADABLE):  # an attribute that is not needed may have a wrong encoding
            encoded = self.attributes.untag().dump(force=True)
        if encoded is not None and encoded not in self.signed_attributes:
            yield encoded


@dataclass(frozen=True, slots=True, repr=False)
class SignedData:
    """Content and its claimed signers."""

    content: bytes
    content_type: str
    signers: tuple[Signer, ...]
    certificates: tuple[Certificate, ...]
    """The certificates inside that can be read."""


def parse(data: bytes, search: Search = nowhere) -> SignedData:
    """Read a ContentInfo; MalformedFile."""
    try:
        return _parse(data, search)
    except UNREADABLE as error:
        raise MalformedFile("signed data that cannot be read") from error


def content_type_of(data: bytes) -> str:
    """The type of the signed content, dotted; nothing else is read; MalformedFile."""
    try:
        outer = cms.ContentInfo.load(data)
        if outer["content_type"].native != "signed_data":
            raise MalformedFile("not signed data")
        found: str = outer["content"]["encap_content_info"]["content_type"].dotted
    except UNREADABLE as error:
        raise MalformedFile("signed data that cannot be read") from error
    return found


def certificates_of(data: bytes) -> list[bytes]:
    """Every certificate inside, DER, not verified (RFC 5652 §5.1); MalformedFile."""
    try:
        found = cms.ContentInfo.load(data)["content"]["certificates"]
        return [] if isinstance(found, core.Void) else [each.chosen.dump() for each in found]
    except UNREADABLE as error:
        raise MalformedFile("signed data that cannot be read") from error


def fault(signer: Signer, signed: SignedData) -> str:
    """Why the signature of a signer does not verify; empty when it does.

    It covers the attributes that hold digest and type of the content (Doc 9303-11 §5.1.1 step 3).
    """
    if signer.content_type != signed.content_type:
        return "the signed content type is another"
    digest = hashlib.new(signer.digest, signed.content, usedforsecurity=False).digest()
    if signer.message_digest is None or not constant_time.bytes_eq(signer.message_digest, digest):
        return "the signed digest is not that of the content"
    found = "nothing is signed"
    for attributes in signer.encodings():
        try:
            key = signer.certificate.public_key
            signatures.verify(key, signer.scheme, signer.signature, attributes)
        except (Unverified, MalformedFile) as error:
            found = str(error)
        else:
            return ""
    return found


def _parse(data: bytes, search: Search) -> SignedData:
    outer = cms.ContentInfo.load(data)
    if outer["content_type"].native != "signed_data":
        raise MalformedFile("not signed data")
    signed = outer["content"]
    encapsulated = signed["encap_content_info"]
    infos = signed["signer_infos"]
    if not 1 <= len(infos) <= MOST_SIGNERS:
        raise MalformedFile("signed data without a signer, or with too many")
    certificates = _certificates(signed["certificates"])
    return SignedData(
        content=_octets(encapsulated["content"]),
        content_type=encapsulated["content_type"].dotted,
        signers=tuple(_signer(info, certificates, search) for info in infos),
        certificates=certificates,
    )


def _octets(content: core.Asn1Value) -> bytes:
    if isinstance(content, core.Void):
        raise MalformedFile("signed data without content")
    if isinstance(content, core.Any):  # version 1, as PKCS#7 had it
        content = content.parsed
    if not isinstance(content, core.OctetString | core.ParsableOctetString):
        raise MalformedFile("signed data around something else than octets")
    return bytes(content)


def _certificates(found: cms.CertificateSet | core.Void) -> tuple[Certificate, ...]:
    """The certificates that can be read; a broken one does not hide the others."""
    if isinstance(found, core.Void):
        return ()
    if len(found) > MOST_CERTIFICATES:
        raise MalformedFile("signed data with too many certificates")
    readable = []
    for choice in found:
        try:
            readable.append(Certificate.parse(choice.chosen.dump()))
        except (MalformedFile, *UNREADABLE):
            continue
    return tuple(readable)


def _signer(info: cms.SignerInfo, certificates: tuple[Certificate, ...], search: Search) -> Signer:
    digest = DIGESTS.get(info["digest_algorithm"]["algorithm"].dotted)
    if digest is None:
        raise MalformedFile("a signer's digest that is not accepted")
    attributes = info["signed_attrs"]
    if isinstance(attributes, core.Void) or not len(attributes):
        raise MalformedFile("a signer without signed attributes")
    content_type = _single(attributes, _CONTENT_TYPE)
    message_digest = _single(attributes, _MESSAGE_DIGEST)
    return Signer(
        certificate=_certificate_of(_identifier(info["sid"]), certificates, search),
        digest=digest,
        scheme=Scheme.of(info["signature_algorithm"], digest),
        signature=info["signature"].native,
        signed_attributes=_encodings(attributes),
        content_type=None if content_type is None else content_type.dotted,
        message_digest=None if message_digest is None else message_digest.native,
        signed_at=_moment(attributes),
        attributes=attributes,
    )


def _identifier(sid: cms.SignerIdentifier) -> SignerId:
    if sid.name == "subject_key_identifier":
        return SignerId(key_id=sid.chosen.native)
    issuer, serial = sid.chosen["issuer"], sid.chosen["serial_number"].native
    return SignerId(issuer=names.canonical(issuer), serial=serial)


def _certificate_of(
    sought: SignerId, certificates: tuple[Certificate, ...], search: Search
) -> Certificate:
    """Find the certificate of a signer by its identifier.

    Some identifiers match no certificate (UA).  Then a single embedded certificate counts.
    """
    found = next((each for each in certificates if sought.names(each)), None) or search(sought)
    if found is not None:
        return found
    if len(certificates) == 1:
        return certificates[0]
    raise MalformedFile("signed data without the signer's certificate")


def _encodings(attributes: cms.CMSAttributes) -> tuple[bytes, ...]:
    """The attributes as an explicit SET OF, as sent and in the order of DER (RFC 5652 §5.4)."""
    as_sent = b"\x31" + attributes.dump()[1:]
    in_order = tlv.encode(der.SET, *sorted(attribute.dump() for attribute in attributes))
    return tuple(dict.fromkeys((as_sent, in_order)))


def _single(attributes: cms.CMSAttributes, oid: str) -> core.Asn1Value | None:
    """The value of an attribute that must occur exactly once; None otherwise."""
    found = [attribute for attribute in attributes if attribute["type"].dotted == oid]
    if len(found) != 1 or len(found[0]["values"]) != 1:
        return None
    return found[0]["values"][0]


def _moment(attributes: cms.CMSAttributes) -> datetime | None:
    try:
        signing_time = _single(attributes, _SIGNING_TIME)
        found = None if signing_time is None else signing_time.native
    except UNREADABLE:
        return None
    return found if isinstance(found, datetime) and found.tzinfo is not None else None
