"""Static keys of key agreement: spellings accepted, values refused."""

from __future__ import annotations

import pytest

from drivers.virtual.chip.agreement_secret import AgreementSecret
from drivers.virtual.chip.static_key import StaticKey
from edge.emrtd import agreement_key, curves, der, modp, tlv
from edge.emrtd.groups import IdentityElement, NotAnElement, SmallOrderElement, UnfitElement
from edge.emrtd.modp import ModpGroup, Residue
from edge.errors import MalformedFile, SettingsError
from tests.support.emrtd import dh_keys
from tests.support.emrtd.specimens import ec_key, pkcs8, rsa_key, spki

GROUP = modp.STANDARDISED[2]
SMALL = modp.STANDARDISED[0]
VALUE = pow(GROUP.base.value, 12345, GROUP.prime)
OWN = ModpGroup("own", SMALL.prime, SMALL.multiply(SMALL.base, 2), SMALL.order)
"""The same subgroup with a generator of the issuer's own."""


@pytest.mark.parametrize("number", modp.STANDARDISED)
def test_every_spelling_of_a_standardised_group(number: int) -> None:
    group = modp.STANDARDISED[number]
    value = pow(group.base.value, 99, group.prime)
    for algorithm in (dh_keys.x942(group), dh_keys.pkcs3(group), dh_keys.by_id(number)):
        key = agreement_key.parse(dh_keys.spki(algorithm, value))
        assert (key.group, key.element) == (group, Residue(value))


def test_a_group_of_the_issuers_own() -> None:
    value = pow(OWN.base.value, 7, OWN.prime)
    for algorithm, order in ((dh_keys.x942(OWN), OWN.order), (dh_keys.pkcs3(OWN), OWN.prime - 1)):
        group = agreement_key.parse(dh_keys.spki(algorithm, value)).group
        assert isinstance(group, ModpGroup)
        assert (group.prime, group.base, group.order) == (OWN.prime, OWN.base, order)


def test_curves() -> None:
    key = agreement_key.parse(spki(ec_key()))
    assert key.group is curves.STANDARDISED[13]


ALGORITHMS = [dh_keys.x942(GROUP), dh_keys.pkcs3(GROUP), dh_keys.pkcs3(OWN), dh_keys.x942(OWN)]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("value", [0, 1, -1], ids=["0", "1", "p-1"])
def test_values_in_which_every_secret_drowns(algorithm: bytes, value: int) -> None:
    group = agreement_key.modp_group(algorithm)
    assert group is not None
    with pytest.raises(UnfitElement):
        agreement_key.parse(dh_keys.spki(algorithm, value % group.prime))


def test_each_kind_has_its_own_error() -> None:
    for value, error in (
        (0, NotAnElement),
        (1, IdentityElement),
        (GROUP.prime - 1, SmallOrderElement),
        (GROUP.prime, NotAnElement),
        (2, SmallOrderElement),
    ):
        with pytest.raises(error):
            agreement_key.parse(dh_keys.spki(dh_keys.x942(GROUP), value))
    with pytest.raises(SmallOrderElement):
        agreement_key.decode(
            ModpGroup("unknown order", OWN.prime, OWN.base, OWN.prime - 1),
            (OWN.prime - 1).to_bytes(128, "big"),
        )


@pytest.mark.parametrize(
    "group",
    [
        ModpGroup("even", SMALL.prime + 1, Residue(2), 2),
        ModpGroup("short", (1 << 512) + 1, Residue(2), 2),
        ModpGroup("long", (1 << 8000) + 1, Residue(2), 2),
        ModpGroup("identity", SMALL.prime, Residue(1), SMALL.order),
        ModpGroup("order two", SMALL.prime, Residue(SMALL.prime - 1), SMALL.order),
        ModpGroup("no divisor", SMALL.prime, SMALL.base, SMALL.order + 2),
        ModpGroup("small subgroup", SMALL.prime, SMALL.base, 2),
        ModpGroup("other subgroup", SMALL.prime, Residue(3), SMALL.order),
    ],
    ids=lambda group: group.name,
)
def test_groups_that_no_chip_has(group: ModpGroup) -> None:
    with pytest.raises(MalformedFile):
        agreement_key.parse(dh_keys.spki(dh_keys.x942(group), 5))


@pytest.mark.parametrize(
    "content",
    [
        spki(rsa_key()),
        b"\x30\x00",
        dh_keys.spki(dh_keys.by_id(3), 5),
        dh_keys.spki(
            tlv.encode(der.SEQUENCE, der.encode_oid(dh_keys.PKCS3), tlv.encode(der.SEQUENCE)), 5
        ),
        tlv.encode(
            der.SEQUENCE,
            dh_keys.x942(GROUP),
            tlv.encode(der.BIT_STRING, b"\x01", der.encode_integer(VALUE)),
        ),
        tlv.encode(der.SEQUENCE, dh_keys.x942(GROUP), tlv.encode(der.BIT_STRING, b"\x00\x04\x00")),
    ],
    ids=["rsa", "empty", "unknown-id", "no-parameters", "odd-bits", "no-integer"],
)
def test_keys_that_are_none(content: bytes) -> None:
    with pytest.raises(MalformedFile):
        agreement_key.parse(content)


def test_secrets_of_a_chip() -> None:
    held = AgreementSecret.decode(dh_keys.pkcs8(dh_keys.x942(GROUP), 12345))
    assert (held.group, held.public()) == (GROUP, Residue(VALUE))
    assert "12345" not in repr(held)
    curve = curves.STANDARDISED[14]
    assert AgreementSecret.decode(StaticKey(curve, 5).encode()).public() == curve.multiply(
        curve.base, 5
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\x30\x00",
        pkcs8(rsa_key()),
        dh_keys.pkcs8(dh_keys.x942(GROUP), 0),
        dh_keys.pkcs8(dh_keys.x942(GROUP), GROUP.prime),
    ],
)
def test_secrets_a_chip_cannot_have(content: bytes) -> None:
    with pytest.raises(SettingsError):
        AgreementSecret.decode(content)


def test_secrets_of_dh_keep_their_zeros() -> None:
    """PKCS#3 §8.3; OpenPACE leaves them out, and agrees with nobody once in 256 times."""
    assert GROUP.secret(Residue(5)) == bytes(255) + b"\x05"
