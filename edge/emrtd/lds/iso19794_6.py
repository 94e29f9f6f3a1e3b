"""Iris image records of ISO/IEC 19794-6:2005."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from edge.emrtd.lds.biometric import MOST_RECORDINGS, Quality
from edge.emrtd.lds.image import RAW, RECORDINGS, EncodedImage
from edge.emrtd.lds.iris import Eye, Iris, IrisFormat
from edge.errors import LimitExceeded, MalformedFile

IDENTIFIER: Final = b"IIR\x00"

RECORD_HEADER: Final = struct.Struct(">4s4sIHBHHHHHHBB16s")
"""Identifier, version, length, device, eyes, header length, properties, diameter, image format,
width, height, depth, transformation, unique device identifier."""
EYE_HEADER: Final = struct.Struct(">BH")
"""Eye, number of images."""
IMAGE_HEADER: Final = struct.Struct(">HBHHI")
"""Image number, quality, rotation, its uncertainty, length of the image."""

_UNCOMPRESSED: Final = frozenset({2, 4})
_EYES: Final = dict(enumerate(Eye, 1))
_BEST_SCORE: Final = 100


@dataclass(frozen=True, slots=True)
class _Common:
    """The data of the record about all of its images."""

    image_format: int
    size: tuple[int, int]


def decode(record: bytes) -> tuple[Iris, ...]:
    """Read the iris images of a record; MalformedFile, LimitExceeded."""
    if len(record) < RECORD_HEADER.size:
        raise MalformedFile("an iris record cut off in its header")
    identifier, _version, _length, _device, eyes, _header, *rest = RECORD_HEADER.unpack_from(record)
    if identifier != IDENTIFIER:
        raise MalformedFile("not an iris record of ISO/IEC 19794-6")
    _properties, _diameter, image_format, width, height, *_ = rest
    common = _Common(image_format, (width, height))
    found: list[Iris] = []
    at = RECORD_HEADER.size
    for _ in range(eyes):
        eye, images = _unpack(EYE_HEADER, record, at)
        at += EYE_HEADER.size
        if len(found) + images > MOST_RECORDINGS:
            raise LimitExceeded("an iris record of more images than any honest one")
        for _ in range(images):
            at, iris = _image(record, at, _EYES.get(eye), common)
            found.append(iris)
    if not found:
        raise MalformedFile("an iris record without an image")
    return tuple(found)


def _image(record: bytes, start: int, eye: Eye | None, common: _Common) -> tuple[int, Iris]:
    """The image at an offset, and the offset of the next one."""
    _number, quality, _rotation, _uncertainty, length = _unpack(IMAGE_HEADER, record, start)
    at = start + IMAGE_HEADER.size
    end = at + length
    if end > len(record):
        raise MalformedFile("an iris image whose length lies")
    data = record[at:end]
    return end, Iris(
        image=EncodedImage(data, RAW)
        if common.image_format in _UNCOMPRESSED
        else EncodedImage.recognised(data, RECORDINGS),
        format=IrisFormat.ISO_19794_6,
        eye=eye,
        size=common.size,
        quality=(Quality(0, 0, quality),) if quality <= _BEST_SCORE else (),
    )


def _unpack(layout: struct.Struct, record: bytes, at: int) -> tuple[int, ...]:
    if at + layout.size > len(record):
        raise MalformedFile("an iris record cut off in its headers")
    return layout.unpack_from(record, at)
