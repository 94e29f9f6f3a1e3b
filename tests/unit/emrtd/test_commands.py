"""Commands as they leave the gate, byte by byte (ICAO Doc 9303-10 §3.6)."""

from __future__ import annotations

import pytest

from edge.emrtd import commands
from edge.emrtd.files import ElementaryFile

FILES = """
    ATR_INFO 2F01 01 -
    DIR 2F00 1E -
    CARD_ACCESS 011C 1C -
    CARD_SECURITY 011D 1D -
    CVCA 011C 1C -
    COM 011E 1E 60
    SOD 011D 1D 77
    DG1 0101 01 61
    DG2 0102 02 75
    DG3 0103 03 63
    DG4 0104 04 76
    DG5 0105 05 65
    DG6 0106 06 66
    DG7 0107 07 67
    DG8 0108 08 68
    DG9 0109 09 69
    DG10 010A 0A 6A
    DG11 010B 0B 6B
    DG12 010C 0C 6C
    DG13 010D 0D 6D
    DG14 010E 0E 6E
    DG15 010F 0F 6F
    DG16 0110 10 70
"""
"""Doc 9303-10 Tables 35 and 36: file identifier, short identifier, tag."""
OF_THE_MASTER_FILE = {"ATR_INFO", "DIR", "CARD_ACCESS", "CARD_SECURITY"}


@pytest.mark.parametrize("line", FILES.strip().splitlines())
def test_each_file_has_its_identifiers_and_its_tag(line: str) -> None:
    name, fid, sfi, tag = line.split()
    file = ElementaryFile[name]
    assert (f"{file.fid:04X}", f"{file.sfi:02X}") == (fid, sfi)
    assert file.tag == (None if tag == "-" else int(tag, 16))
    assert file.in_application is (name not in OF_THE_MASTER_FILE)
    assert file.data_group == (int(name[2:]) if name.startswith("DG") else None)
    assert bytes(commands.select(file)).hex().upper() == f"00A4020C02{fid}"
    read = bytes(commands.read_short_identifier(file, 8)).hex().upper()
    assert read == f"00B0{0x80 | int(sfi, 16):02X}0008"


def test_every_file_is_compared() -> None:
    assert [line.split()[0] for line in FILES.strip().splitlines()] == list(
        ElementaryFile.__members__
    )


def test_the_application_and_the_master_file() -> None:
    """Doc 9303-10 §3.6.2; ISO/IEC 7816-4 §7.1.1.  No Le."""
    assert bytes(commands.SELECT_APPLICATION).hex().upper() == "00A4040C07A0000002471001"
    sent = [bytes(command).hex().upper() for command in commands.SELECT_MASTER_FILE]
    assert sent == ["00A4000C023F00", "00A4000C"]


@pytest.mark.parametrize(
    ("offset", "length", "sent"),
    [
        (0, 256, "00B0000000"),
        (0x0123, 16, "00B0012310"),
        (0x7FFF, 1, "00B07FFF01"),
        (0x8000, 231, "00B100000454028000E7"),
        (0xFFFF, 4, "00B10000045402FFFF04"),
        (0x10000, 4, "00B1000005540301000004"),
    ],
)
def test_read_binary(offset: int, length: int, sent: str) -> None:
    """Beyond 32 767 the offset stands in DO'54' (Doc 9303-10 §3.6.3.2)."""
    assert bytes(commands.read_selected(offset, length)).hex().upper() == sent
