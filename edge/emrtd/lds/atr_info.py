"""EF.ATR/INFO: the commands that the chip supports (ICAO Doc 9303-10 §3.11.1).

It is read before access control and not signed: it is only a hint for speed.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.emrtd import der, tlv
from edge.errors import MalformedFile

_CAPABILITIES, _EXTENDED_LENGTH = 0x47, 0x7F66
_SHORT_IDENTIFIERS, _CHAINING, _EXTENDED, _LENGTHS = 0x04, 0x80, 0x40, 0x20


@dataclass(frozen=True, slots=True)
class AtrInfo:
    """Announced capabilities; False or None when absent."""

    short_identifiers: bool
    command_chaining: bool
    extended_length: bool
    longest_command: int | None = None
    """Bytes of a command APDU."""
    longest_response: int | None = None
    """Bytes of a response APDU."""


def decode(content: bytes) -> AtrInfo:
    """Read EF.ATR/INFO; MalformedFile.  Other announcements are ignored."""
    objects = tlv.read_padded(content)
    capabilities = tlv.optional(objects, _CAPABILITIES) or bytes(3)
    if len(capabilities) != 3:
        raise MalformedFile("EF.ATR/INFO: card capabilities that are not three bytes")
    longest = _lengths(tlv.optional(objects, _EXTENDED_LENGTH))
    return AtrInfo(
        bool(capabilities[0] & _SHORT_IDENTIFIERS),
        bool(capabilities[2] & _CHAINING),
        bool(capabilities[2] & _EXTENDED),
        *(longest if capabilities[2] & _LENGTHS else ()),
    )


def _lengths(value: bytes | None) -> tuple[int, ...]:
    """Lengths of a command and of a response; none unless both exist (ISO/IEC 7816-4 §12.7.1)."""
    if value is None:
        return ()
    numbers = tlv.read_all(value)
    if len(numbers) != 2 or any(each.tag != der.INTEGER for each in numbers):
        raise MalformedFile("EF.ATR/INFO: extended length information that is not two integers")
    return tuple(der.decode_integer(each.value) for each in numbers)
