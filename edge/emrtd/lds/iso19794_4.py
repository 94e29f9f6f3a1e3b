"""Finger image records of ISO/IEC 19794-4:2005."""

from __future__ import annotations

import struct
from typing import Final

from edge.emrtd.lds.biometric import MOST_RECORDINGS, Quality
from edge.emrtd.lds.finger import Finger, FingerFormat, FingerPosition, Impression
from edge.emrtd.lds.image import RAW, RECORDINGS, EncodedImage
from edge.errors import LimitExceeded, MalformedFile

IDENTIFIER: Final = b"FIR\x00"

RECORD_HEADER: Final = struct.Struct(">4s4s6sHHBBHHHHBBH")
"""Identifier, version, length, device, acquisition level, fingers, scale units, scan resolution,
image resolution, pixel depth, compression, reserved."""
VIEW_HEADER: Final = struct.Struct(">IBBBBBHHB")
"""Length, position, views, view, quality, impression, width, height, reserved."""

_UNCOMPRESSED: Final = frozenset({0, 1})
_POSITIONS: Final = dict(enumerate(FingerPosition, 1))
_IMPRESSIONS: Final = {
    0: Impression.PLAIN,
    1: Impression.ROLLED,
    2: Impression.PLAIN,
    3: Impression.ROLLED,
    7: Impression.LATENT,
    8: Impression.SWIPE,
    9: Impression.CONTACTLESS,
}
_BEST_SCORE: Final = 100


def decode(record: bytes) -> tuple[Finger, ...]:
    """Read the finger views of a record; MalformedFile, LimitExceeded."""
    if len(record) < RECORD_HEADER.size:
        raise MalformedFile("a finger record cut off in its header")
    identifier, *_, count, _units, _sx, _sy, _ix, _iy, _depth, compression, _reserved = (
        RECORD_HEADER.unpack_from(record)
    )
    if identifier != IDENTIFIER:
        raise MalformedFile("not a finger record of ISO/IEC 19794-4")
    if count > MOST_RECORDINGS:
        raise LimitExceeded("a finger record of more fingers than any honest one")
    found: list[Finger] = []
    start = RECORD_HEADER.size
    while start + VIEW_HEADER.size <= len(record):  # fewer bytes behind the last view do not count
        if len(found) == MOST_RECORDINGS:
            raise LimitExceeded("a finger record of more views than any honest one")
        start, finger = _view(record, start, compression)
        found.append(finger)
    if not found:
        raise MalformedFile("a finger record without a finger")
    return tuple(found)


def _view(record: bytes, start: int, compression: int) -> tuple[int, Finger]:
    """The view at an offset, and the offset of the next one."""
    image = start + VIEW_HEADER.size
    length, position, _views, _view, quality, impression, width, height, _reserved = (
        VIEW_HEADER.unpack_from(record, start)
    )
    end = start + length
    if not image <= end <= len(record):
        raise MalformedFile("a finger view whose length lies")
    return end, Finger(
        image=_image(record[image:end], compression),
        format=FingerFormat.ISO_19794_4,
        position=_POSITIONS.get(position),
        impression=_IMPRESSIONS.get(impression),
        size=(width, height),
        quality=(Quality(0, 0, quality),) if quality <= _BEST_SCORE else (),
    )


def _image(data: bytes, compression: int) -> EncodedImage:
    """Only the record shows that bytes are samples: samples can begin like any picture."""
    if compression in _UNCOMPRESSED:
        return EncodedImage(data, RAW)
    return EncodedImage.recognised(data, RECORDINGS)
