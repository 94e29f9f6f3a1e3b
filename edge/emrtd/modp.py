"""Diffie-Hellman groups of the eMRTD: subgroups of prime order modulo a prime (RFC 5114 §2).

Not in constant time, like `edge.emrtd.curves`: for ephemeral keys and specimens only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import gmpy2
from typing_extensions import override

from edge.emrtd.groups import (
    Element,
    IdentityElement,
    NoMappedElement,
    NotAnElement,
    PlainKey,
    SmallOrderElement,
    draw_scalar,
    own,
)

_PUBLIC_VALUE: Final = 0x84


@dataclass(frozen=True, slots=True)
class Residue(Element):
    """A number modulo a prime."""

    value: int


@dataclass(frozen=True, slots=True, repr=False)
class ModpGroup:
    """The subgroup of order `order` that `base` generates modulo `prime`.

    A `Group` whose elements are residues: adding is multiplication modulo the prime, multiplying
    is exponentiation.
    """

    name: str
    prime: int
    base: Residue
    order: int

    @override
    def __repr__(self) -> str:
        """The name says it all."""
        return f"ModpGroup({self.name})"

    @property
    def field_length(self) -> int:
        """Bytes of the prime."""
        return (self.prime.bit_length() + 7) // 8

    @property
    def security_bits(self) -> int:
        """NIST SP 800-57-1 Table 2: 80 for 1 024 bits, 112 for 2 048."""
        return 80 if self.prime.bit_length() < 2048 else 112

    @property
    def public_key_tag(self) -> int:
        """Doc 9303-11 Table 10."""
        return _PUBLIC_VALUE

    @property
    def maps_numbers(self) -> bool:
        """True: almost every number has a power of prime order."""
        return True

    def scalar(self, random: Callable[[int], bytes]) -> int:
        """Draw a private key."""
        return draw_scalar(self.order, random)

    def private_key(self, scalar: int) -> PlainKey:
        """Make a private key."""
        return PlainKey(self, scalar)

    def decode(self, octets: bytes) -> Residue:
        """Decode and validate a public value (RFC 2631 §2.1.5); UnfitElement.

        Leading zeros are accepted: the standard wants none, but some chips fill up to the length of
        the prime.
        """
        value = int.from_bytes(octets, "big")
        if not 0 < len(octets) <= self.field_length or not 0 < value < self.prime:
            raise NotAnElement(f"not a number of {self.name}")
        element = _not_one(value)
        if self._power(value, self.order) != 1:
            raise SmallOrderElement(f"a number outside the subgroup of {self.name}")
        return element

    def encode(self, element: Element) -> bytes:
        """Encode in the fewest bytes (Doc 9303-11 §9.4.1)."""
        value = own(element, Residue).value
        return value.to_bytes((value.bit_length() + 7) // 8, "big")

    def secret(self, element: Element) -> bytes:
        """Encode at the length of the prime (PKCS#3 §8.3)."""
        return own(element, Residue).value.to_bytes(self.field_length, "big")

    def multiply(self, element: Element, scalar: int) -> Residue:
        """Raise to a power."""
        return _not_one(self._power(own(element, Residue).value, scalar))

    def add(self, one: Element, other: Element) -> Residue:
        """Multiply modulo the prime."""
        return _not_one(self._product(one, other))

    def is_reflection(self, one: Element, other: Element) -> bool:
        """Whether two numbers are equal or inverse to each other."""
        return one == other or self._product(one, other) == 1

    def element_from(self, number: int) -> Residue:
        """Raise to the cofactor (p - 1) / q (Doc 9303-11 §4.4.3.3.2)."""
        if number % self.prime == 0:
            raise NoMappedElement("the nonces map to zero")
        return _not_one(self._power(number, (self.prime - 1) // self.order))

    def _power(self, value: int, exponent: int) -> int:
        return int(gmpy2.powmod(value, exponent, self.prime))

    def _product(self, one: Element, other: Element) -> int:
        return own(one, Residue).value * own(other, Residue).value % self.prime


def _not_one(value: int) -> Residue:
    if value == 1:
        raise IdentityElement("the number one, the identity")
    return Residue(value)


def _group(name: str, *, prime: str, base: str, order: str) -> ModpGroup:
    """A group of which RFC 5114 prints p, g and q in hexadecimal digits."""
    return ModpGroup(name, int(prime, 16), Residue(int(base, 16)), int(order, 16))


STANDARDISED: Final[Mapping[int, ModpGroup]] = {
    0: _group(
        "modp1024-160",
        prime=(
            "B10B8F96A080E01DDE92DE5EAE5D54EC52C99FBCFB06A3C69A6A9DCA52D23B616073E286"
            "75A23D189838EF1E2EE652C013ECB4AEA906112324975C3CD49B83BFACCBDD7D90C4BD70"
            "98488E9C219A73724EFFD6FAE5644738FAA31A4FF55BCCC0A151AF5F0DC8B4BD45BF37DF"
            "365C1A65E68CFDA76D4DA708DF1FB2BC2E4A4371"
        ),
        base=(
            "A4D1CBD5C3FD34126765A442EFB99905F8104DD258AC507FD6406CFF14266D31266FEA1E"
            "5C41564B777E690F5504F213160217B4B01B886A5E91547F9E2749F4D7FBD7D3B9A92EE1"
            "909D0D2263F80A76A6A24C087A091F531DBF0A0169B6A28AD662A4D18E73AFA32D779D59"
            "18D08BC8858F4DCEF97C2A24855E6EEB22B3B2E5"
        ),
        order="F518AA8781A8DF278ABA4E7D64B7CB9D49462353",
    ),
    1: _group(
        "modp2048-224",
        prime=(
            "AD107E1E9123A9D0D660FAA79559C51FA20D64E5683B9FD1B54B1597B61D0A75E6FA141D"
            "F95A56DBAF9A3C407BA1DF15EB3D688A309C180E1DE6B85A1274A0A66D3F8152AD6AC212"
            "9037C9EDEFDA4DF8D91E8FEF55B7394B7AD5B7D0B6C12207C9F98D11ED34DBF6C6BA0B2C"
            "8BBC27BE6A00E0A0B9C49708B3BF8A317091883681286130BC8985DB1602E714415D9330"
            "278273C7DE31EFDC7310F7121FD5A07415987D9ADC0A486DCDF93ACC44328387315D75E1"
            "98C641A480CD86A1B9E587E8BE60E69CC928B2B9C52172E413042E9B23F10B0E16E79763"
            "C9B53DCF4BA80A29E3FB73C16B8E75B97EF363E2FFA31F71CF9DE5384E71B81C0AC4DFFE"
            "0C10E64F"
        ),
        base=(
            "AC4032EF4F2D9AE39DF30B5C8FFDAC506CDEBE7B89998CAF74866A08CFE4FFE3A6824A4E"
            "10B9A6F0DD921F01A70C4AFAAB739D7700C29F52C57DB17C620A8652BE5E9001A8D66AD7"
            "C17669101999024AF4D027275AC1348BB8A762D0521BC98AE247150422EA1ED409939D54"
            "DA7460CDB5F6C6B250717CBEF180EB34118E98D119529A45D6F834566E3025E316A330EF"
            "BB77A86F0C1AB15B051AE3D428C8F8ACB70A8137150B8EEB10E183EDD19963DDD9E263E4"
            "770589EF6AA21E7F5F2FF381B539CCE3409D13CD566AFBB48D6C019181E1BCFE94B30269"
            "EDFE72FE9B6AA4BD7B5A0F1C71CFFF4C19C418E1F6EC017981BC087F2A7065B384B890D3"
            "191F2BFA"
        ),
        order="801C0D34C58D93FE997177101F80535A4738CEBCBF389A99B36371EB",
    ),
    2: _group(
        "modp2048-256",
        prime=(
            "87A8E61DB4B6663CFFBBD19C651959998CEEF608660DD0F25D2CEED4435E3B00E00DF8F1"
            "D61957D4FAF7DF4561B2AA3016C3D91134096FAA3BF4296D830E9A7C209E0C6497517ABD"
            "5A8A9D306BCF67ED91F9E6725B4758C022E0B1EF4275BF7B6C5BFC11D45F9088B941F54E"
            "B1E59BB8BC39A0BF12307F5C4FDB70C581B23F76B63ACAE1CAA6B7902D52526735488A0E"
            "F13C6D9A51BFA4AB3AD8347796524D8EF6A167B5A41825D967E144E5140564251CCACB83"
            "E6B486F6B3CA3F7971506026C0B857F689962856DED4010ABD0BE621C3A3960A54E710C3"
            "75F26375D7014103A4B54330C198AF126116D2276E11715F693877FAD7EF09CADB094AE9"
            "1E1A1597"
        ),
        base=(
            "3FB32C9B73134D0B2E77506660EDBD484CA7B18F21EF205407F4793A1A0BA12510DBC150"
            "77BE463FFF4FED4AAC0BB555BE3A6C1B0C6B47B1BC3773BF7E8C6F62901228F8C28CBB18"
            "A55AE31341000A650196F931C77A57F2DDF463E5E9EC144B777DE62AAAB8A8628AC376D2"
            "82D6ED3864E67982428EBC831D14348F6F2F9193B5045AF2767164E1DFC967C1FB3F2E55"
            "A4BD1BFFE83B9C80D052B985D182EA0ADB2A3B7313D3FE14C8484B1E052588B9B7D2BBD2"
            "DF016199ECD06E1557CD0915B3353BBB64E0EC377FD028370DF92B52C7891428CDC67EB6"
            "184B523D1DB246C32F63078490F00EF8D647D148D47954515E2327CFEF98C582664B4C0F"
            "6CC41659"
        ),
        order="8CF83642A709A097B447997640129DA299B1A47D1EB3750BA308B0FE64F5FBD3",
    ),
}
"""By standardised domain parameter id (Doc 9303-11 Table 12)."""
