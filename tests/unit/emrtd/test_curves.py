"""Points from outside, and the keys that hold them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from ecdsa.ellipticcurve import PointJacobi

from edge.emrtd import der, public_key, tlv
from edge.emrtd.curves import BY_OID, STANDARDISED, Curve, Point
from edge.emrtd.modp import Residue
from edge.emrtd.public_key import EcKey, RsaKey
from edge.errors import MalformedFile
from tests.support.emrtd.specimens import ec_key, rsa_key, spki

P256 = STANDARDISED[12]
CURVES = list(STANDARDISED.values())
PRIME_FIELD = "1.2.840.10045.1.1"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_points_encode_and_decode(curve: Curve) -> None:
    point = curve.multiply(curve.base, 0xC0FFEE)
    encoded = curve.encode(point)
    assert curve.decode(encoded) == point
    assert len(encoded) == 1 + 2 * curve.field_length


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_points_off_the_curve_are_refused(curve: Curve) -> None:
    """python-ecdsa accepts and computes with them; we must not."""
    width = 2 * curve.field_length
    off = curve.encode(Point(curve.base.x, curve.base.y ^ 1))
    too_large = b"\x04" + curve.coordinate(curve.base.x) + b"\xff" * curve.field_length
    for octets in (
        off,
        too_large,
        b"\x04" + b"\x01" * width,
        b"\x04" + bytes(width),
        b"\x00",
        b"",
        b"\x02" + curve.coordinate(curve.base.x),
        curve.encode(curve.base) + b"\x00",
        b"\x05" + curve.encode(curve.base)[1:],
    ):
        with pytest.raises(MalformedFile):
            curve.decode(octets)


@pytest.mark.parametrize("curve", CURVES, ids=repr)
@pytest.mark.parametrize("scalar", [1, 2, 0xC0FFEE, -2, -1])
def test_products_are_those_of_repeated_addition(curve: Curve, scalar: int) -> None:
    """OpenSSL tells only x-coordinates: the other one must be found, not guessed."""
    number = scalar % curve.order
    domain = curve.domain
    mirrored = Point(curve.base.x, curve.prime - curve.base.y)
    for point in (curve.base, mirrored, curve.multiply(curve.base, 7)):
        expected = PointJacobi(domain.curve, point.x, point.y, 1, curve.order) * number
        affine = expected.to_affine()
        assert curve.multiply(point, number) == Point(int(affine.x()), int(affine.y()))


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_a_private_key_computes_as_its_group_does(curve: Curve) -> None:
    key, other = curve.private_key(0xBEEF), curve.multiply(curve.base, 11)
    assert key.public == curve.multiply(curve.base, 0xBEEF)
    assert key.multiply(other) == curve.multiply(other, 0xBEEF)
    assert key.agree(other) == curve.secret(key.multiply(other))
    with pytest.raises(MalformedFile, match="infinity"):
        curve.private_key(curve.order)


def test_a_point_of_another_kind_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        P256.private_key(5).agree(Residue(5))


def test_infinity_is_no_point() -> None:
    inverse = Point(P256.base.x, P256.prime - P256.base.y)
    with pytest.raises(MalformedFile, match="infinity"):
        P256.add(P256.base, inverse)
    with pytest.raises(MalformedFile, match="infinity"):
        P256.multiply(P256.base, P256.order)


def test_scalars_are_in_range() -> None:
    assert P256.scalar(bytes) == 1
    assert 1 <= P256.scalar(lambda n: b"\xff" * n) < P256.order
    assert P256.scalar(lambda n: (P256.order - 2).to_bytes(n, "big")) == P256.order - 1


def test_named_curves() -> None:
    key = ec_key(ec.SECP384R1)
    numbers = key.public_key().public_numbers()
    expected = EcKey(STANDARDISED[15], Point(numbers.x, numbers.y))
    assert public_key.parse(spki(key)) == expected
    assert BY_OID["1.2.840.10045.3.1.7"] is P256


def test_rsa_keys() -> None:
    numbers = rsa_key().public_key().public_numbers()
    assert public_key.parse(spki(rsa_key())) == RsaKey(numbers.n, numbers.e)


def explicit(curve: Curve, **changed: bytes) -> bytes:
    """A SubjectPublicKeyInfo with explicit parameters, some of them changed."""
    fields = {
        "field": tlv.encode(
            der.SEQUENCE, der.encode_oid(PRIME_FIELD), der.encode_integer(curve.prime)
        ),
        "coefficients": tlv.encode(
            der.SEQUENCE,
            tlv.encode(der.OCTET_STRING, curve.coordinate(curve.a)),
            tlv.encode(der.OCTET_STRING, curve.coordinate(curve.b)),
        ),
        "base": tlv.encode(der.OCTET_STRING, curve.encode(curve.base)),
        "order": der.encode_integer(curve.order),
        "cofactor": der.encode_integer(1),
    } | changed
    parameters = tlv.encode(der.SEQUENCE, der.encode_integer(1), *fields.values())
    return info(der.encode_oid(EC_PUBLIC_KEY) + parameters, curve.encode(curve.base))


def info(algorithm: bytes, key: bytes) -> bytes:
    return tlv.encode(
        der.SEQUENCE,
        tlv.encode(der.SEQUENCE, algorithm),
        tlv.encode(der.BIT_STRING, b"\x00", key),
    )


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_explicit_parameters_of_a_known_curve(curve: Curve) -> None:
    assert public_key.parse(explicit(curve)) == EcKey(curve, curve.base)


def test_explicit_parameters_spelled_otherwise() -> None:
    compressed = bytes((2 + P256.base.y % 2,)) + P256.coordinate(P256.base.x)
    for changed in (
        {"cofactor": b""},
        {"base": tlv.encode(der.OCTET_STRING, compressed)},
        {
            "field": tlv.encode(
                der.SEQUENCE,
                der.encode_oid(PRIME_FIELD),
                tlv.encode(der.INTEGER, b"\x00\x00" + P256.coordinate(P256.prime)),
            )
        },
    ):
        assert public_key.parse(explicit(P256, **changed)) == EcKey(P256, P256.base)


def test_explicit_parameters_of_a_made_up_curve() -> None:
    """CVE-2020-0601: one foreign parameter, and the key proves nothing."""
    other = P256.multiply(P256.base, 2)
    for changed in (
        {"base": tlv.encode(der.OCTET_STRING, P256.encode(other))},
        {"order": der.encode_integer(P256.order - 2)},
        {"cofactor": der.encode_integer(2)},
        {"coefficients": tlv.encode(der.SEQUENCE, tlv.encode(der.OCTET_STRING, b"\x01") * 2)},
        {"field": tlv.encode(der.SEQUENCE, der.encode_oid("1.2.3"), der.encode_integer(7))},
        {"order": b""},
    ):
        with pytest.raises(MalformedFile):
            public_key.parse(explicit(P256, **changed))


def test_standardised_parameters_by_number() -> None:
    for oid in (EC_PUBLIC_KEY, "0.4.0.127.0.7.1.2"):
        algorithm = der.encode_oid(oid) + der.encode_integer(13)
        key = STANDARDISED[13].encode(STANDARDISED[13].base)
        assert public_key.parse(info(algorithm, key)) == EcKey(
            STANDARDISED[13], STANDARDISED[13].base
        )


@pytest.mark.parametrize(
    "algorithm",
    [
        b"",
        der.encode_oid("1.2.840.10040.4.1"),
        der.encode_oid(EC_PUBLIC_KEY),
        der.encode_oid(EC_PUBLIC_KEY) + b"\x05\x00",
        der.encode_oid(EC_PUBLIC_KEY) + der.encode_oid("1.2.3"),
        der.encode_oid(EC_PUBLIC_KEY) + der.encode_integer(7),
        der.encode_oid(EC_PUBLIC_KEY) + b"\x30\x00",
        der.encode_oid("1.2.840.113549.1.1.1"),
    ],
)
def test_keys_we_cannot_use(algorithm: bytes) -> None:
    with pytest.raises(MalformedFile):
        public_key.parse(info(algorithm, b"\x30\x00"))


def test_a_key_of_broken_bytes() -> None:
    algorithm = tlv.encode(der.SEQUENCE, der.encode_oid(EC_PUBLIC_KEY))
    with pytest.raises(MalformedFile):
        public_key.parse(tlv.encode(der.SEQUENCE, algorithm, b"\x03\x01\x07"))
