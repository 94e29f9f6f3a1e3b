"""The name of a chip in terminal authentication (Doc 9303-11 §7.1.2), by what it was sent."""

from __future__ import annotations

import hashlib

import pytest

from edge.emrtd import chip_name, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.chip_name import Overheard
from edge.emrtd.dialogue import run
from edge.emrtd.key_derivation import AccessKey

POINT = b"\x04" + b"\x11" * 32 + b"\x22" * 32
OTHER = b"\x04" + b"\x33" * 32 + b"\x44" * 32
VALUE = b"\x55" * 256


def chosen(last: str) -> Command:
    """MSE:Set AT for PACE with this end of its object identifier."""
    oid = bytes.fromhex("04007F0007020204" + last)
    return Command(0, 0x22, 0xC1, 0xA4, b"\x80\x0a" + oid + b"\x83\x01\x01")


def step(sent: int, key: bytes, answered: int, theirs: bytes) -> tuple[Command, Response]:
    """GENERAL AUTHENTICATE with two public keys."""
    command = Command(0x10, 0x86, 0, 0, tlv.encode(0x7C, tlv.encode(sent, key)), 256)
    return command, Response(tlv.encode(0x7C, tlv.encode(answered, theirs)), 0x9000)


def names(last: str, *steps: tuple[Command, Response]) -> tuple[bytes, bytes]:
    overheard = Overheard()
    overheard.note(chosen(last), Response(b"", 0x9000))
    for command, reply in steps:
        overheard.note(command, reply)
    return overheard.chip, overheard.terminal


def test_after_bac_it_is_the_document_number_with_its_check_digit() -> None:
    assert chip_name.after_bac(AccessKey.of_mrz("L898902C3674081221204159")) == b"L898902C36"
    assert chip_name.after_bac(AccessKey.of_mrz("D23145890734934071279507122")) == (
        b"D231458907349"
    )


@pytest.mark.parametrize("last", ["0202", "0204", "0402"])
def test_after_pace_on_a_curve_it_is_the_x_coordinate_of_the_chip(last: str) -> None:
    agreement = step(0x83, OTHER, 0x84, POINT)
    assert names(last, agreement) == (b"\x11" * 32, b"")


@pytest.mark.parametrize("last", ["0102", "0104", "0302"])
def test_after_pace_modulo_a_prime_it_is_a_digest_of_the_chips_key(last: str) -> None:
    agreement = step(0x83, VALUE, 0x84, VALUE)
    digest = hashlib.sha1(VALUE, usedforsecurity=False).digest()
    assert names(last, agreement) == (digest, b"")


def test_after_pace_cam_the_key_of_the_terminal_counts_too() -> None:
    """Its mapping keys (81, 82) and its tokens (85, 86) do not."""
    mapping = step(0x81, OTHER, 0x82, OTHER)
    agreement = step(0x83, OTHER, 0x84, POINT)
    tokens = step(0x85, bytes(8), 0x86, bytes(8))
    found = names("0602", mapping, agreement, tokens)
    assert found == (b"\x11" * 32, b"\x33" * 32)


def test_a_run_that_begins_again_has_no_names_yet() -> None:
    overheard = Overheard()
    assert (overheard.chip, overheard.terminal) == (b"", b"")
    for command, reply in (
        (chosen("0602"), Response(b"", 0x9000)),
        step(0x83, OTHER, 0x84, POINT),
        (chosen("0202"), Response(b"", 0x9000)),
    ):
        overheard.note(command, reply)
    assert (overheard.chip, overheard.terminal) == (b"", b"")


def test_other_commands_and_what_is_no_data_object_name_nothing() -> None:
    command, reply = step(0x83, OTHER, 0x84, POINT)
    other = Command(0, 0xB0, 0, 0, command.data)
    broken = Command(0, 0x86, 0, 0, b"\x7c\x05\x83"), Response(b"\x7c\x05\x84", 0x9000)
    assert names("0602", (other, reply), broken) == (b"", b"")


def test_what_goes_over_the_line_is_passed_on() -> None:
    overheard = Overheard()
    command, reply = step(0x83, OTHER, 0x84, POINT)
    overheard.note(chosen("0202"), Response(b"", 0x9000))
    assert run(overheard.exchange(command), lambda _: bytes(reply)) == reply
    assert overheard.chip == b"\x11" * 32
