"""Lengths that a chip announces (ICAO Doc 9303-10 §3.6.4, §3.11.1).

The chip announces them in the historical bytes of its answer to reset (ISO/IEC 7816-4 §12.1.1) and
in EF.ATR/INFO.
"""

from __future__ import annotations

from typing import Final

from edge.emrtd import tlv
from edge.emrtd.apdu import EXTENDED_LE, SHORT_LE
from edge.errors import MalformedFile

_CAPABILITIES: Final = 0x7
_LENGTHS_IN_FILE: Final = 0x20
"""Third software function: extended length information is in EF.ATR/INFO."""

_STATUS_LENGTH: Final = 3
_EXTENDED_LENGTH_INFORMATION: Final = 0x7F66
_INTEGER: Final = 0x02


def announces_lengths(atr: bytes) -> bool | None:
    """Whether EF.ATR/INFO has the lengths, by an answer to reset; None when it is silent."""
    capabilities = _compact_object(_historical_bytes(atr), _CAPABILITIES)
    if len(capabilities) < 3:
        return None
    return bool(capabilities[2] & _LENGTHS_IN_FILE)


def response_limit(atr_info: bytes) -> int | None:
    """Bytes of the longest reply, by EF.ATR/INFO; None without a possible value."""
    offset = 0
    try:
        while offset < len(atr_info):
            header = tlv.read_header(atr_info, offset)
            value = atr_info[offset + header.header_length : offset + header.total_length]
            if header.tag == _EXTENDED_LENGTH_INFORMATION:
                return _second_number(value)
            offset += header.total_length
    except MalformedFile:
        pass  # a hint that cannot be read does not count
    return None


def _second_number(value: bytes) -> int | None:
    """The limits of commands and of replies are side by side (Table 29)."""
    numbers = [each.value for each in tlv.read_all(value) if each.tag == _INTEGER]
    if len(numbers) != 2:
        return None
    limit = int.from_bytes(numbers[1], "big")
    return limit if SHORT_LE <= limit <= EXTENDED_LE else None


def _historical_bytes(atr: bytes) -> bytes:
    """The historical bytes of an answer to reset as PC/SC spells it (ISO/IEC 7816-3 §8.2)."""
    if len(atr) < 2:
        return b""
    indicator, at = atr[1], 2
    count = indicator & 0x0F
    at += (indicator >> 4).bit_count()
    while indicator & 0x80 and at <= len(atr):
        indicator = atr[at - 1]
        at += (indicator >> 4).bit_count()
    return atr[at : at + count]


def _compact_object(historical: bytes, tag: int) -> bytes:
    """The value of a COMPACT-TLV data object, empty when there is none."""
    match historical[:1]:
        case b"\x00":
            objects = historical[1:-_STATUS_LENGTH]
        case b"\x80":
            objects = historical[1:]
        case _:
            return b""
    at = 0
    while at < len(objects):
        length = objects[at] & 0x0F
        if objects[at] >> 4 == tag:
            return objects[at + 1 : at + 1 + length]
        at += 1 + length
    return b""
