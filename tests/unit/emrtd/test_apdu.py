"""Command and response APDUs."""

from __future__ import annotations

import pytest

from edge.emrtd.apdu import Command, Response
from edge.errors import ChipError

FORMS = [
    (Command(0, 0xA4, 4, 12), "00A4040C"),
    (Command(0, 0xB0, 0, 0, le=8), "00B0000008"),
    (Command(0, 0xB0, 0, 0, le=256), "00B0000000"),
    (Command(0, 0xA4, 2, 12, b"\x01\x1e"), "00A4020C02011E"),
    (Command(0, 0x88, 0, 0, bytes(8), 256), "0088000008000000000000000000"),
    (Command(0, 0xB0, 0, 0, le=257), "00B00000000101"),
    (Command(0, 0xB0, 0, 0, le=65536), "00B00000000000"),
    (Command(0, 0x88, 0, 0, b"\xaa", 65536), "00880000000001AA0000"),
    (Command(0, 0x2A, 0, 0, bytes(256)), "002A0000000100" + "00" * 256),
]


@pytest.mark.parametrize(("command", "encoded"), FORMS)
def test_forms_of_7816_4(command: Command, encoded: str) -> None:
    assert bytes(command).hex().upper() == encoded
    assert Command.parse(bytes.fromhex(encoded)) == command


@pytest.mark.parametrize(
    "raw",
    ["", "00A404", "00A4040C0201", "00A4040C020102030405", "00A4040C00000201", "00A4040C000000AA"],
)
def test_lengths_that_do_not_add_up(raw: str) -> None:
    with pytest.raises(ChipError):
        Command.parse(bytes.fromhex(raw))


def test_an_answer_without_a_status_word_is_the_readers_fault() -> None:
    with pytest.raises(ChipError, match="reader fault"):
        Response.parse(b"\x90")


def test_data_is_not_shown() -> None:
    assert repr(Command(0, 0xA4, 2, 12, b"SECRET", 4)) == "Command(00 a4 02 0c, 6 bytes, le=4)"
    assert repr(Response(b"SECRET", 0x9000)) == "Response(9000, 6 bytes)"
