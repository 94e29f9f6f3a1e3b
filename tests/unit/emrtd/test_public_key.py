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
