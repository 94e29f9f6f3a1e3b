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


class TestForms:
    """ISO/IEC 7816-4 §5.1, §5.2."""

    @pytest.mark.parametrize(
        ("length", "le", "extended"),
        [
            (0, None, False),
            (255, None, False),
            (256, None, True),
            (0, 256, False),
            (0, 257, True),
            (255, 256, False),
        ],
    )
    def test_the_short_form_carries_255_bytes_and_asks_for_256(
        self, length: int, le: int | None, extended: bool
    ) -> None:
        command = Command(0, 0x86, 0, 0, bytes(length), le)
        assert command.extended is extended
        assert Command.parse(bytes(command)) == command

    def test_four_bytes_are_a_command_and_two_an_answer(self) -> None:
        assert Command.parse(bytes.fromhex("80CA0102")) == Command(0x80, 0xCA, 1, 2)
        assert Response.parse(bytes.fromhex("6A82")) == Response(b"", 0x6A82)
        assert bytes(Response(b"\x01", 0x9000)) == bytes.fromhex("019000")
        assert Response(b"", 0x9000).uncounted is False
        for short in (b"", bytes(3)):
            with pytest.raises(ChipError, match="at least four bytes"):
                Command.parse(short)
        with pytest.raises(ChipError, match="without a status word"):
            Response.parse(b"")

    @pytest.mark.parametrize(
        ("raw", "data", "le"),
        [
            ("00B0000001", "", 1),
            ("00B00000000101", "", 0x0101),
            ("00B00000000000", "", 0x10000),
            ("00A4020C01AA", "AA", None),
            ("00A4020C01AA07", "AA", 7),
            ("00A4020C000001AA", "AA", None),
            ("00A4020C000001AA0107", "AA", 0x0107),
        ],
    )
    def test_both_forms_are_read(self, raw: str, data: str, le: int | None) -> None:
        command = Command.parse(bytes.fromhex(raw))
        assert (command.data.hex().upper(), command.le) == (data, le)

    @pytest.mark.parametrize(
        "raw", ["00A4020C02AA", "00A4020C01AA0708", "00A4020C000002AA", "00A4020C000001AA07"]
    )
    def test_an_lc_that_does_not_fit(self, raw: str) -> None:
        with pytest.raises(ChipError, match="whose Lc does not fit"):
            Command.parse(bytes.fromhex(raw))
