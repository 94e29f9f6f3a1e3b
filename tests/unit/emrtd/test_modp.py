"""Groups modulo a prime, on numbers so small that every one can be tried (RFC 2631 §2.1.5)."""

from __future__ import annotations

import pytest

from edge.emrtd import agreement_key
from edge.emrtd.groups import (
    IdentityElement,
    NoMappedElement,
    NotAnElement,
    ReflectedElement,
    SmallOrderElement,
    UnfitElement,
    not_reflected,
)
from edge.emrtd.modp import ModpGroup, Residue
from edge.errors import MalformedFile
from tests.support.emrtd import dh_keys

SMALL = ModpGroup("small", 23, Residue(2), 11)
"""The squares modulo 23."""
SQUARES = {1, 2, 3, 4, 6, 8, 9, 12, 13, 16, 18}
WIDE = ModpGroup("wide", 1283, Residue(4), 641)
"""Its prime has two bytes, and is odd: so that numbers of one byte and of two are elements."""


def kind_of(octets: bytes) -> type[UnfitElement] | None:
    try:
        SMALL.decode(octets)
    except UnfitElement as error:
        return type(error)
    return None


def test_every_number_is_told_apart() -> None:
    for number in range(256):
        expected = (
            NotAnElement
            if not 0 < number < 23
            else IdentityElement
            if number == 1
            else None
            if number in SQUARES
            else SmallOrderElement
        )
        assert kind_of(bytes((number,))) is expected


def test_an_element_is_no_longer_than_the_prime() -> None:
    assert kind_of(b"") is NotAnElement
    assert kind_of(b"\x00\x02") is NotAnElement
    assert WIDE.decode(b"\x00\x04") == WIDE.decode(b"\x04") == Residue(4)
    with pytest.raises(NotAnElement):
        WIDE.decode(b"\x00\x00\x04")


def test_what_is_sent_and_what_is_derived_from() -> None:
    """§9.4.1: the fewest bytes; PKCS#3 §8.3: the length of the prime."""
    assert WIDE.field_length == 2
    for number, sent, secret in ((4, "04", "0004"), (255, "FF", "00FF"), (256, "0100", "0100")):
        assert WIDE.encode(Residue(number)).hex().upper() == sent
        assert WIDE.secret(Residue(number)).hex().upper() == secret


def test_arithmetic() -> None:
    assert SMALL.multiply(Residue(2), 3) == Residue(8)
    assert SMALL.add(Residue(2), Residue(3)) == Residue(6)
    assert SMALL.add(Residue(12), Residue(4)) == Residue(2)
    with pytest.raises(IdentityElement, match="the identity"):
        SMALL.multiply(Residue(2), 11)
    with pytest.raises(IdentityElement, match="the identity"):
        SMALL.add(Residue(2), Residue(12))


def test_reflections() -> None:
    assert SMALL.is_reflection(Residue(2), Residue(2)) is True
    assert SMALL.is_reflection(Residue(2), Residue(12)) is True
    assert SMALL.is_reflection(Residue(2), Residue(3)) is False
    assert not_reflected(SMALL, Residue(2), Residue(3)) == Residue(2)
    with pytest.raises(ReflectedElement, match="our own public key"):
        not_reflected(SMALL, Residue(2), Residue(12))


def test_numbers_map_to_their_powers() -> None:
    """To the power of (p - 1) / q = 2 (§4.4.3.3.2)."""
    assert SMALL.maps_numbers is True
    assert [SMALL.element_from(number).value for number in range(2, 22)] == [
        number * number % 23 for number in range(2, 22)
    ]
    for number in (0, 23, 46):
        with pytest.raises(NoMappedElement, match="map to zero"):
            SMALL.element_from(number)
    for number in (1, 22, 24):
        with pytest.raises(IdentityElement):
            SMALL.element_from(number)


class TestDescribedByTheIssuer:
    """Doc 9303-11 §9.5: 1024 to 4096 bits, a subgroup of 160 bits or more."""

    @staticmethod
    def prime_of(bits: int) -> int:
        """An odd number of so many bits; whether it is prime nobody asks."""
        return (1 << bits - 1) + 1

    @pytest.mark.parametrize(
        ("bits", "is_one"), [(1023, False), (1024, True), (4096, True), (4097, False)]
    )
    def test_sizes_of_primes(self, bits: int, is_one: bool) -> None:
        group = ModpGroup("own", self.prime_of(bits), Residue(2), 1)
        if is_one:
            found = agreement_key.modp_group(dh_keys.pkcs3(group))
            assert found == ModpGroup("modp-pkcs3", group.prime, Residue(2), group.prime - 1)
        else:
            with pytest.raises(MalformedFile, match="parameters that no chip has"):
                agreement_key.modp_group(dh_keys.pkcs3(group))

    @pytest.mark.parametrize(("off", "is_one"), [(0, False), (1, False), (2, True)])
    def test_generators(self, off: int, is_one: bool) -> None:
        """Not 0, 1, or -1, nor beyond the prime."""
        prime = self.prime_of(1024)
        for base in (off, prime - off):
            algorithm = dh_keys.pkcs3(ModpGroup("own", prime, Residue(base), 1))
            if is_one:
                found = agreement_key.modp_group(algorithm)
                assert found is not None
                assert found.base == Residue(base)
            else:
                with pytest.raises(MalformedFile, match="parameters that no chip has"):
                    agreement_key.modp_group(algorithm)

    @pytest.mark.parametrize(("bits", "is_one"), [(159, False), (160, True)])
    def test_sizes_of_subgroups(self, bits: int, is_one: bool) -> None:
        """The order divides p - 1; that 2 has another one is seen after that."""
        order = (1 << bits - 1) + 1
        prime = order * (1 << 1024 - bits) + 1
        algorithm = dh_keys.x942(ModpGroup("own", prime, Residue(2), order))
        words = "outside the subgroup" if is_one else "impossible order"
        with pytest.raises(MalformedFile, match=words):
            agreement_key.modp_group(algorithm)
