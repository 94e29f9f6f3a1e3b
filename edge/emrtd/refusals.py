"""The meaning of status words with which a chip stays closed (ISO/IEC 7816-4 §5.6).

The standard leaves most of them to the chip (ICAO Doc 9303-11 §4.3, §4.4.4); these come from chips
in the field.
"""

from __future__ import annotations

from typing import Final

_WRONG_KEY: Final = frozenset({0x6300, 0x6982, 0x6983, 0x6985, 0x6988})
_NO_SUCH_FILE: Final = frozenset(
    {0x6282, 0x6700, 0x6900, 0x6982, 0x6985, 0x6986, 0x6A81, 0x6A82, 0x6A83, 0x6A86, 0x6A88, 0x6B00}
)
_BREAKDOWN: Final = frozenset({0x64, 0x65, 0x6F})


def is_wrong_key(sw: int) -> bool:
    """Whether the chip has tested the key and found it wrong; 63Cx counts the attempts left."""
    return sw in _WRONG_KEY or sw >> 4 == 0x63C


def is_breakdown(sw: int) -> bool:
    """Whether the chip itself fails: memory, or a coprocessor."""
    return sw >> 8 in _BREAKDOWN


def is_refusal_of_a_file(sw: int) -> bool:
    """Whether the chip refuses a file, or so much of it, and nothing else is wrong."""
    return sw in _NO_SUCH_FILE
