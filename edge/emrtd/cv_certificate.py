"""Card verifiable certificates (ICAO Doc 9303-12 §7.2.2, Doc 9303-11 §9.4; BSI TR-03110-3 §C, §D).

Certificates of the states that may read fingerprints: a CVCA, its document verifiers, and their
inspection systems.  Reading a certificate verifies nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final, TypeAlias

from typing_extensions import override

from edge.emrtd import der, terminal_signature, tlv
from edge.emrtd.curves import STANDARDISED, Curve
from edge.emrtd.public_key import EcKey, RsaKey
from edge.errors import MalformedFile

CERTIFICATE: Final = 0x7F21
BODY: Final = 0x7F4E
SIGNATURE: Final = 0x5F37
AUTHORITY: Final = 0x42
HOLDER: Final = 0x5F20
PUBLIC_KEY: Final = 0x7F49
_PROFILE: Final = 0x5F29
_AUTHORISATION: Final = 0x7F4C
_EFFECTIVE: Final = 0x5F25
_EXPIRY: Final = 0x5F24
_DISCRETIONARY: Final = 0x53

INSPECTION_SYSTEM: Final = "0.4.0.127.0.7.3.1.2.1"
"""Type of the terminals that read travel documents (Doc 9303-10 §3.13.4)."""

READ_DG3: Final = 0x01
READ_DG4: Final = 0x02
"""Bits of the authorisation of an inspection system."""

_LONGEST_REFERENCE: Final = 16
_LONGEST_AUTHORISATION: Final = 32
_PROFILE_1: Final = b"\x00"


class HolderRole(IntEnum):
    """The role of the holder of a certificate; the two highest bits of the authorisation."""

    TERMINAL = 0
    FOREIGN_VERIFIER = 1
    DOMESTIC_VERIFIER = 2
    AUTHORITY = 3


@dataclass(frozen=True, slots=True)
class EcPoint:
    """An encoded public point; the curve is None where it is that of the issuer."""

    octets: bytes
    curve: Curve | None


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """The public key in a certificate, and its signature algorithm (§9.2.9)."""

    algorithm: str
    value: RsaKey | EcPoint

    def resolve(self, inherited: Curve | None) -> CvVerificationKey:
        """The key, on its own curve or on that of its issuer; MalformedFile without a curve."""
        if isinstance(self.value, RsaKey):
            return CvVerificationKey(self.algorithm, self.value)
        curve = self.value.curve or inherited
        if curve is None:
            raise MalformedFile("a CV certificate whose key is on no curve")
        return CvVerificationKey(self.algorithm, EcKey(curve, curve.decode(self.value.octets)))


@dataclass(frozen=True, slots=True)
class CvVerificationKey:
    """A key that signatures can be verified with."""

    algorithm: str
    key: RsaKey | EcKey

    @property
    def curve(self) -> Curve | None:
        """The curve that certified keys inherit."""
        return self.key.curve if isinstance(self.key, EcKey) else None


Reference: TypeAlias = str
"""Country, mnemonic and sequence number of a key's holder: at most 16 characters of Latin-1."""


@dataclass(frozen=True, slots=True, repr=False)
class CvCertificate:
    """A certificate as read; `body` and `signature` as they are presented to a chip."""

    issuer: Reference
    holder: Reference
    key: CertifiedKey
    terminal_type: str
    authorisation: bytes
    """The role in its two highest bits, rights in the lowest."""
    effective: date
    expires: date
    body: bytes
    """The signed bytes, with tag and length."""
    signature: bytes

    @property
    def role(self) -> HolderRole:
        """The role of the holder."""
        return HolderRole(self.authorisation[0] >> 6)

    @property
    def rights(self) -> int:
        """The authorisation without the role, as a number."""
        whole = int.from_bytes(self.authorisation, "big")
        return whole & (1 << 8 * len(self.authorisation) - 2) - 1

    @property
    def is_link(self) -> bool:
        """Whether a CVCA certifies its own new key with its old key."""
        return self.role is HolderRole.AUTHORITY and self.issuer != self.holder

    def presented(self) -> bytes:
        """The bytes that a chip verifies (Doc 9303-11 §7.1.5.2)."""
        return self.body + tlv.encode(SIGNATURE, self.signature)

    def is_signed_by(self, key: CvVerificationKey) -> bool:
        """Whether the signature is that of this key; dates and roles are not checked."""
        return terminal_signature.verify(key.algorithm, key.key, self.body, self.signature)

    @override
    def __repr__(self) -> str:
        """Show issuer, role and holder."""
        return f"CvCertificate({self.issuer} -> {self.holder}, {self.role.name})"


def parse(content: bytes) -> CvCertificate:
    """Read a certificate; MalformedFile."""
    return parse_presented(tlv.read_one(content, CERTIFICATE).value)


def parse_presented(content: bytes) -> CvCertificate:
    """Read body and signature without the tag around them; MalformedFile."""
    objects = tlv.read_all(content)
    if [each.tag for each in objects] != [BODY, SIGNATURE]:
        raise MalformedFile("a CV certificate is a body and a signature")
    body, signature = objects
    fields = body.children()
    if tlv.only(fields, _PROFILE) != _PROFILE_1:
        raise MalformedFile("a CV certificate of unknown profile")
    terminal_type, authorisation = _authorisation(tlv.only(fields, _AUTHORISATION))
    effective, expires = _date(tlv.only(fields, _EFFECTIVE)), _date(tlv.only(fields, _EXPIRY))
    return CvCertificate(
        decode_reference(tlv.only(fields, AUTHORITY)),
        decode_reference(tlv.only(fields, HOLDER)),
        _key(tlv.only(fields, PUBLIC_KEY)),
        terminal_type,
        authorisation,
        effective,
        expires,
        content[: tlv.read_header(content).total_length],
        signature.value,
    )


