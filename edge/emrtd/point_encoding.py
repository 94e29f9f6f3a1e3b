"""Point encoding of the integrated mapping over ECDH (ICAO Doc 9303-11 Appendix B.2)."""

from __future__ import annotations

from edge.emrtd.groups import NoMappedElement


def is_encodable(prime: int, a: int, b: int) -> bool:
    """Whether the encoding exists: p = 3 mod 4 (not so P-224), a and b not zero."""
    return prime % 4 == 3 and a % prime != 0 and b % prime != 0


def encode_point(prime: int, a: int, b: int, number: int) -> tuple[int, int]:
    """Return the affine point of a field element, cofactor one.

    NoMappedElement for 0, 1 and -1, for which the formula has no inverse.
    """
    alpha = -number * number % prime
    denominator = a * (alpha + alpha * alpha) % prime
    if denominator == 0:
        raise NoMappedElement("the nonces map to no point")
    x2 = -b * (1 + alpha + alpha * alpha) * pow(denominator, -1, prime) % prime
    x3 = alpha * x2 % prime
    h2 = (x2 * x2 * x2 + a * x2 + b) % prime
    u = pow(number, 3, prime) * h2 % prime
    root = pow(h2, prime - 1 - (prime + 1) // 4, prime)
    if root * root * h2 % prime == 1:
        return x2, root * h2 % prime
    return x3, root * u % prime
