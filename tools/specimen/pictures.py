"""Faces for specimens: crops of public-domain photographs (see models/manifest.toml)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from edge.errors import SettingsError
from tools.specimen.chip import PORTRAIT_SIZE

Box = tuple[int, int, int, int]
FRAME_SIZE = (640, 480)
PORTRAIT_BYTES = 15_000


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a photograph: left, upper, right, lower."""

    file: str
    box: Box
    landmarks: tuple[tuple[float, float], ...] = ()
    """Eyes, nose tip and corners of the mouth as YuNet finds them in the live frame."""


FIRST_PORTRAIT = Crop("obama.jpg", (253, 0, 733, 640))
FIRST_LIVE = Crop(
    "obama3.jpg",
    (180, 40, 1380, 940),
    ((298.3, 179.2), (368.9, 181.3), (339.5, 216.7), (298.7, 250.0), (358.7, 251.5)),
)
SECOND_PORTRAIT = Crop("biden.jpg", (325, 50, 805, 690))
SECOND_LIVE = Crop(
    "biden.jpg",
    (5, 0, 965, 720),
    ((341.7, 223.5), (435.2, 225.2), (391.7, 277.2), (343.5, 310.9), (423.4, 315.2)),
)


def portrait(folder: Path, crop: Crop) -> bytes:
    """A chip portrait: JPEG 2000, 300x400, about 15 KB."""
    picture = _cut(folder, crop, PORTRAIT_SIZE)
    raw = picture.width * picture.height * 3
    out = io.BytesIO()
    picture.save(
        out,
        "JPEG2000",
        quality_mode="rates",
        quality_layers=[raw / PORTRAIT_BYTES],
        irreversible=True,
    )
    return out.getvalue()


def live(folder: Path, crop: Crop) -> bytes:
    """What a camera sees: JPEG, 640x480."""
    out = io.BytesIO()
    live_image(folder, crop).save(out, "JPEG", quality=92)
    return out.getvalue()


def live_image(folder: Path, crop: Crop) -> Image.Image:
    """The same before a camera has seen it."""
    return _cut(folder, crop, FRAME_SIZE)


def _cut(folder: Path, crop: Crop, size: tuple[int, int]) -> Image.Image:
    try:
        with Image.open(folder / crop.file) as photograph:
            return photograph.convert("RGB").crop(crop.box).resize(size, Image.Resampling.LANCZOS)
    except OSError as error:
        raise SettingsError(
            f"the specimen photograph {folder / crop.file} is missing; run: gatectl models install"
        ) from error
