"""Face data blocks of ISO/IEC 39794-5:2019, in the ICAO application profile for eMRTDs.

This software makes use of the Schema from ISO/IEC 39794-5 within modifications permitted in the
relevant ISO/IEC standard.  Please reproduce this note if possible.
"""

from __future__ import annotations

from typing import Final

from edge.emrtd.lds.biometric import usable
from edge.emrtd.lds.face import (
    Angle,
    AttackDecision,
    ColourSpace,
    DeclaredPose,
    Expression,
    EyeColour,
    FaceFormat,
    FaceImage,
    FaceKind,
    HairColour,
    Landmark,
    Processing,
    Property,
    Sex,
    Source,
)
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.iso39794 import Block, representations
from edge.errors import MalformedFile

TAG: Final = 0x65
"""[APPLICATION 5], FaceImageDataBlock."""
MOST_LANDMARKS: Final = 256
"""The standard names 88 points of MPEG-4 and 63 of anthropometry."""

_KINDS: Final = {0: FaceKind.MRTD, 1: FaceKind.GENERAL_PURPOSE}
_COLOUR_SPACES: Final = dict(enumerate(ColourSpace, 1))
_SOURCES: Final = dict(enumerate(Source, 1))
_SEXES: Final = dict(enumerate(Sex, 1))
_EYES: Final = dict(enumerate(EyeColour, 1))
_HAIR: Final = {
    1: HairColour.OTHER,
    2: HairColour.BALD,
    3: HairColour.BLACK,
    4: HairColour.BLONDE,
    5: HairColour.BROWN,
    6: HairColour.GREY,
    7: HairColour.WHITE,
    8: HairColour.RED,
    9: HairColour.COLOURED,
}
_PROPERTIES: Final = (
    Property.GLASSES,
    Property.MOUSTACHE,
    Property.BEARD,
    Property.TEETH_VISIBLE,
    Property.EYES_CLOSED,
    Property.MOUTH_OPEN,
    Property.LEFT_EYE_PATCH,
    Property.RIGHT_EYE_PATCH,
    Property.DARK_GLASSES,
    Property.BIOMETRIC_ABSENT,
    Property.HEAD_COVERING,
)
_EXPRESSIONS: Final = (
    Expression.NEUTRAL,
    Expression.SMILE,
    Expression.RAISED_EYEBROWS,
    Expression.LOOKING_AWAY,
    Expression.SQUINTING,
    Expression.FROWNING,
)
_ATTACK_DECISIONS: Final = dict(enumerate(AttackDecision))
_POINTS_OF_GROUPS: Final = {
    2: 14, 3: 14, 4: 6, 5: 4, 6: 4, 7: 1, 8: 10, 9: 15, 10: 10, 11: 6, 12: 4
}  # fmt: skip
_MPEG_4_POINTS: Final = dict(
    enumerate(
        f"{group}.{point}"
        for group, count in _POINTS_OF_GROUPS.items()
        for point in range(1, count + 1)
    )
)


def decode(data_block: bytes) -> tuple[FaceImage, ...]:
    """Read a FaceImageDataBlock, the value without its tag, leaving out unusable pictures.

    If the data about a picture break the standard, all of them are left out.

    Raises:
        MalformedFile: it is no such block, or none of its pictures is usable.
        LimitExceeded: it holds more than an honest one.
    """
    return usable(_face, representations(data_block))


def _face(representation: Block) -> FaceImage:
    """RepresentationBlock; only the two-dimensional kind of image is a picture."""
    image = representation.block(1).block(0).block(0)
    picture = EncodedImage.recognised(image.octets(0))
    try:
        return _described(picture, representation, image.block(1), image.block(2))
    except MalformedFile:
        # The picture is what the gate compares: a fault of the issuer elsewhere must not cost it.
        return FaceImage(image=picture, format=FaceFormat.ISO_39794_5)


def _described(
    picture: EncodedImage, representation: Block, information: Block, device: Block
) -> FaceImage:
    subject = representation.block(8)
    return FaceImage(
        image=picture,
        format=FaceFormat.ISO_39794_5,
        kind=information.code(1, _KINDS),
        size=_pair(information.block(7)),
        colour_space=information.code(9, _COLOUR_SPACES),
        source=device.code(1, _SOURCES),
        captured=representation.moment(2),
        quality=representation.qualities(3),
        attack_decision=representation.block(4).code(0, _ATTACK_DECISIONS),
        sex=subject.code(0, _SEXES),
        eye_colour=subject.code(1, _EYES),
        hair_colour=subject.code(2, _HAIR),
        properties=subject.flags(4, _PROPERTIES),
        expressions=subject.flags(5, _EXPRESSIONS),
        pose=_pose(subject.block(6)),
        landmarks=_landmarks(representation.blocks(9, MOST_LANDMARKS)),
        processing=information.flags(2, tuple(Processing)),
    )


def _pair(block: Block) -> tuple[int, int] | None:
    first, second = block.number(0), block.number(1)
    return None if first is None or second is None else (first, second)


def _pose(block: Block) -> DeclaredPose:
    return DeclaredPose(*(_angle(block.block(field)) for field in range(3)))


def _angle(block: Block) -> Angle | None:
    degrees, uncertainty = block.number(0, signed=True), block.number(1)
    if degrees is None:
        return None
    if not -180 <= degrees <= 180:
        raise MalformedFile("a pose angle beyond half a turn")
    return Angle(degrees, uncertainty)


def _landmarks(blocks: tuple[Block, ...]) -> tuple[Landmark, ...]:
    """The feature points of MPEG-4 with their place in the image; others do not count."""
    found = []
    for block in blocks:
        point = block.block(0).block(0).code(0, _MPEG_4_POINTS)
        place = _pair(block.block(1).block(0).block(0))
        if point is not None and place is not None:
            found.append(Landmark(point, *place))
    return tuple(found)
