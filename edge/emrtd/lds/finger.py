"""A finger image and the data about it in its record, in both standards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override

from edge.emrtd.lds.biometric import Quality
from edge.emrtd.lds.dates import Moment
from edge.emrtd.lds.image import EncodedImage


class FingerFormat(StrEnum):
    """The standard a finger record follows."""

    ISO_19794_4 = "ISO/IEC 19794-4"
    ISO_39794_4 = "ISO/IEC 39794-4"


class FingerPosition(StrEnum):
    """The finger; the order is that of the codes, from 1, in both standards."""

    RIGHT_THUMB = "right thumb"
    RIGHT_INDEX = "right index"
    RIGHT_MIDDLE = "right middle"
    RIGHT_RING = "right ring"
    RIGHT_LITTLE = "right little"
    LEFT_THUMB = "left thumb"
    LEFT_INDEX = "left index"
    LEFT_MIDDLE = "left middle"
    LEFT_RING = "left ring"
    LEFT_LITTLE = "left little"


class Impression(StrEnum):
    """The way the finger was recorded."""

    PLAIN = "plain"
    ROLLED = "rolled"
    LATENT = "latent"
    SWIPE = "swipe"
    CONTACTLESS = "contactless"
    OTHER = "other"


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Finger:
    """One view of one finger; None or empty for data that are absent or unknown."""

    image: EncodedImage
    format: FingerFormat
    position: FingerPosition | None = None
    impression: Impression | None = None
    size: tuple[int, int] | None = None
    """Width and height in pixels, as declared."""
    captured: Moment | None = None
    quality: tuple[Quality, ...] = ()

    @override
    def __repr__(self) -> str:
        """Hide the finger: it is personal."""
        return f"Finger({self.format}, {self.image!r})"
