"""DG2: the portrait, ISO/IEC 19794-5 in CBEFF (ICAO Doc 9303-10 §4.7.2).

Lengths in the record are checked against the file but not against each other: issued documents
have record lengths and feature point counts that are off, and the picture is there all the same.
The picture itself is not looked into beyond its first bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from edge.emrtd import tlv
from edge.errors import MalformedFile

_DG2, _GROUP, _COUNT, _INSTANCE = 0x75, 0x7F61, 0x02, 0x7F60
_CBEFF_HEADER, _RECORDS = 0xA1, (0x5F2E, 0x7F2E)

_FACE_RECORD: Final = struct.Struct(">4s4sIH")
"""Format identifier, version, length of the record, number of faces (ISO/IEC 19794-5 §5.4)."""
_FACE: Final = struct.Struct(">IHBBB3s2s3s3s")
"""Length of the face, feature points, gender, eyes, hair, features, expression, pose (§5.5)."""
_IMAGE: Final = struct.Struct(">BBHHBBHH")
"""Face type, data type, width, height, colour space, source, device, quality (§5.7)."""
_FEATURE_POINT_LENGTH: Final = 8

_MEDIA_TYPES: Final = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x00\x00\x00\x0cjP  ": "image/jp2",
    b"\xff\x4f\xff\x51": "image/j2c",
}
_FULL_FRONTAL: Final = 1
_DATA_TYPES: Final = {"image/jpeg": 0, "image/jp2": 1, "image/j2c": 1}
_RGB24: Final = 1


@dataclass(frozen=True, slots=True, repr=False)
class EncodedPortrait:
    """A compressed picture, not yet decoded, and its media type.

    `image/jpeg`, `image/jp2` or `image/j2c` (a bare JPEG 2000 codestream), told from its first
    bytes, not from what the record declares.
    """

    data: bytes
    media_type: str

    @classmethod
    def recognised(cls, data: bytes) -> EncodedPortrait:
        """Tell the media type from the first bytes; MalformedFile when it is none of ours."""
        for start, media_type in _MEDIA_TYPES.items():
            if data.startswith(start):
                return cls(data, media_type)
        raise MalformedFile("DG2: a picture that is neither JPEG nor JPEG 2000")

    @override
    def __repr__(self) -> str:
        """Hide the picture: it is personal."""
        return f"EncodedPortrait(<redacted> {self.media_type})"


def decode(content: bytes) -> EncodedPortrait:
    """Read DG2 as the first face of its first template; MalformedFile."""
    group = tlv.read_one(content, _DG2).children()
    templates = tlv.Tlv(_GROUP, tlv.only(group, _GROUP)).children()
    instances = [each for each in templates if each.tag == _INSTANCE]
    if not instances:
        raise MalformedFile("DG2: no biometric template")
    records = [each for each in instances[0].children() if each.tag in _RECORDS]
    if len(records) != 1:
        raise MalformedFile("DG2: a template without its one record")
    return _first_face(records[0].value)


def encode(portrait: EncodedPortrait, width: int, height: int) -> bytes:
    """Write DG2 with one face, full frontal; size in pixels."""
    image = _IMAGE.pack(
        _FULL_FRONTAL, _DATA_TYPES[portrait.media_type], width, height, _RGB24, 0, 0, 0
    )
    face_length = _FACE.size + len(image) + len(portrait.data)
    nothing = bytes(3)
    face = _FACE.pack(face_length, 0, 0, 0, 0, nothing, nothing[:2], nothing, nothing)
    head = _FACE_RECORD.pack(b"FAC\x00", b"010\x00", _FACE_RECORD.size + face_length, 1)
    record = tlv.encode(_RECORDS[0], head + face + image + portrait.data)
    return tlv.encode(
        _DG2,
        tlv.encode(
            _GROUP,
            tlv.encode(_COUNT, b"\x01"),
            tlv.encode(_INSTANCE, _cbeff_header(), record),
        ),
    )


def _cbeff_header() -> bytes:
    """Patron header version, face, format owner and type (Doc 9303-10 §4.7.2.1)."""
    return tlv.encode(
        _CBEFF_HEADER,
        tlv.encode(0x80, b"\x01\x01"),
        tlv.encode(0x81, b"\x02"),
        tlv.encode(0x87, b"\x01\x01"),
        tlv.encode(0x88, b"\x00\x08"),
    )


def _first_face(record: bytes) -> EncodedPortrait:
    if len(record) < _FACE_RECORD.size + _FACE.size + _IMAGE.size:
        raise MalformedFile("DG2: a face record cut off in its headers")
    identifier, _version, _length, faces = _FACE_RECORD.unpack_from(record)
    if identifier != b"FAC\x00":
        raise MalformedFile("DG2: not a face record of ISO/IEC 19794-5")
    if not faces:
        raise MalformedFile("DG2: a face record without a face")
    face_length, points, *_rest = _FACE.unpack_from(record, _FACE_RECORD.size)
    end = _FACE_RECORD.size + face_length if faces > 1 else len(record)
    body = _FACE_RECORD.size + _FACE.size + _IMAGE.size
    start = body + points * _FEATURE_POINT_LENGTH
    if _is_picture(record[body:end]):  # feature points counted that are not there
        start = body
    return EncodedPortrait.recognised(record[start:end])


def _is_picture(data: bytes) -> bool:
    return data.startswith(tuple(_MEDIA_TYPES))
