"""RSA keys of any size and exponent, at once: their primes are known numbers (2^p - 1)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import gmpy2


@dataclass(frozen=True)
class MersenneKey:
    """A key whose modulus is the product of these Mersenne primes, and of 2 if it is even.

    The modulus has as many bits as the exponents of the primes add up to.
    """

    primes: tuple[int, ...]
    exponent: int = 65537
    is_even: bool = False

    @property
    def modulus(self) -> int:
        product: int = prod(2**power - 1 for power in self.primes)
        return product * 2 if self.is_even else product

    @property
    def octets(self) -> int:
        return (self.modulus.bit_length() + 7) // 8

    def power(self, message: bytes) -> bytes:
        """The signature of a message representative (RFC 8017 §5.2.1)."""
        order = prod(2**power - 2 for power in self.primes)
        private = int(gmpy2.invert(self.exponent, order))
        number = gmpy2.powmod(int.from_bytes(message, "big"), private, self.modulus)
        return int(number).to_bytes(self.octets, "big")


OF_1023_BITS = MersenneKey((607, 127, 107, 89, 61, 19, 13))
OF_1025_BITS_EVEN = MersenneKey((607, 127, 107, 89, 61, 31, 2), is_even=True)
OF_1128_BITS = MersenneKey((607, 521))
OF_8192_BITS = MersenneKey((4423, 3217, 521, 31))
OF_8193_BITS = MersenneKey((4423, 3217, 521, 19, 13))
