"""BER-TLV data objects, read strictly and within bounds (ISO/IEC 7816-4 §5.2.2, X.690 §8.1).

Reading never recurses: callers with a fixed depth read one level at a time, so no file can be
deeper than the code that reads it.  Lengths are definite, and at most 16 MiB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from edge.errors import MalformedFile

MOST_SIBLINGS: Final = 512
"""More data objects side by side than any file of the LDS has."""

_MOST_TAG_BYTES: Final = 3
_MOST_LENGTH_BYTES: Final = 8
"""With leading zeros, which BER allows (X.690 §8.1.3.5) and some issuers write."""
_LARGEST_LENGTH: Final = 0xFFFFFF
_CUT_OFF: Final = "a data object cut off in its header"
_PADDING: Final = frozenset({0x00, 0xFF})


@dataclass(frozen=True, slots=True, repr=False)
class Tlv:
    """A data object: tag as written (0x30, 0x5F2E, 0x7F61) and value."""

    tag: int
    value: bytes

    def children(self) -> tuple[Tlv, ...]:
        """Read the value as data objects; MalformedFile."""
        return read_all(self.value)

    @override
    def __repr__(self) -> str:
        """Show tag and size, hide the value."""
        return f"Tlv({self.tag:X}, {len(self.value)} bytes)"


@dataclass(frozen=True, slots=True)
class Header:
    """Tag and length field of a data object."""

    tag: int
    header_length: int
    value_length: int

    @property
    def total_length(self) -> int:
        """Bytes of the whole data object."""
        return self.header_length + self.value_length


def read_header(data: bytes, offset: int = 0) -> Header:
    """Read tag and length at `offset`; the value need not be there yet; MalformedFile."""
    tag, at = _read_tag(data, offset)
    length, at = _read_length(data, at)
    return Header(tag, at - offset, length)


def read_one(data: bytes, tag: int) -> Tlv:
    """Read `data` as exactly one data object with this tag; MalformedFile otherwise."""
    found = read_all(data)
    if len(found) != 1 or found[0].tag != tag:
        raise MalformedFile(f"expected one data object {tag:X} and nothing else")
    return found[0]


def read_all(data: bytes) -> tuple[Tlv, ...]:
    """Read `data` as data objects side by side, without gaps or remainder; MalformedFile."""
    return _read(data, frozenset())


def read_padded(data: bytes) -> tuple[Tlv, ...]:
    """Read data objects up to where 00 or FF pads the file (ISO/IEC 7816-4 §5.2.2); MalformedFile.

    The padding itself is not looked at.
    """
    return _read(data, _PADDING)


def only(objects: tuple[Tlv, ...], tag: int) -> bytes:
    """Return the value of the one data object with this tag; MalformedFile if none or several."""
    values = [each.value for each in objects if each.tag == tag]
    if len(values) != 1:
        raise MalformedFile(f"expected one data object {tag:X}, found {len(values)}")
    return values[0]


def optional(objects: tuple[Tlv, ...], tag: int) -> bytes | None:
    """Return the value of the data object with this tag, None if none; MalformedFile if several."""
    return only(objects, tag) if any(each.tag == tag for each in objects) else None


def encode(tag: int, *values: bytes) -> bytes:
    """Write a data object around the concatenated values, length in the fewest bytes."""
    value = b"".join(values)
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + _encode_length(len(value)) + value


def _read(data: bytes, padding: frozenset[int]) -> tuple[Tlv, ...]:
    found: list[Tlv] = []
    offset, size = 0, len(data)
    while offset < size and data[offset] not in padding:
        tag = data[offset]
        if tag & 0x1F != 0x1F and tag and offset + 1 < size and data[offset + 1] < 0x80:
            length, at = data[offset + 1], offset + 2  # one byte each, as in most data objects
        else:
            tag, at = _read_tag(data, offset)
            length, at = _read_length(data, at)
        offset = at + length
        if offset > size:
            raise MalformedFile(f"data object {tag:X} is longer than what holds it")
        if len(found) == MOST_SIBLINGS:
            raise MalformedFile("too many data objects side by side")
        found.append(Tlv(tag, data[at:offset]))
    return tuple(found)


def _encode_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    width = (length.bit_length() + 7) // 8
    return bytes((0x80 | width,)) + length.to_bytes(width, "big")


def _read_tag(data: bytes, offset: int) -> tuple[int, int]:
    """Return the tag and the offset behind it."""
    if offset >= len(data):
        raise MalformedFile(_CUT_OFF)
    first, at = data[offset], offset + 1
    if first == 0x00:
        raise MalformedFile("a data object without a tag")
    if first & 0x1F != 0x1F:
        return first, at
    while True:
        if at - offset == _MOST_TAG_BYTES:
            raise MalformedFile("a tag of more than three bytes")
        if at >= len(data):
            raise MalformedFile(_CUT_OFF)
        more = data[at] & 0x80
        at += 1
        if not more:
            return int.from_bytes(data[offset:at], "big"), at


def _read_length(data: bytes, offset: int) -> tuple[int, int]:
    """Return the length and the offset behind its field."""
    if offset >= len(data):
        raise MalformedFile(_CUT_OFF)
    first = data[offset]
    if first < 0x80:
        return first, offset + 1
    width = first & 0x7F
    if not 1 <= width <= _MOST_LENGTH_BYTES:
        raise MalformedFile("a length that is indefinite or of too many bytes")
    end = offset + 1 + width
    if end > len(data):
        raise MalformedFile("a data object cut off in its length")
    length = int.from_bytes(data[offset + 1 : end], "big")
    if length > _LARGEST_LENGTH:
        raise MalformedFile("a length beyond 16 MiB")
    return length, end
