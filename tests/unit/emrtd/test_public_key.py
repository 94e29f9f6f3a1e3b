"""Public keys as certificates and chips write them."""

from __future__ import annotations

import pytest

from edge.emrtd import der, public_key, tlv
from edge.emrtd.curves import STANDARDISED, Curve, Point
from edge.emrtd.public_key import EcKey
from edge.errors import MalformedFile

EC = "1.2.840.10045.2.1"
CURVES = list(STANDARDISED.values())


def spki(curve: Curve, point: bytes) -> bytes:
    algorithm = tlv.encode(der.SEQUENCE, der.encode_oid(EC), der.encode_oid(curve.oid))
    return tlv.encode(der.SEQUENCE, algorithm, tlv.encode(der.BIT_STRING, b"\x00", point))


def compressed(curve: Curve, point: Point) -> bytes:
    """TR-03111 §3.2.1: 02 before an even y, 03 before an odd one."""
    return bytes((2 + point.y % 2,)) + curve.coordinate(point.x)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
class TestCompressedPoints:
    def test_of_either_sign_are_the_points(self, curve: Curve) -> None:
        """A point and its negative: one has an even y, the other an odd one."""
        base = curve.base
        for point in (base, Point(base.x, curve.prime - base.y)):
            found = public_key.parse(spki(curve, compressed(curve, point)))
            assert found == EcKey(curve, point)
            assert found == public_key.parse(spki(curve, curve.encode(point)))

    def test_off_the_curve_are_none(self, curve: Curve) -> None:
        """Half of the numbers are no square: one of the first twenty is not."""
        refused = 0
        for x in range(20):
            try:
                public_key.parse(spki(curve, b"\x02" + curve.coordinate(x)))
            except MalformedFile:
                refused += 1
        assert 0 < refused < 20

    def test_of_another_length_or_form_are_none(self, curve: Curve) -> None:
        x = curve.coordinate(curve.base.x)
        for octets in (b"\x02" + x[1:], b"\x02" + x + b"\x00", b"\x04" + x, b"\x05" + x, b""):
            with pytest.raises(MalformedFile):
                public_key.parse(spki(curve, octets))


P256 = STANDARDISED[12]
ECDH, BY_NUMBER = "1.3.132.1.12", "0.4.0.127.0.7.1.2"


def key_info(oid: str, parameters: bytes, bits: bytes | None = None) -> bytes:
    algorithm = tlv.encode(der.SEQUENCE, der.encode_oid(oid), parameters)
    content = b"\x00" + P256.encode(P256.base) if bits is None else bits
    return tlv.encode(der.SEQUENCE, algorithm, tlv.encode(der.BIT_STRING, content))


def explicit(*more: bytes, seed: bytes = b"", field: str = "1.2.840.10045.1.1") -> bytes:
    """ECParameters of P-256 (RFC 3279 §2.3.5), and what follows the order."""
    return tlv.encode(
        der.SEQUENCE,
        der.encode_integer(1),
        tlv.encode(der.SEQUENCE, der.encode_oid(field), der.encode_integer(P256.prime)),
        tlv.encode(
            der.SEQUENCE,
            tlv.encode(der.OCTET_STRING, P256.coordinate(P256.a)),
            tlv.encode(der.OCTET_STRING, P256.coordinate(P256.b)),
            seed,
        ),
        tlv.encode(der.OCTET_STRING, P256.encode(P256.base)),
        der.encode_integer(P256.order),
        *more,
    )


@pytest.mark.parametrize(
    ("oid", "parameters"),
    [
        (EC, der.encode_oid(P256.oid)),
        (ECDH, der.encode_oid(P256.oid)),
        (BY_NUMBER, der.encode_integer(12)),
        (EC, explicit()),
        (EC, explicit(der.encode_integer(1))),
        (EC, explicit(der.encode_integer(1), seed=b"\x03\x02\x00\xaa")),
    ],
    ids=["named", "ecdh", "number", "no cofactor", "cofactor", "seed"],
)
def test_a_key_on_p_256_however_the_curve_is_written(oid: str, parameters: bytes) -> None:
    assert public_key.parse(key_info(oid, parameters)) == EcKey(P256, P256.base)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (key_info("1.2.3", b""), "unknown algorithm 1.2.3"),
        (key_info(EC, b"\x05\x00"), "a curve that is not known"),
        (key_info(EC, der.encode_oid("1.2.3")), "a curve that is not known"),
        (key_info(EC, der.encode_integer(7)), "a curve that is not known"),
        (key_info(EC, explicit(der.encode_integer(2))), "a curve that is not known"),
        (key_info(EC, explicit(der.encode_integer(1) * 2)), "a curve that is not known"),
        (key_info(EC, explicit(field="1.2.840.10045.1.2")), "a curve that is not known"),
        (key_info(EC, b"\x30\x00"), "without field, curve, base point and order"),
        (key_info(EC, der.encode_oid(P256.oid), b""), "of broken bytes"),
        (key_info(EC, der.encode_oid(P256.oid), b"\x07"), "of broken bytes"),
        (b"\x30\x06\x30\x00\x03\x02\x00\x04", "without algorithm"),
        (key_info("1.2.840.113549.1.1.1", b"", b"\x00\x30\x03\x02\x01\x05"), "is two integers"),
        (
            key_info("1.2.840.113549.1.1.1", b"", b"\x00\x30\x09" + b"\x02\x01\x05" * 3),
            "is two integers",
        ),
        (
            key_info("1.2.840.113549.1.1.1", b"", b"\x00\x30\x06\x02\x01\x05\x04\x01\x05"),
            "is two integers",
        ),
    ],
)
def test_why_a_key_is_none(content: bytes, words: str) -> None:
    with pytest.raises(MalformedFile, match=words):
        public_key.parse(content)
