"""Groups of key agreement: MODP groups and what they have in common with curves."""

from __future__ import annotations

import gmpy2
import pytest

from edge.emrtd import curves, domain_parameters, modp, pace
from edge.emrtd.curves import Point
from edge.emrtd.domain_parameters import STANDARDISED, DomainParameters, recognise
from edge.emrtd.groups import (
    Group,
    IdentityElement,
    IdentityGenerator,
    NotAnElement,
    ReflectedElement,
    SmallOrderElement,
    not_reflected,
)
from edge.emrtd.modp import ModpGroup, Residue
from tests.support.emrtd.domains import by_id, explicit_group, explicit_parameters

GROUPS = list(modp.STANDARDISED.values())
CURVE, GROUP = curves.STANDARDISED[13], GROUPS[0]
each_modp_group = pytest.mark.parametrize("group", GROUPS, ids=repr)
every_group = pytest.mark.parametrize("group", list(STANDARDISED.values()), ids=repr)


@each_modp_group
def test_parameters(group: ModpGroup) -> None:
    """RFC 5114 §2.1 to §2.3; printed by OpenSSL's dh_rfc5114 as well."""
    assert gmpy2.is_prime(group.prime)
    assert gmpy2.is_prime(group.order)
    assert (group.prime - 1) % group.order == 0
    assert pow(group.base.value, group.order, group.prime) == 1
    assert group.base != Residue(1)
    name = f"modp{group.prime.bit_length()}-{group.order.bit_length()}"
    assert repr(group) == f"ModpGroup({name})"


@each_modp_group
def test_numbers_are_validated(group: ModpGroup) -> None:
    """RFC 2631 §2.1.5."""
    for octets in (b"", b"\x00", bytes(group.field_length), b"\xff" * group.field_length):
        with pytest.raises(NotAnElement):
            group.decode(octets)
    with pytest.raises(NotAnElement):
        group.decode(b"\x00" + group.secret(group.base))
    with pytest.raises(IdentityElement):
        group.decode(b"\x01")
    for outside in (2, group.prime - 1):
        with pytest.raises(SmallOrderElement):
            group.decode(group.encode(Residue(outside)))


@each_modp_group
def test_numbers_are_sent_in_the_fewest_bytes_and_agreed_on_in_full(group: ModpGroup) -> None:
    number = next(
        element
        for scalar in range(2, 5_000)
        if (element := group.multiply(group.base, scalar)).value.bit_length()
        <= 8 * group.field_length - 8
    )
    assert len(group.encode(number)) == group.field_length - 1
    assert len(group.secret(number)) == group.field_length
    assert group.decode(group.encode(number)) == group.decode(group.secret(number)) == number


@every_group
def test_arithmetic(group: Group) -> None:
    one, two = group.scalar(lambda n: b"\x01" * n), group.scalar(lambda n: b"\x02" * n)
    a, b = group.multiply(group.base, one), group.multiply(group.base, two)
    assert group.multiply(a, two) == group.multiply(b, one)
    assert group.add(a, b) == group.multiply(group.base, (one + two) % group.order)
    assert group.decode(group.encode(a)) == a
    assert group.security_bits in {80, 96, 112, 128, 160, 192, 256, 260}


@every_group
def test_an_element_of_another_kind_is_our_own_mistake(group: Group) -> None:
    other = Residue(2) if isinstance(group.base, Point) else CURVE.base
    for compute in (group.encode, group.secret, lambda element: group.multiply(element, 2)):
        with pytest.raises(TypeError, match="is computed with"):
            compute(other)
    for combine in (group.add, group.is_reflection):
        with pytest.raises(TypeError, match="is computed with"):
            combine(group.base, other)


@every_group
def test_reflections(group: Group) -> None:
    element = group.multiply(group.base, 5)
    inverse = group.multiply(group.base, group.order - 5)
    other = group.multiply(group.base, 6)
    assert not_reflected(group, other, element) == other
    for reflection in (element, inverse):
        with pytest.raises(ReflectedElement):
            not_reflected(group, reflection, element)
    with pytest.raises(IdentityElement):
        group.add(element, inverse)


@every_group
def test_a_mapping_to_the_identity(group: Group) -> None:
    """H = -s·G: the attacker would know every secret over the generator."""
    opposite = group.multiply(group.base, group.order - 7)
    nonce = (7).to_bytes(16, "big")
    with pytest.raises(IdentityGenerator):
        pace.generic_base(group, nonce, opposite)
    with pytest.raises(IdentityGenerator):
        pace.generic_base(group, bytes(16), opposite)


@every_group
def test_numbers_map_into_the_group(group: Group) -> None:
    for number in (2, 3, 0xC0FFEE) if group.maps_numbers else ():
        element = group.element_from(number)
        assert group.decode(group.encode(element)) == element
        if isinstance(element, Residue) and isinstance(group, ModpGroup):
            assert pow(element.value, group.order, group.prime) == 1


def test_the_one_curve_without_a_mapping() -> None:
    without = [number for number, each in STANDARDISED.items() if not each.maps_numbers]
    assert without == [10]


def test_scalars_are_in_range() -> None:
    group = GROUPS[0]
    assert group.scalar(bytes) == 1
    assert 1 <= group.scalar(lambda n: b"\xff" * n) < group.order


@pytest.mark.parametrize(("number", "parameters"), STANDARDISED.items(), ids=str)
def test_domain_parameters_are_recognised(number: int, parameters: DomainParameters) -> None:
    assert recognise(by_id(number)) is parameters
    spelt_out = (
        explicit_group(parameters)
        if isinstance(parameters, ModpGroup)
        else explicit_parameters(parameters)
    )
    assert recognise(spelt_out) is parameters


@pytest.mark.parametrize(
    "identifier",
    [
        b"",
        b"\x30\x00",
        by_id(3),
        by_id(300),
        explicit_parameters(CURVE, base=CURVE.multiply(CURVE.base, 2)),
        explicit_group(GROUP, base=GROUP.base.value**2 % GROUP.prime),
        bytes.fromhex("300B06072A8648CE3E02013000"),
        bytes.fromhex("301106072A8648CE3E02013006020101020102"),
        bytes.fromhex("301406072A8648CE3E02013009020101040102020103"),
        bytes.fromhex("300906072A8648CE3E0201"),
        bytes.fromhex("300906072A8648CE3D0201"),
        bytes.fromhex("3005060355040605"),
        bytes.fromhex("30050603550406"),
    ],
)
def test_domain_parameters_that_are_not(identifier: bytes) -> None:
    assert domain_parameters.recognise(identifier) is None
