"""Elliptic curves of the eMRTD (ICAO Doc 9303-11 §9.5.1, BSI TR-03111).

OpenSSL computes with private keys, in constant time, on the curves that it has.  On the others
(192, 224 and 320 bits of brainpool), and for sums of points, python-ecdsa does.  That does not run
in constant time: it is good for the ephemeral keys of a terminal and for specimens, not for
long-lived keys.  It also computes with points that are not on the curve, so every point from
outside goes through `Curve.decode`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from ecdsa import curves, ellipticcurve
from typing_extensions import override

from edge.emrtd.groups import (
    Element,
    IdentityElement,
    NotAnElement,
    PlainKey,
    PrivateKey,
    draw_scalar,
    own,
)
from edge.emrtd.point_encoding import encode_point, is_encodable

_UNCOMPRESSED: Final = 0x04
_INFINITY: Final = b"\x00"
_PUBLIC_POINT: Final = 0x86


@dataclass(frozen=True, slots=True)
class Point(Element):
    """A point, in affine coordinates; never the point at infinity."""

    x: int
    y: int


@dataclass(frozen=True, slots=True, repr=False)
class Curve:
    """A prime curve of cofactor one, a `Group`; `domain` is python-ecdsa's object for it."""

    name: str
    oid: str
    prime: int
    a: int
    b: int
    base: Point
    order: int
    domain: curves.Curve = field(compare=False)

    @property
    def field_length(self) -> int:
        """Bytes of a coordinate."""
        return (self.prime.bit_length() + 7) // 8

    @property
    def order_length(self) -> int:
        """Bytes of a scalar."""
        return (self.order.bit_length() + 7) // 8

    @override
    def __repr__(self) -> str:
        """The name says it all."""
        return f"Curve({self.name})"

    @property
    def security_bits(self) -> int:
        """Half the bits of the order (NIST SP 800-57-1 Table 2)."""
        return self.order.bit_length() // 2

    @property
    def public_key_tag(self) -> int:
        """Doc 9303-11 Table 11."""
        return _PUBLIC_POINT

    @property
    def maps_numbers(self) -> bool:
        """Not P-224: its prime is 1 mod 4 (Doc 9303-11 Table 12)."""
        return is_encodable(self.prime, self.a, self.b)

    def decode(self, octets: bytes) -> Point:
        """Decode an uncompressed point; UnfitElement when it is infinity or not on the curve."""
        width = self.field_length
        if octets == _INFINITY:
            raise IdentityElement("the point at infinity")
        if len(octets) != 1 + 2 * width or octets[0] != _UNCOMPRESSED:
            raise NotAnElement(f"not an uncompressed point of {self.name}")
        x = int.from_bytes(octets[1 : 1 + width], "big")
        y = int.from_bytes(octets[1 + width :], "big")
        if x >= self.prime or y >= self.prime or not self.domain.curve.contains_point(x, y):
            raise NotAnElement(f"a point that is not on {self.name}")
        return Point(x, y)

    def square(self, x: int) -> int:
        """Return y² of the points with this x-coordinate, if there are any."""
        return (x * x * x + self.a * x + self.b) % self.prime

    def encode(self, element: Element) -> bytes:
        """Encode uncompressed (TR-03111 §3.2.1)."""
        point = own(element, Point)
        return bytes((_UNCOMPRESSED,)) + self.coordinate(point.x) + self.coordinate(point.y)

    def coordinate(self, number: int) -> bytes:
        """Encode a field element at full length."""
        return number.to_bytes(self.field_length, "big")

    def scalar(self, random: Callable[[int], bytes]) -> int:
        """Draw a private key."""
        return draw_scalar(self.order, random)

    def secret(self, element: Element) -> bytes:
        """The x-coordinate (TR-03111 §4.3.1)."""
        return self.coordinate(own(element, Point).x)

    def private_key(self, scalar: int) -> PrivateKey:
        """Make a private key; IdentityElement for a multiple of the order."""
        openssl = OPENSSL.get(self.name)
        return PlainKey(self, scalar) if openssl is None else _Key(self, openssl, scalar)

    def openssl_key(self, point: Point) -> ec.EllipticCurvePublicKey | None:
        """A valid point as a public key of OpenSSL; None when that does not have the curve."""
        openssl = OPENSSL.get(self.name)
        if openssl is None:
            return None
        return ec.EllipticCurvePublicNumbers(point.x, point.y, openssl).public_key()

    def multiply(self, element: Element, scalar: int) -> Point:
        """Multiply; IdentityElement when the result is infinity."""
        openssl = OPENSSL.get(self.name)
        if openssl is None:
            return _affine(self._jacobi(element) * scalar)
        return _Key(self, openssl, scalar).multiply(element)

    def add(self, one: Element, other: Element) -> Point:
        """Add; IdentityElement when the result is infinity."""
        return _affine(self._jacobi(one) + self._jacobi(other))

    def is_reflection(self, one: Element, other: Element) -> bool:
        """Whether two points are equal or mirror images, which agree on the same secret."""
        return own(one, Point).x == own(other, Point).x

    def element_from(self, number: int) -> Point:
        """Map a field element to a point (Doc 9303-11 Appendix B.2); NoMappedElement."""
        return Point(*encode_point(self.prime, self.a, self.b, number))

    def _jacobi(self, element: Element) -> ellipticcurve.PointJacobi:
        point = own(element, Point)
        if point == self.base:
            return self.domain.generator  # carries precomputed multiples
        return ellipticcurve.PointJacobi(self.domain.curve, point.x, point.y, 1, self.order)


