"""The elementary files of the eMRTD (ICAO Doc 9303-10 §3.11 and §4)."""

from __future__ import annotations

from enum import Enum


class ElementaryFile(Enum):
    """A file of the chip: file identifier, short identifier, tag of its content (None: no tag)."""

    ATR_INFO = (0x2F01, 0x01, None, False)
    DIR = (0x2F00, 0x1E, None, False)
    CARD_ACCESS = (0x011C, 0x1C, None, False)
    CARD_SECURITY = (0x011D, 0x1D, None, False)
    CVCA = (0x011C, 0x1C, None, True)
    COM = (0x011E, 0x1E, 0x60, True)
    SOD = (0x011D, 0x1D, 0x77, True)
    DG1 = (0x0101, 0x01, 0x61, True)
    DG2 = (0x0102, 0x02, 0x75, True)
    DG3 = (0x0103, 0x03, 0x63, True)
    DG4 = (0x0104, 0x04, 0x76, True)
    DG5 = (0x0105, 0x05, 0x65, True)
    DG6 = (0x0106, 0x06, 0x66, True)
    DG7 = (0x0107, 0x07, 0x67, True)
    DG8 = (0x0108, 0x08, 0x68, True)
    DG9 = (0x0109, 0x09, 0x69, True)
    DG10 = (0x010A, 0x0A, 0x6A, True)
    DG11 = (0x010B, 0x0B, 0x6B, True)
    DG12 = (0x010C, 0x0C, 0x6C, True)
    DG13 = (0x010D, 0x0D, 0x6D, True)
    DG14 = (0x010E, 0x0E, 0x6E, True)
    DG15 = (0x010F, 0x0F, 0x6F, True)
    DG16 = (0x0110, 0x10, 0x70, True)

    def __init__(self, fid: int, sfi: int, tag: int | None, in_application: bool) -> None:
        self.fid = fid
        self.sfi = sfi
        self.tag = tag
        self.in_application = in_application

    @property
    def data_group(self) -> int | None:
        """The number of a data group, None for the other files."""
        return self.fid - 0x0100 if self.name.startswith("DG") else None

    @classmethod
    def of_data_group(cls, number: int) -> ElementaryFile:
        """The file of data group 1..16; KeyError otherwise."""
        return cls[f"DG{number}"]
