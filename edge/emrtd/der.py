"""The few DER types in the files of a chip (X.690 §8.3, §8.19)."""

from __future__ import annotations

from typing import Final

from edge.emrtd import tlv
from edge.errors import MalformedFile

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31

_LONGEST_INTEGER: Final = 2_050
"""Bytes: RSA of 16 384 bits and its sign."""
_LONGEST_OID: Final = 32


def decode_integer(value: bytes) -> int:
    """Decode an INTEGER as an unsigned number; some issuers omit the leading zero."""
    if not 0 < len(value) <= _LONGEST_INTEGER:
        raise MalformedFile("an integer of no bytes, or of too many")
    return int.from_bytes(value, "big")


def encode_integer(number: int) -> bytes:
    """Encode an INTEGER that is not negative."""
    return tlv.encode(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def decode_oid(value: bytes) -> str:
    """Decode the value of an OBJECT IDENTIFIER to dotted numbers; MalformedFile."""
    if not 0 < len(value) <= _LONGEST_OID or value[-1] & 0x80:
        raise MalformedFile("an object identifier cut off, or too long")
    arcs = []
    arc = 0
    for byte in value:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


def oid_value(dotted: str) -> bytes:
    """Encode dotted numbers as the value of an OBJECT IDENTIFIER, without tag and length."""
    top, second, *rest = map(int, dotted.split("."))
    return b"".join(_base_128(arc) for arc in (40 * top + second, *rest))


def encode_oid(dotted: str) -> bytes:
    """Encode an OBJECT IDENTIFIER."""
    return tlv.encode(OID, oid_value(dotted))


def _base_128(arc: int) -> bytes:
    septets = [arc & 0x7F]
    while arc := arc >> 7:
        septets.append(0x80 | arc & 0x7F)
    return bytes(reversed(septets))
