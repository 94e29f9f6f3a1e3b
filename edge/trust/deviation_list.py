"""Deviation lists: what states know to be wrong with documents they issued (Doc 9303-12 §10)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from asn1crypto import x509

from edge.emrtd import der, tlv
from edge.errors import MalformedFile
from edge.trust import names, signed_data
from edge.trust.certificates import Certificate
from edge.trust.signatures import UNREADABLE
from edge.trust.signed_data import SignedData, SignerId

CONTENT_TYPE = "2.23.136.1.1.7"
LARGEST_BYTES = 4_000_000

_TYPE, _ISSUER_AND_SERIAL, _KEY_ID, _DIGEST, _NUMBERS = 0x80, 0xA1, 0x82, 0x83, 0xA5
_KINDS = {
    "2.23.136.1.1.7.1.1": "signer's signature is wrong",
    "2.23.136.1.1.7.1.2": "signer is encoded wrongly",
    "2.23.136.1.1.7.1.3": "CSCA is encoded wrongly",
    "2.23.136.1.1.7.1.4": "active authentication key is compromised",
    "2.23.136.1.1.7.2.1": "a data group is malformed",
    "2.23.136.1.1.7.2.2": "a data group hash is wrong",
    "2.23.136.1.1.7.2.3": "EF.SOD signature is wrong",
    "2.23.136.1.1.7.2.4": "EF.COM is inconsistent",
    "2.23.136.1.1.7.3.1": "MRZ data are wrong",
    "2.23.136.1.1.7.3.2": "MRZ check digit is wrong",
}
_BY_LENGTH = {20: "sha1", 28: "sha224", 32: "sha256", 48: "sha384", 64: "sha512"}


@dataclass(frozen=True, slots=True, repr=False)
class Deviation:
    """One known deviation, and the documents it concerns; what is None does not narrow it."""

    kinds: tuple[str, ...]
    document_type: str | None
    signer: SignerId | None
    signer_digest: bytes | None
    document_numbers: frozenset[str] | None

    def concerns_signer(self, certificate: Certificate) -> bool:
        """Whether documents of this signer may be concerned."""
        if self.signer_digest is not None:
            name = _BY_LENGTH.get(len(self.signer_digest), "sha256")
            return hashlib.new(name, certificate.der).digest() == self.signer_digest
        return self.signer is None or self.signer.names(certificate)

    def concerns_document(self, document_code: str, document_number: str) -> bool:
        """Whether a document with this code and number, fillers removed, is concerned."""
        if self.document_type is not None and not document_code.startswith(self.document_type):
            return False
        return self.document_numbers is None or document_number in self.document_numbers


@dataclass(frozen=True, slots=True, repr=False)
class DeviationList:
    """A deviation list as claimed; `edge.trust.signed_list` tells whether to believe it."""

    der: bytes
    signed: SignedData
    deviations: tuple[Deviation, ...]

    @property
    def country(self) -> str:
        """The state that publishes it, about its own documents."""
        return self.signed.signers[0].certificate.country

    def about(self, certificate: Certificate) -> tuple[Deviation, ...]:
        """The deviations of documents of this signer; a state speaks of its own alone."""
        if certificate.country != self.country:
            return ()
        return tuple(each for each in self.deviations if each.concerns_signer(certificate))


def parse(data: bytes) -> DeviationList:
    """Read a deviation list; MalformedFile."""
    if len(data) > LARGEST_BYTES:
        raise MalformedFile("a deviation list larger than any is")
    signed = signed_data.parse(data)
    if signed.content_type != CONTENT_TYPE:
        raise MalformedFile("signed data that is no deviation list")
    fields = tlv.read_one(signed.content, der.SEQUENCE).children()
    entries = tlv.Tlv(der.SET, tlv.only(fields, der.SET)).children()
    try:
        return DeviationList(data, signed, tuple(_deviation(entry) for entry in entries))
    except UNREADABLE as error:
        raise MalformedFile("a deviation list that cannot be read") from error


def _deviation(entry: tlv.Tlv) -> Deviation:
    documents = tlv.Tlv(der.SEQUENCE, tlv.only(entry.children(), der.SEQUENCE)).children()
    descriptions = tlv.Tlv(der.SET, tlv.only(entry.children(), der.SET)).children()
    found = {each.tag: each.value for each in documents}
    numbers = found.get(_NUMBERS)
    return Deviation(
        kinds=tuple(_kind(each) for each in descriptions),
        document_type=_text(found[_TYPE]) if _TYPE in found else None,
        signer=_signer(found),
        signer_digest=found.get(_DIGEST),
        document_numbers=None
        if numbers is None
        else frozenset(_text(each.value) for each in tlv.read_all(numbers)),
    )


def _kind(description: tlv.Tlv) -> str:
    oid = der.decode_oid(tlv.only(description.children(), der.OID))
    return _KINDS.get(oid, f"deviation {oid}")


def _signer(found: dict[int, bytes]) -> SignerId | None:
    if _KEY_ID in found:
        return SignerId(key_id=found[_KEY_ID])
    if _ISSUER_AND_SERIAL not in found:
        return None
    issuer, serial = tlv.read_all(found[_ISSUER_AND_SERIAL])
    name = x509.Name.load(tlv.encode(issuer.tag, issuer.value))
    number = int.from_bytes(serial.value, "big", signed=True)
    return SignerId(issuer=names.canonical(name), serial=number)


def _text(value: bytes) -> str:
    return value.decode("latin-1").strip("< \x00").upper()
