"""What issuers do to a portrait before it is on a chip."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from PIL import Image

AS_IS: Final = "as-is"
WIDTH: Final = 300
HEIGHT: Final = 400
BACKGROUND: Final = (200, 200, 200)


def as_is(picture: Image.Image) -> Image.Image:
    """The picture itself."""
    return picture


def jp2(kilobytes: int) -> Callable[[Image.Image], Image.Image]:
    """JPEG 2000 of 300x400 at so many KB, and back."""

    def degraded(picture: Image.Image) -> Image.Image:
        small = on_chip(picture)
        buffer = io.BytesIO()
        rate = WIDTH * HEIGHT * len(small.getbands()) / (kilobytes * 1024)
        small.save(
            buffer, "JPEG2000", quality_mode="rates", quality_layers=[rate], irreversible=True
        )
        return _read(buffer)

    return degraded


def jpeg(kilobytes: int) -> Callable[[Image.Image], Image.Image]:
    """JPEG of 300x400 with the best quality that is no more than so many KB, and back."""

    def degraded(picture: Image.Image) -> Image.Image:
        small = on_chip(picture)
        low, high = 1, 95
        while low < high:
            middle = (low + high + 1) // 2
            if len(_jpeg(small, middle).getvalue()) <= kilobytes * 1024:
                low = middle
            else:
                high = middle - 1
        return _read(_jpeg(small, low))

    return degraded


def grey(picture: Image.Image) -> Image.Image:
    """Grey levels only, 300x400."""
    return on_chip(picture).convert("L").convert("RGB")


DEGRADATIONS: Mapping[str, Callable[[Image.Image], Image.Image]] = MappingProxyType(
    {
        AS_IS: as_is,
        "jp2-15k": jp2(15),
        "jp2-8k": jp2(8),
        "jpeg-15k": jpeg(15),
        "grey": grey,
    }
)


def on_chip(picture: Image.Image) -> Image.Image:
    """The whole picture in 300x400, the rest plain."""
    scale = min(WIDTH / picture.width, HEIGHT / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    canvas = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    place = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    canvas.paste(picture.resize(size, Image.Resampling.BICUBIC), place)
    return canvas


def _jpeg(picture: Image.Image, quality: int) -> io.BytesIO:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer


def _read(buffer: io.BytesIO) -> Image.Image:
    buffer.seek(0)
    return Image.open(buffer).convert("RGB")