def encode(body: bytes, signature: bytes) -> bytes:
    """Write a certificate around an encoded body."""
    return tlv.encode(CERTIFICATE, body, tlv.encode(SIGNATURE, signature))


def encode_body(
    names: tuple[Reference, Reference],
    key: CertifiedKey,
    authorisation: bytes,
    dates: tuple[date, date],
    terminal_type: str = INSPECTION_SYSTEM,
) -> bytes:
    """Write a body: names of issuer and holder, effective and expiry date."""
    (issuer, holder), (effective, expires) = names, dates
    template = der.encode_oid(terminal_type) + tlv.encode(_DISCRETIONARY, authorisation)
    return tlv.encode(
        BODY,
        tlv.encode(_PROFILE, _PROFILE_1),
        tlv.encode(AUTHORITY, encode_reference(issuer)),
        _encode_key(key),
        tlv.encode(HOLDER, encode_reference(holder)),
        tlv.encode(_AUTHORISATION, template),
        tlv.encode(_EFFECTIVE, _encode_date(effective)),
        tlv.encode(_EXPIRY, _encode_date(expires)),
    )


def decode_reference(value: bytes) -> Reference:
    """Read the name of a key; MalformedFile."""
    text = value.decode("latin-1")
    if not 0 < len(text) <= _LONGEST_REFERENCE or not text.isprintable():
        raise MalformedFile("a reference that names no key")
    return text


def encode_reference(reference: Reference) -> bytes:
    """Write the name of a key."""
    return reference.encode("latin-1")


def _authorisation(content: bytes) -> tuple[str, bytes]:
    fields = tlv.read_all(content)
    authorisation = tlv.only(fields, _DISCRETIONARY)
    if not 0 < len(authorisation) <= _LONGEST_AUTHORISATION:
        raise MalformedFile("an authorisation of impossible length")
    return der.decode_oid(tlv.only(fields, der.OID)), authorisation


def _date(value: bytes) -> date:
    """Six digits, a byte each, of a year 2000 to 2099 (§7.2.3.1.3)."""
    if len(value) != 6 or max(value) > 9:
        raise MalformedFile("a date that is not six digits")
    year, month, day = (10 * value[at] + value[at + 1] for at in (0, 2, 4))
    try:
        return date(2000 + year, month, day)
    except ValueError as error:
        raise MalformedFile("a date that is not in the calendar") from error


def _encode_date(day: date) -> bytes:
    return bytes(map(int, f"{day:%y%m%d}"))


def _key(content: bytes) -> CertifiedKey:
    fields = tlv.read_all(content)
    algorithm = der.decode_oid(tlv.only(fields[:1], der.OID))
    rest = fields[1:]
    if [each.tag for each in rest] == [0x81, 0x82]:
        modulus, exponent = (der.decode_integer(each.value) for each in rest)
        return CertifiedKey(algorithm, RsaKey(modulus, exponent))
    return CertifiedKey(algorithm, EcPoint(tlv.only(rest, 0x86), _curve(rest)))


def _curve(fields: tuple[tlv.Tlv, ...]) -> Curve | None:
    """The known curve with exactly these parameters; None without parameters (Table 11)."""
    given = {each.tag: each.value for each in fields if each.tag != 0x86}
    if len(given) != len(fields) - 1:
        raise MalformedFile("a domain parameter twice")
    if not given:
        return None
    cofactor = given.pop(0x87, b"\x01")
    if given.keys() != {0x81, 0x82, 0x83, 0x84, 0x85} or int.from_bytes(cofactor, "big") != 1:
        raise MalformedFile("domain parameters that are not complete")
    base = given.pop(0x84)
    prime, a, b, order = (int.from_bytes(given[tag], "big") for tag in (0x81, 0x82, 0x83, 0x85))
    for curve in STANDARDISED.values():
        if (prime, a, b, order) == (curve.prime, curve.a, curve.b, curve.order):
            if base != curve.encode(curve.base):
                break
            return curve
    raise MalformedFile("domain parameters of a curve that is not known")


def _encode_key(key: CertifiedKey) -> bytes:
    return tlv.encode(PUBLIC_KEY, der.encode_oid(key.algorithm), *_encode_value(key.value))


def _encode_value(value: RsaKey | EcPoint) -> tuple[bytes, ...]:
    if isinstance(value, RsaKey):
        return _encode_number(0x81, value.modulus), _encode_number(0x82, value.exponent)
    point, curve = tlv.encode(0x86, value.octets), value.curve
    if curve is None:
        return (point,)
    return (
        _encode_number(0x81, curve.prime),
        _encode_number(0x82, curve.a),
        _encode_number(0x83, curve.b),
        tlv.encode(0x84, curve.encode(curve.base)),
        _encode_number(0x85, curve.order),
        point,
        _encode_number(0x87, 1),
    )


def _encode_number(tag: int, number: int) -> bytes:
    """An unsigned integer in the fewest bytes (Doc 9303-11 §9.4.1)."""
    return tlv.encode(tag, number.to_bytes((number.bit_length() + 7) // 8, "big"))
