"""SELECT and READ BINARY of the eMRTD (ICAO Doc 9303-10 §3.6)."""

from __future__ import annotations

from typing import Final

from edge.emrtd import tlv
from edge.emrtd.apdu import Command
from edge.emrtd.files import ElementaryFile

EMRTD_APPLICATION: Final = bytes.fromhex("A0000002471001")
"""Application identifier (Doc 9303-10 §3.6.2)."""

LARGEST_SHORT_OFFSET: Final = 0x7FFF
"""Larger offsets need READ BINARY with the odd instruction and the offset in the data."""

OFFSET_DO: Final = 0x54
DISCRETIONARY_DO: Final = 0x53

# SELECT and MSE have no Le: some chips refuse them with one.
SELECT_APPLICATION: Final = Command(0x00, 0xA4, 0x04, 0x0C, EMRTD_APPLICATION)
SELECT_MASTER_FILE: Final = (
    Command(0x00, 0xA4, 0x00, 0x0C, bytes.fromhex("3F00")),
    Command(0x00, 0xA4, 0x00, 0x0C),
)
"""Two forms; some chips refuse one, some refuse both and are there anyway."""


def select(file: ElementaryFile) -> Command:
    """Select a file below the current directory."""
    return Command(0x00, 0xA4, 0x02, 0x0C, file.fid.to_bytes(2, "big"))


def read_short_identifier(file: ElementaryFile, length: int) -> Command:
    """Select a file by its short identifier and read its first bytes."""
    return Command(0x00, 0xB0, 0x80 | file.sfi, 0x00, le=length)


def read_selected(offset: int, length: int) -> Command:
    """Read from the selected file; the reply is wrapped in DO'53' beyond LARGEST_SHORT_OFFSET."""
    if offset <= LARGEST_SHORT_OFFSET:
        return Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length)
    width = (offset.bit_length() + 7) // 8
    data = tlv.encode(OFFSET_DO, offset.to_bytes(width, "big"))
    return Command(0x00, 0xB1, 0x00, 0x00, data, length)