class _Key:
    """A private key on a curve that OpenSSL has; implements `PrivateKey`."""

    def __init__(self, curve: Curve, openssl: ec.EllipticCurve, scalar: int) -> None:
        if not scalar % curve.order:
            raise IdentityElement("the point at infinity")
        self._curve = curve
        self._openssl = openssl
        self._key = ec.derive_private_key(scalar % curve.order, openssl)
        numbers = self._key.public_key().public_numbers()
        self.public = Point(numbers.x, numbers.y)

    def multiply(self, element: Element) -> Point:
        """A point times the private key.

        OpenSSL gives the x-coordinate only: of kP by one agreement, of k(P + G) by a second one.
        That is kP + Q with the public key Q, and only one of the two points of that x has it as
        sum: (y - yQ)² = (x(kP + Q) + x + xQ) · (x - xQ)², the rule of addition (TR-03111 §2.3.1).
        """
        point, public, prime = own(element, Point), self.public, self._curve.prime
        base = self._curve.base
        if point.x == base.x:  # the generator or its mirror image
            return Point(public.x, public.y if point == base else prime - public.y)
        x, of_sum = (
            int.from_bytes(self.agree(each), "big")
            for each in (point, self._curve.add(point, base))
        )
        squares = self._curve.square(x) + public.y * public.y
        slope = (of_sum + x + public.x) * (x - public.x) ** 2
        return Point(x, (squares - slope) * pow(2 * public.y, -1, prime) % prime)

    def agree(self, element: Element) -> bytes:
        """The x-coordinate of a point times the private key (TR-03111 §4.3.1)."""
        point = own(element, Point)
        peer = ec.EllipticCurvePublicNumbers(point.x, point.y, self._openssl).public_key()
        return self._key.exchange(ec.ECDH(), peer)


def _affine(point: ellipticcurve.AbstractPoint) -> Point:
    if point == ellipticcurve.INFINITY:
        raise IdentityElement("the point at infinity")
    affine = point.to_affine()
    return Point(int(affine.x()), int(affine.y()))


def _curve(known: curves.Curve) -> Curve:
    return Curve(
        known.name,
        ".".join(map(str, known.oid)),
        int(known.curve.p()),
        int(known.curve.a()) % int(known.curve.p()),
        int(known.curve.b()),
        _affine(known.generator),
        int(known.order),
        known,
    )


OPENSSL: Final[Mapping[str, ec.EllipticCurve]] = MappingProxyType(
    {
        "NIST192p": ec.SECP192R1(),
        "NIST224p": ec.SECP224R1(),
        "NIST256p": ec.SECP256R1(),
        "NIST384p": ec.SECP384R1(),
        "NIST521p": ec.SECP521R1(),
        "BRAINPOOLP256r1": ec.BrainpoolP256R1(),
        "BRAINPOOLP384r1": ec.BrainpoolP384R1(),
        "BRAINPOOLP512r1": ec.BrainpoolP512R1(),
    }
)
"""The curves that OpenSSL has, by the names of python-ecdsa."""

STANDARDISED: Final[Mapping[int, Curve]] = {
    8: _curve(curves.NIST192p),
    9: _curve(curves.BRAINPOOLP192r1),
    10: _curve(curves.NIST224p),
    11: _curve(curves.BRAINPOOLP224r1),
    12: _curve(curves.NIST256p),
    13: _curve(curves.BRAINPOOLP256r1),
    14: _curve(curves.BRAINPOOLP320r1),
    15: _curve(curves.NIST384p),
    16: _curve(curves.BRAINPOOLP384r1),
    17: _curve(curves.BRAINPOOLP512r1),
    18: _curve(curves.NIST521p),
}
"""By standardised domain parameter id (Doc 9303-11 Table 12)."""

BY_OID: Final[Mapping[str, Curve]] = {curve.oid: curve for curve in STANDARDISED.values()}
