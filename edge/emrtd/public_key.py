"""SubjectPublicKeyInfo of RSA and EC keys (RFC 5280 §4.1, RFC 3279 §2.3).

Most chips have explicit EC parameters.  They are accepted only if every one of them is that of a
known curve: a key on a curve that the sender made proves nothing (CVE-2020-0601).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from ecdsa import numbertheory

from edge.emrtd import der, tlv
from edge.emrtd.curves import BY_OID, STANDARDISED, Curve, Point
from edge.errors import MalformedFile

_RSA: Final = "1.2.840.113549.1.1.1"
_RSA_PSS: Final = "1.2.840.113549.1.1.10"
_EC: Final = "1.2.840.10045.2.1"
_EC_DH: Final = "1.3.132.1.12"
_STANDARDISED_PARAMETERS: Final = "0.4.0.127.0.7.1.2"
_PRIME_FIELD: Final = "1.2.840.10045.1.1"


@dataclass(frozen=True, slots=True)
class RsaKey:
    """An RSA public key."""

    modulus: int
    exponent: int


@dataclass(frozen=True, slots=True)
class EcKey:
    """A public point on a known curve."""

    curve: Curve
    point: Point


PublicKey: TypeAlias = RsaKey | EcKey


def parse(subject_public_key_info: bytes) -> PublicKey:
    """Read a public key; MalformedFile for other algorithms and for unknown curves."""
    info = tlv.read_one(subject_public_key_info, der.SEQUENCE).children()
    algorithm = tlv.Tlv(der.SEQUENCE, tlv.only(info, der.SEQUENCE)).children()
    bits = tlv.only(info, der.BIT_STRING)
    if not algorithm or bits[:1] != b"\x00":
        raise MalformedFile("a public key without algorithm, or of broken bytes")
    oid = der.decode_oid(tlv.only(algorithm[:1], der.OID))
    if oid in {_RSA, _RSA_PSS}:
        return _rsa(bits[1:])
    if oid in {_EC, _EC_DH, _STANDARDISED_PARAMETERS}:
        curve = curve_of(algorithm[1:])
        return EcKey(curve, _point(curve, bits[1:]))
    raise MalformedFile(f"a public key of unknown algorithm {oid}")


def _rsa(key: bytes) -> RsaKey:
    numbers = tlv.read_one(key, der.SEQUENCE).children()
    if [number.tag for number in numbers] != [der.INTEGER] * 2:
        raise MalformedFile("an RSA key is two integers")
    modulus, exponent = (der.decode_integer(number.value) for number in numbers)
    return RsaKey(modulus, exponent)


def _point(curve: Curve, octets: bytes) -> Point:
    """Read a point, compressed or not (TR-03111 §3.2)."""
    if octets[:1] not in {b"\x02", b"\x03"} or len(octets) != 1 + curve.field_length:
        return curve.decode(octets)
    x = int.from_bytes(octets[1:], "big")
    square = (pow(x, 3, curve.prime) + curve.a * x + curve.b) % curve.prime
    try:
        root = int(numbertheory.square_root_mod_prime(square, curve.prime))
    except numbertheory.SquareRootError as error:
        raise MalformedFile(f"a point that is not on {curve.name}") from error
    y = root if root % 2 == octets[0] % 2 else curve.prime - root
    return curve.decode(b"\x04" + octets[1:] + curve.coordinate(y % curve.prime))


def curve_of(parameters: tuple[tlv.Tlv, ...]) -> Curve:
    """Return the known curve that EC parameters name or list in full; MalformedFile."""
    curve: Curve | None = None
    match parameters:
        case (tlv.Tlv(tag=der.OID, value=oid),):
            curve = BY_OID.get(der.decode_oid(oid))
        case (tlv.Tlv(tag=der.INTEGER, value=identifier),):
            curve = STANDARDISED.get(der.decode_integer(identifier))
        case (tlv.Tlv(tag=der.SEQUENCE) as explicit,):
            curve = _explicit(explicit.children())
        case _:
            pass
    if curve is None:
        raise MalformedFile("an EC key on a curve that is not known")
    return curve


def _explicit(parameters: tuple[tlv.Tlv, ...]) -> Curve | None:
    """Find the curve with exactly these parameters (RFC 3279 §2.3.5)."""
    if [each.tag for each in parameters[:5]] != [
        der.INTEGER,
        der.SEQUENCE,
        der.SEQUENCE,
        der.OCTET_STRING,
        der.INTEGER,
    ]:
        raise MalformedFile("EC parameters without field, curve, base point and order")
    _version, field, coefficients, base, order = parameters[:5]
    if der.decode_oid(tlv.only(field.children(), der.OID)) != _PRIME_FIELD:
        return None
    a_and_b = [each.value for each in coefficients.children() if each.tag == der.OCTET_STRING]
    cofactor = [der.decode_integer(each.value) for each in parameters[5:]] or [1]
    described = (
        der.decode_integer(tlv.only(field.children(), der.INTEGER)),
        [int.from_bytes(each, "big") for each in a_and_b],
        der.decode_integer(order.value),
        cofactor,
    )
    for curve in STANDARDISED.values():
        known = (curve.prime, [curve.a, curve.b], curve.order, [1])
        if described == known and base.value in _spellings(curve):
            return curve
    return None


def _spellings(curve: Curve) -> tuple[bytes, bytes]:
    """The base point, uncompressed and compressed."""
    compressed = bytes((0x02 | curve.base.y & 1,)) + curve.coordinate(curve.base.x)
    return curve.encode(curve.base), compressed
