"""Attacks on the secure session between gate and chip: each ends the reading, none is believed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from edge.emrtd.apdu import Command
from edge.emrtd.dialogue import Transmit
from edge.emrtd.files import ElementaryFile
from edge.emrtd.read import ReadPlan
from edge.errors import AccessDenied, ChipError
from tests.support.emrtd.specimens import (
    CA_AES_256,
    PACE_AES_128,
    ec_key,
    insert,
    pkcs8,
    read,
    specimen,
)

SHORT = ReadPlan(extended_length=False)
Tamper = Callable[[bytes], bytes]


def attacked(tamper: Tamper, *, at: int = 3) -> Transmit:
    """A line whose owner changes the `at`th protected answer."""
    chip = insert(specimen(pace=PACE_AES_128))
    seen = 0

    def transmit(command: bytes) -> bytes:
        nonlocal seen
        reply = chip.transmit(command)
        seen += command[0] & 0x0C == 0x0C
        return tamper(reply) if seen == at and command[0] & 0x0C else reply

    return transmit


@pytest.mark.parametrize(
    "tamper",
    [
        lambda reply: reply[:-3] + bytes((reply[-3] ^ 1,)) + reply[-2:],
        lambda reply: bytes((reply[0], reply[1], reply[2], reply[3] ^ 1)) + reply[4:],
        lambda reply: reply[:-2] + b"\x62\x82",
        lambda reply: reply[-2:],
        lambda _: b"\x61\x16\x5f\x01\x90\x00",
        lambda _: b"\x90\x00",
        lambda _: b"\x69\x82",
        lambda reply: reply[:-12] + reply[-2:],
        lambda reply: b"\x30" + reply,
        lambda _: secrets.token_bytes(64) + b"\x90\x00",
    ],
    ids=[
        "checksum-tampered",
        "cryptogram-tampered",
        "status-word-tampered",
        "checksum-stripped",
        "plain-data-injected",
        "plain-success-injected",
        "plain-refusal-injected",
        "checksum-cut-off",
        "framing-broken",
        "noise",
    ],
)
def test_tampered_answer(tamper: Tamper) -> None:
    with pytest.raises(ChipError):
        read(attacked(tamper), plan=SHORT)


def test_replayed_answer() -> None:
    chip = insert(specimen())
    answers: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        reply = chip.transmit(command)
        if command[0] != 0x0C:
            return reply
        answers.append(reply)
        return answers[0]

    with pytest.raises(ChipError, match="checksum is wrong"):
        read(transmit, plan=SHORT)


def test_swapped_answers() -> None:
    chip = insert(specimen())
    held: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        reply = chip.transmit(command)
        if command[0] == 0x0C:
            held.append(reply)
            return held[len(held) - 2] if len(held) > 1 else reply
        return reply

    with pytest.raises(ChipError, match="checksum is wrong"):
        read(transmit, plan=SHORT)


def test_command_repeated_on_the_line() -> None:
    """The chip's counter moves on, so the gate's next command fails: the chip drops the session."""
    chip = insert(specimen())
    repeated = False

    def transmit(command: bytes) -> bytes:
        nonlocal repeated
        reply = chip.transmit(command)
        if command[0] == 0x0C and not repeated:
            repeated = True
            assert chip.transmit(command) == b"\x69\x88"
        return reply

    with pytest.raises(ChipError, match="outside the session"):
        read(transmit, plan=SHORT)


def test_answers_from_another_session() -> None:
    """A second chip with the same key and content does not share the session."""
    chip, other = insert(specimen()), insert(specimen())
    read(other.transmit)

    def transmit(command: bytes) -> bytes:
        return (other if command[0] == 0x0C else chip).transmit(command)

    with pytest.raises(ChipError):
        read(transmit, plan=SHORT)


def test_clone_that_accepts_chip_authentication_without_the_key() -> None:
    """9000 to every step, no new keys afterwards: recorded as failed, the rest is still read."""
    chip = insert(specimen(pace=PACE_AES_128, chip_auth=CA_AES_256))
    steps = 0

    def transmit(command: bytes) -> bytes:
        nonlocal steps
        reply = chip.transmit(command)
        if Command.parse(command).cla == 0x0C and command[1] == 0x86:
            steps += 1
            chip.reset()
        return reply

    contents = read(transmit)
    assert steps == 1
    assert contents.chip_authentication is not None
    assert not contents.chip_authentication.succeeded
    assert ElementaryFile.DG2 in contents.files


def test_clone_without_the_chip_authentication_key() -> None:
    genuine = specimen(chip_auth=CA_AES_256)
    contents = read(insert(replace(genuine, chip_auth_key=None)).transmit)
    assert contents.chip_authentication is not None
    assert not contents.chip_authentication.succeeded


def test_clone_with_another_chip_authentication_key() -> None:
    genuine = specimen(chip_auth=CA_AES_256)
    foreign = pkcs8(ec.generate_private_key(ec.BrainpoolP256R1()))
    contents = read(insert(replace(genuine, chip_auth_key=foreign)).transmit)
    assert contents.chip_authentication is not None
    assert not contents.chip_authentication.succeeded
    assert contents.files == genuine.files


def test_clone_without_the_active_authentication_key() -> None:
    genuine = specimen(active_auth_key=ec_key())
    contents = read(insert(replace(genuine, active_auth_key=None)).transmit)
    assert contents.active_authentication is not None
    assert contents.active_authentication.response == b""


def test_tampered_bac_answer() -> None:
    chip = insert(specimen())

    def transmit(command: bytes) -> bytes:
        reply = chip.transmit(command)
        return bytes((reply[0] ^ 1, *reply[1:])) if command[1] == 0x82 else reply

    with pytest.raises(AccessDenied, match="does not verify"):
        read(transmit)
