"""Terminal against virtual chip: Chip Authentication."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from edge.emrtd import chip_auth, security_infos
from edge.emrtd.apdu import Command
from edge.emrtd.ciphers import Cipher
from edge.emrtd.dialogue import run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg14
from edge.emrtd.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
)
from tests.unit.emrtd.specimens import (
    CA_3DES,
    CA_AES_128,
    CA_AES_192,
    CA_AES_256,
    PACE_AES_128,
    ec_key,
    insert,
    pkcs8,
    read,
    rsa_key,
    specimen,
    spki,
)

EC_PUBLIC_KEY = f"{security_infos.PUBLIC_KEY}.2"
PROTOCOLS = [CA_3DES, CA_AES_128, CA_AES_192, CA_AES_256]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.BrainpoolP384R1, ec.SECP521R1])
def test_chip_authentication(protocol: str, curve: type[ec.EllipticCurve]) -> None:
    key = ec_key(curve)
    chip = insert(specimen(chip_auth=protocol, chip_auth_key=key))
    found = read(chip.transmit).chip_authentication
    assert found is not None
    assert found.succeeded
    assert (found.oid, found.key_id, found.public_key) == (protocol, None, spki(key))


def test_after_pace() -> None:
    chip = insert(specimen(pace=PACE_AES_128, chip_auth=CA_AES_256))
    found = read(chip.transmit).chip_authentication
    assert found is not None
    assert found.succeeded


def test_on_a_chip_without_access_control() -> None:
    chip = insert(replace(specimen(chip_auth=CA_AES_128), bac=False))
    found = read(chip.transmit).chip_authentication
    assert found is not None
    assert found.succeeded


def test_the_key_named_by_its_number() -> None:
    key, other = ec_key(), ec_key(ec.SECP384R1)
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(CA_AES_128, key_id=7),
        ChipAuthenticationInfo(CA_AES_256, key_id=300),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(other), 7),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(key), 300),
    ]
    base = specimen()
    files = {**base.files, ElementaryFile.DG14: dg14.encode(infos)}
    chip = replace(base, files=files, chip_auth_key=pkcs8(key), chip_auth_key_id=300)
    found = read(insert(chip).transmit).chip_authentication
    assert found is not None
    assert (found.succeeded, found.key_id) == (True, 300)


def test_a_protocol_left_out_means_3des() -> None:
    """French passports of 2013: a key, and no ChipAuthenticationInfo."""
    chosen = chip_auth.choose([ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key()))])
    assert chosen is not None
    assert (chosen.oid, chosen.cipher) == (CA_3DES, Cipher.TDES)


@pytest.mark.parametrize(
    "infos",
    [
        [],
        [ChipAuthenticationInfo(CA_AES_128)],
        [ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, b"\x30\x00")],
        [ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(rsa_key()))],
        [
            ChipAuthenticationInfo(CA_AES_128, key_id=1),
            ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key()), 2),
        ],
        [
            ChipAuthenticationInfo(CA_AES_128, version=2),
            ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key())),
        ],
        [
            ChipAuthenticationInfo(f"{security_infos.CHIP_AUTHENTICATION}.1.2"),
            ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key())),
        ],
    ],
)
def test_nothing_that_can_be_run(infos: list[SecurityInfo]) -> None:
    assert chip_auth.choose(infos) is None


def test_a_chip_that_finds_the_command_too_long_gets_it_in_pieces() -> None:
    key = ec_key(ec.SECP521R1)
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(CA_AES_128),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(key)),
    ]
    chosen = chip_auth.choose(infos)
    assert chosen is not None
    received: list[bytes] = []

    def transmit(raw: bytes) -> bytes:
        command = Command.parse(raw)
        if command.ins == 0x86 and len(command.data) > 128:
            return b"\x67\x00"
        received.append(command.data)
        return b"\x90\x00"

    assert run(chip_auth.agree(chosen, secrets.token_bytes), transmit) is not None
    assert b"".join(received[1:])[:1] == b"\x7c"
    assert len(received) == 3


def test_3des_by_general_authenticate_on_a_chip_that_knows_no_key_agreement_template() -> None:
    chip = insert(replace(specimen(chip_auth=CA_3DES), bac=False))

    def transmit(command: bytes) -> bytes:
        return b"\x6a\x86" if command[1:4] == b"\x22\x41\xa6" else chip.transmit(command)

    found = read(transmit).chip_authentication
    assert found is not None
    assert found.succeeded


def test_a_chip_that_refuses_the_protocol() -> None:
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(CA_AES_128),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key())),
    ]
    chosen = chip_auth.choose(infos)
    assert chosen is not None
    assert run(chip_auth.agree(chosen, secrets.token_bytes), lambda _: b"\x6a\x88") is None
