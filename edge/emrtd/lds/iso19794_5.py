"""Face records of ISO/IEC 19794-5:2005.

The reader accepts faults of issued documents: a record length that is eight bytes short (NZ) or one
(GB), bytes behind the picture, counted feature points that do not exist (PL, GB), a wrong image
type.
"""

from __future__ import annotations

import struct
from typing import Final

from edge.emrtd.lds.biometric import MOST_RECORDINGS, usable
from edge.emrtd.lds.face import (
    Angle,
    ColourSpace,
    DeclaredPose,
    Expression,
    EyeColour,
    FaceFormat,
    FaceImage,
    FaceKind,
    HairColour,
    Landmark,
    Property,
    Sex,
    Source,
)
from edge.emrtd.lds.image import EncodedImage, is_photograph
from edge.errors import LimitExceeded, MalformedFile

IDENTIFIER: Final = b"FAC\x00"
LENGTH_TOLERANCE: Final = 8
"""Bytes by which lengths of issued records are wrong; some records have 0."""
MOST_POINTS: Final = 256
"""Most feature points; MPEG-4 names 88."""

RECORD_HEADER: Final = struct.Struct(">4s4sIH")
"""Format identifier, version, length of the record, number of faces (§5.4)."""
FACE_HEADER: Final = struct.Struct(">IHBBB3s2s3s3s")
"""Length, feature points, gender, eyes, hair, features, expression, pose, uncertainty (§5.5)."""
FEATURE_POINT: Final = struct.Struct(">BBHHH")
"""Type, code, x, y, reserved (§5.6)."""
IMAGE_HEADER: Final = struct.Struct(">BBHHBBHH")
"""Kind, data type, width, height, colour space, source, device, quality (§5.7)."""

_NEAREST_PICTURE: Final = FACE_HEADER.size + IMAGE_HEADER.size
"""Bytes of a face without feature points and picture."""
_KINDS: Final = {0: FaceKind.BASIC, 1: FaceKind.FULL_FRONTAL, 2: FaceKind.TOKEN_FRONTAL}
_COLOUR_SPACES: Final = {
    1: ColourSpace.RGB_24,
    2: ColourSpace.YUV_422,
    3: ColourSpace.GREY_8,
    4: ColourSpace.OTHER,
}
_SOURCES: Final = dict(enumerate(Source, 1))
_SEXES: Final = {1: Sex.MALE, 2: Sex.FEMALE}
_EYES: Final = {
    1: EyeColour.BLACK,
    2: EyeColour.BLUE,
    3: EyeColour.BROWN,
    4: EyeColour.GREY,
    5: EyeColour.GREEN,
    6: EyeColour.MULTI_COLOURED,
    7: EyeColour.PINK,
    0xFF: EyeColour.OTHER,
}
_HAIR: Final = {
    1: HairColour.BALD,
    2: HairColour.BLACK,
    3: HairColour.BLONDE,
    4: HairColour.BROWN,
    5: HairColour.GREY,
    6: HairColour.WHITE,
    7: HairColour.RED,
    8: HairColour.GREEN,
    9: HairColour.BLUE,
    0xFF: HairColour.OTHER,
}
_SPECIFIED: Final = 0x000001
_PROPERTIES: Final = {
    0x000002: {Property.GLASSES},
    0x000004: {Property.MOUSTACHE},
    0x000008: {Property.BEARD},
    0x000010: {Property.TEETH_VISIBLE},
    0x000020: {Property.EYES_CLOSED},
    0x000040: {Property.MOUTH_OPEN},
    0x000080: {Property.LEFT_EYE_PATCH},
    0x000100: {Property.RIGHT_EYE_PATCH},
    0x000200: {Property.LEFT_EYE_PATCH, Property.RIGHT_EYE_PATCH},
    0x000400: {Property.DARK_GLASSES},
    0x000800: {Property.MEDICAL_CONDITION},
}
_EXPRESSIONS: Final = dict(enumerate(Expression, 1))
_MPEG_4: Final = 1


