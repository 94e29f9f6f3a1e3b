"""Reads the size that a picture claims, before anything decodes it.

JPEG (ITU-T T.81), JPEG 2000 in its file format and as bare codestream (ISO/IEC 15444-1); PNG
(ISO/IEC 15948) where the limits allow it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from edge.errors import LimitExceeded, MalformedFile

LARGEST_BYTES: Final = 1_000_000
LARGEST_SIDE: Final = 4096
LARGEST_PIXELS: Final = 2_000_000
LARGEST_MEMORY: Final = 44 * 1024 * 1024
"""Memory of a decoder, besides the 17 MB of its interpreter.  A JPEG 2000 of the largest size needs
40 MB, more than any other kind; so no picture costs more than 64 MB."""
MOST_COMPONENTS: Final = 4
MOST_TILES: Final = 64
MOST_SCANS: Final = 20
"""A progressive JPEG of thousands of scans would take minutes."""
MOST_SEGMENTS: Final = 200
MOST_BOXES: Final = 32

_SIGNATURE_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SIGNATURE_JP2: Final = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_CODESTREAM: Final = b"\xff\x4f\xff\x51"
_SCAN: Final = re.compile(rb"\xff\xda\0(?:\x06\0|\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)")
"""A scan header (ITU-T T.81 §B.2.3), 6 bytes and two for each of up to four components.  Its marker
alone also occurs in the data that telephones append to a picture."""
_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BASELINE_OR_PROGRESSIVE: Final = frozenset({0xC0, 0xC1, 0xC2})


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a picture: bytes, side, pixels, and bytes of memory while it is decoded."""

    size: int
    side: int
    pixels: int
    memory: int
    png: bool = False
    """Whether PNG is accepted too: no chip carries one."""


PORTRAIT: Final = Limits(LARGEST_BYTES, LARGEST_SIDE, LARGEST_PIXELS, LARGEST_MEMORY)
"""Limits of a portrait from a chip."""
PHOTOGRAPH: Final = Limits(20_000_000, 10_000, 25_000_000, 640 * 1024 * 1024, png=True)
"""Limits of pictures that technicians compare and embed, as a camera takes them."""


def examine(data: bytes, limits: Limits = PORTRAIT) -> Size:
    """Read the size of a picture, and refuse what must not be decoded.

    Raises:
        MalformedFile: it is of no accepted kind, or its header is broken.
        LimitExceeded: it claims more than the limits allow.
    """
    if len(data) > limits.size:
        raise LimitExceeded("a picture of too many bytes")
    size, components, tiles = _claimed(data, limits)
    if not (1 <= size.width <= limits.side and 1 <= size.height <= limits.side):
        raise LimitExceeded("a picture of impossible size")
    if size.width * size.height > limits.pixels or tiles > MOST_TILES:
        raise LimitExceeded("a picture of too many pixels or tiles")
    if not 1 <= components <= MOST_COMPONENTS:
        raise MalformedFile("a picture of impossible colours")
    return size


def _claimed(data: bytes, limits: Limits) -> tuple[Size, int, int]:
    """Size, components and tiles."""
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(_SIGNATURE_JP2):
        return _jp2(data)
    if data.startswith(_CODESTREAM):
        return _codestream(data)
    if limits.png and data.startswith(_SIGNATURE_PNG):
        return Size(_number(data, 16, 4), _number(data, 20, 4)), 1, 1
    kinds = "JPEG, JPEG 2000 nor PNG" if limits.png else "JPEG nor JPEG 2000"
    raise MalformedFile(f"a picture that is neither {kinds}")


def _jpeg(data: bytes) -> tuple[Size, int, int]:
    """The first frame header (ITU-T T.81 §B.2.2)."""
    if len(_SCAN.findall(data)) > MOST_SCANS:
        raise LimitExceeded("a JPEG of too many scans")
    position = 2
    for _ in range(MOST_SEGMENTS):
        if data[position : position + 1] != b"\xff" or position + 9 >= len(data):
            break
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        if marker in _START_OF_FRAME:
            if marker not in _BASELINE_OR_PROGRESSIVE:
                raise MalformedFile("a JPEG of a kind no passport has")
            height, width = _number(data, position + 5, 2), _number(data, position + 7, 2)
            return Size(width, height), data[position + 9], 1
        position += 2 + _number(data, position + 2, 2)
    raise MalformedFile("a JPEG without a frame header")


def _jp2(data: bytes) -> tuple[Size, int, int]:
    """The image header box and the codestream, which must agree (ISO/IEC 15444-1 §I.5)."""
    announced = None
    position = 0
    for _ in range(MOST_BOXES):
        kind, start, end = _box(data, position)
        if kind == b"jp2h":
            kind, start, _ = _box(data, start)
            if kind != b"ihdr":
                raise MalformedFile("a JPEG 2000 without an image header")
            announced = Size(_number(data, start + 4, 4), _number(data, start, 4))
        elif kind == b"jp2c":
            found = _codestream(data[start:end])
            if found[0] != announced:
                raise MalformedFile("a JPEG 2000 whose headers contradict each other")
            return found
        position = end
    raise LimitExceeded("a JPEG 2000 of too many boxes")


def _box(data: bytes, position: int) -> tuple[bytes, int, int]:
    """Type, start and end of the content of the box at a position (ISO/IEC 15444-1 §I.4)."""
    length, kind, start = _number(data, position, 4), data[position + 4 : position + 8], 8
    if length == 1:
        length, start = _number(data, position + 8, 8), 16
    end = position + length if length else len(data)
    if len(kind) != 4 or not position + start <= end <= len(data):
        raise MalformedFile("a JPEG 2000 with a broken box")
    return kind, position + start, end


def _codestream(data: bytes) -> tuple[Size, int, int]:
    """SIZ, the first segment of every codestream (ISO/IEC 15444-1 §A.5.1)."""
    fields = data[8:42]
    if not data.startswith(_CODESTREAM) or len(fields) < 34:
        raise MalformedFile("a JPEG 2000 without a codestream")
    numbers = [_number(fields, i, 4) for i in range(0, 32, 4)]
    width, height, left, top, tile_width, tile_height, tile_left, tile_top = numbers
    if not (left < width and top < height and tile_width and tile_height):
        raise MalformedFile("a JPEG 2000 of impossible size")
    across = -(-(width - min(tile_left, width)) // tile_width)
    down = -(-(height - min(tile_top, height)) // tile_height)
    return Size(width - left, height - top), _number(fields, 32, 2), across * down


def _number(data: bytes, position: int, length: int) -> int:
    """A big-endian number; what lies beyond the end counts as absent."""
    return int.from_bytes(data[position : position + length], "big")
