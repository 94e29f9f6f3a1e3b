"""A face image and the data about it in its record, in both standards.

The data are claims of the issuer: sizes, kinds and angles are often wrong in issued documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override

from edge.emrtd.lds.biometric import Quality
from edge.emrtd.lds.dates import Moment
from edge.emrtd.lds.image import EncodedImage


class FaceFormat(StrEnum):
    """The standard a face record follows."""

    ISO_19794_5 = "ISO/IEC 19794-5"
    ISO_39794_5 = "ISO/IEC 39794-5"


class FaceKind(StrEnum):
    """The purpose of the image."""

    BASIC = "basic"
    FULL_FRONTAL = "full frontal"
    TOKEN_FRONTAL = "token frontal"  # noqa: S105  # no secret: a face cut to a fixed geometry
    MRTD = "mrtd"
    GENERAL_PURPOSE = "general purpose"


class ColourSpace(StrEnum):
    """The declared colour space of the samples."""

    OTHER = "other"
    RGB_24 = "RGB, 24 bits"
    RGB_48 = "RGB, 48 bits"
    YUV_422 = "YUV 4:2:2"
    GREY_8 = "grey, 8 bits"
    GREY_16 = "grey, 16 bits"


class Source(StrEnum):
    """The source of the image."""

    PHOTOGRAPH = "photograph"
    DIGITAL_CAMERA = "digital camera"
    SCANNER = "scanner"
    VIDEO = "video"
    ANALOGUE_VIDEO = "analogue video"
    DIGITAL_VIDEO = "digital video"


class Sex(StrEnum):
    """Sex of the subject."""

    OTHER = "other"
    MALE = "male"
    FEMALE = "female"


class EyeColour(StrEnum):
    """Colour of the eyes."""

    OTHER = "other"
    BLACK = "black"
    BLUE = "blue"
    BROWN = "brown"
    GREY = "grey"
    GREEN = "green"
    HAZEL = "hazel"
    MULTI_COLOURED = "multi-coloured"
    PINK = "pink"


class HairColour(StrEnum):
    """Colour of the hair."""

    OTHER = "other"
    BALD = "bald"
    BLACK = "black"
    BLONDE = "blonde"
    BROWN = "brown"
    GREY = "grey"
    WHITE = "white"
    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    COLOURED = "coloured"


class Property(StrEnum):
    """Visible properties of the subject."""

    GLASSES = "glasses"
    MOUSTACHE = "moustache"
    BEARD = "beard"
    TEETH_VISIBLE = "teeth visible"
    EYES_CLOSED = "eyes closed"
    MOUTH_OPEN = "mouth open"
    LEFT_EYE_PATCH = "left eye patch"
    RIGHT_EYE_PATCH = "right eye patch"
    DARK_GLASSES = "dark glasses"
    MEDICAL_CONDITION = "medical condition"
    BIOMETRIC_ABSENT = "biometric absent"
    HEAD_COVERING = "head covering"


class Expression(StrEnum):
    """The expression of the face."""

    NEUTRAL = "neutral"
    SMILE = "smile"
    OPEN_SMILE = "smile with open jaw"
    RAISED_EYEBROWS = "raised eyebrows"
    LOOKING_AWAY = "looking away"
    SQUINTING = "squinting"
    FROWNING = "frowning"


class Processing(StrEnum):
    """Changes to the image after it was taken."""

    ROTATED = "rotated"
    CROPPED = "cropped"
    DOWN_SAMPLED = "down-sampled"
    WHITE_BALANCED = "white balance adjusted"
    MULTIPLY_COMPRESSED = "multiply compressed"
    INTERPOLATED = "interpolated"
    CONTRAST_STRETCHED = "contrast stretched"
    POSE_CORRECTED = "pose corrected"
    MULTI_VIEW = "multi-view image"
    AGE_PROGRESSED = "age progressed"
    SUPER_RESOLUTION = "super-resolution"
    NORMALISED = "normalised"


class AttackDecision(StrEnum):
    """The decision of presentation attack detection when the image was taken."""

    NO_ATTACK = "no attack"
    ATTACK = "attack"
    NOT_ASSESSED = "not assessed"


@dataclass(frozen=True, slots=True)
class Angle:
    """Degrees, -180 to 180, and their uncertainty; None when not declared."""

    degrees: int
    uncertainty: int | None = None


@dataclass(frozen=True, slots=True)
class DeclaredPose:
    """The pose of the head; None when not declared."""

    yaw: Angle | None = None
    pitch: Angle | None = None
    roll: Angle | None = None


@dataclass(frozen=True, slots=True)
class Landmark:
    """A feature point of MPEG-4 ("12.1" is the centre of the left eye), in pixels."""

    point: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class FaceImage:
    """One face image; None or empty for data that are absent or unknown."""

    image: EncodedImage
    format: FaceFormat
    kind: FaceKind | None = None
    size: tuple[int, int] | None = None
    """Width and height in pixels, as declared."""
    colour_space: ColourSpace | None = None
    source: Source | None = None
    captured: Moment | None = None
    quality: tuple[Quality, ...] = ()
    attack_decision: AttackDecision | None = None
    sex: Sex | None = None
    eye_colour: EyeColour | None = None
    hair_colour: HairColour | None = None
    properties: frozenset[Property] = frozenset()
    expressions: frozenset[Expression] = frozenset()
    pose: DeclaredPose = DeclaredPose()
    landmarks: tuple[Landmark, ...] = ()
    processing: frozenset[Processing] = frozenset()

    @override
    def __repr__(self) -> str:
        """Hide the face: it is personal."""
        return f"Face({self.format}, {self.image!r})"