def decode(record: bytes) -> tuple[FaceImage, ...]:
    """Read the faces of a record, leaving out those without a usable picture.

    Raises:
        MalformedFile: it is no such record, its lengths lie, or no face of it is usable.
        LimitExceeded: it counts more faces than an honest one.
    """
    if len(record) < RECORD_HEADER.size:
        raise MalformedFile("a face record cut off in its header")
    identifier, _version, length, count = RECORD_HEADER.unpack_from(record)
    if identifier != IDENTIFIER:
        raise MalformedFile("not a face record of ISO/IEC 19794-5")
    if length and abs(length - len(record)) > LENGTH_TOLERANCE:
        raise MalformedFile("a face record whose length lies")
    if count > MOST_RECORDINGS:
        raise LimitExceeded("a face record of more faces than any honest one")
    return usable(_face, _faces(record, count))


def _faces(record: bytes, count: int) -> list[bytes]:
    """The bytes of each face, up to the first face with a wrong length."""
    faces: list[bytes] = []
    start = RECORD_HEADER.size
    while len(faces) < count and start + FACE_HEADER.size <= len(record):
        (length,) = struct.unpack_from(">I", record, start)
        end = start + length if length else len(record)
        if len(faces) == count - 1:
            if abs(end - len(record)) > LENGTH_TOLERANCE:
                break
            end = len(record)  # bytes behind the last picture belong to it
        if not start + _NEAREST_PICTURE <= end <= len(record):
            break
        faces.append(record[start:end])
        start = end
    return faces


def _face(face: bytes) -> FaceImage:
    _length, counted, sex, eyes, hair, properties, expression, angles, uncertainties = (
        FACE_HEADER.unpack_from(face)
    )
    picture = _picture(face, counted)
    kind, _data_type, width, height, colour_space, source, _device, _quality = (
        IMAGE_HEADER.unpack_from(face, picture - IMAGE_HEADER.size)
    )
    return FaceImage(
        image=EncodedImage.recognised(face[picture:]),
        format=FaceFormat.ISO_19794_5,
        kind=_KINDS.get(kind),
        size=(width, height),
        colour_space=_COLOUR_SPACES.get(colour_space),
        source=_SOURCES.get(source),
        sex=_SEXES.get(sex),
        eye_colour=_EYES.get(eyes),
        hair_colour=_HAIR.get(hair),
        properties=_properties(int.from_bytes(properties, "big")),
        expressions=_expressions(int.from_bytes(expression, "big")),
        pose=DeclaredPose(*map(_angle, angles, uncertainties)),
        landmarks=_landmarks(face[FACE_HEADER.size : picture - IMAGE_HEADER.size]),
    )


def _picture(face: bytes, counted: int) -> int:
    """The offset of the picture: behind the counted points, or behind the existing ones."""
    counts: tuple[int, ...] = (counted, *range(MOST_POINTS))
    for points in counts:
        start = _NEAREST_PICTURE + points * FEATURE_POINT.size
        if is_photograph(face, start):
            return start
    raise MalformedFile("a face without a picture that is JPEG or JPEG 2000")


def _properties(mask: int) -> frozenset[Property]:
    if not mask & _SPECIFIED:
        return frozenset()
    return frozenset().union(*(names for bit, names in _PROPERTIES.items() if mask & bit))


def _expressions(code: int) -> frozenset[Expression]:
    expression = _EXPRESSIONS.get(code)
    return frozenset() if expression is None else frozenset({expression})


def _angle(value: int, uncertainty: int) -> Angle | None:
    """An angle in steps of two degrees, upwards from 1, downwards from 180 (§5.5.8, §5.5.9)."""
    if not 1 <= value <= 180:
        return None
    degrees = 2 * (value - 1)
    return Angle(
        degrees - 360 if degrees > 180 else degrees,
        uncertainty - 1 if 1 <= uncertainty <= 181 else None,
    )


def _landmarks(points: bytes) -> tuple[Landmark, ...]:
    return tuple(
        Landmark(f"{code >> 4}.{code & 0x0F}", x, y)
        for kind, code, x, y, _reserved in FEATURE_POINT.iter_unpack(points)
        if kind == _MPEG_4
    )
