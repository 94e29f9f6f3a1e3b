"""An iris image and the data about it in its record, in both standards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override

from edge.emrtd.lds.biometric import Quality
from edge.emrtd.lds.dates import Moment
from edge.emrtd.lds.image import EncodedImage


class IrisFormat(StrEnum):
    """The standard an iris record follows."""

    ISO_19794_6 = "ISO/IEC 19794-6"
    ISO_39794_6 = "ISO/IEC 39794-6"


class Eye(StrEnum):
    """The eye; the order is that of the codes, from 1, in both standards."""

    RIGHT = "right"
    LEFT = "left"


class IrisKind(StrEnum):
    """The cut of the image."""

    UNCROPPED = "uncropped"
    VGA = "VGA"
    CROPPED = "cropped"
    CROPPED_AND_MASKED = "cropped and masked"


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Iris:
    """One image of one eye; None or empty for data that are absent or unknown."""

    image: EncodedImage
    format: IrisFormat
    eye: Eye | None = None
    kind: IrisKind | None = None
    size: tuple[int, int] | None = None
    """Width and height in pixels, as declared."""
    captured: Moment | None = None
    quality: tuple[Quality, ...] = ()

    @override
    def __repr__(self) -> str:
        """Hide the eye: it is personal."""
        return f"Iris({self.format}, {self.image!r})"
