"""Writes DG2 with one portrait, in either standard (ICAO Doc 9303-10 §4.7.2)."""

from __future__ import annotations

from typing import Final

from edge.emrtd import der, tlv
from edge.emrtd.lds import dg2, image, iso19794_5, iso39794_5
from edge.emrtd.lds.face import FaceFormat
from edge.emrtd.lds.image import EncodedImage

_FORMAT_TYPES: Final = {FaceFormat.ISO_19794_5: 0x0008, FaceFormat.ISO_39794_5: 0x002A}
_RECORD_TAGS: Final = {FaceFormat.ISO_19794_5: 0x5F2E, FaceFormat.ISO_39794_5: 0x7F2E}

_FULL_FRONTAL: Final = 1
_RGB24: Final = 1
_DATA_TYPES: Final = {image.JPEG: 0, image.JP2: 1, image.J2C: 1}

_GENERATION, _YEAR = 3, 2019
_DATA_FORMATS: Final = {image.JPEG: 2, image.JP2: 3, image.J2C: 3}
_MRTD: Final = 0
_RGB24_OF_39794: Final = 2


def encode(
    portrait: EncodedImage,
    size: tuple[int, int],
    standard: FaceFormat = FaceFormat.ISO_19794_5,
) -> bytes:
    """Write DG2 with one face, full frontal; width and height in pixels."""
    record = {
        FaceFormat.ISO_19794_5: iso_19794_5,
        FaceFormat.ISO_39794_5: iso_39794_5,
    }[standard](portrait, size)
    return group(template(record, standard))


def group(*templates: bytes) -> bytes:
    """Write DG2 around biometric information templates."""
    count = tlv.encode(der.INTEGER, bytes((len(templates),)))
    return tlv.encode(dg2.TAG, tlv.encode(0x7F61, count, *templates))


def template(record: bytes, standard: FaceFormat) -> bytes:
    """Write one template: patron header version, face, format owner and type, record."""
    header = tlv.encode(
        0xA1,
        tlv.encode(0x80, b"\x01\x01"),
        tlv.encode(0x81, b"\x02"),
        tlv.encode(0x87, b"\x01\x01"),
        tlv.encode(0x88, _FORMAT_TYPES[standard].to_bytes(2, "big")),
    )
    return tlv.encode(0x7F60, header, tlv.encode(_RECORD_TAGS[standard], record))


def iso_19794_5(portrait: EncodedImage, size: tuple[int, int]) -> bytes:
    """Write a face record of ISO/IEC 19794-5:2005."""
    picture = iso19794_5.IMAGE_HEADER.pack(
        _FULL_FRONTAL, _DATA_TYPES[portrait.media_type], *size, _RGB24, 0, 0, 0
    )
    length = iso19794_5.FACE_HEADER.size + len(picture) + len(portrait.data)
    nothing = bytes(3)
    face = iso19794_5.FACE_HEADER.pack(length, 0, 0, 0, 0, nothing, nothing[:2], nothing, nothing)
    total = iso19794_5.RECORD_HEADER.size + length
    head = iso19794_5.RECORD_HEADER.pack(iso19794_5.IDENTIFIER, b"010\x00", total, 1)
    return head + face + picture + portrait.data


def iso_39794_5(portrait: EncodedImage, size: tuple[int, int]) -> bytes:
    """Write a FaceImageDataBlock of ISO/IEC 39794-5:2019, in its data object."""
    width, height = size
    information = _block(
        1,
        _block(0, _number(0, _DATA_FORMATS[portrait.media_type])),
        _code(1, _MRTD),
        _block(7, _number(0, width), _number(1, height)),
        _code(9, _RGB24_OF_39794),
    )
    picture = _block(0, tlv.encode(0x80, portrait.data), information)
    representation = tlv.encode(der.SEQUENCE, _number(0, 0), _block(1, _block(0, picture)))
    data_block = tlv.encode(
        iso39794_5.TAG,
        _block(0, _number(0, _GENERATION), _number(1, _YEAR)),
        _block(1, representation),
    )
    return tlv.encode(0xA1, data_block)


def _block(field: int, *values: bytes) -> bytes:
    return tlv.encode(0xA0 | field, *values)


def _number(field: int, number: int) -> bytes:
    return tlv.encode(0x80 | field, tlv.read_one(der.encode_integer(number), der.INTEGER).value)


def _code(field: int, code: int) -> bytes:
    """A code as the ICAO profile writes it: the fallback of an extension block."""
    return _block(field, _block(1, _number(0, code)))
