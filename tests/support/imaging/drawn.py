"""Drawn pictures, encoded honestly and by hand; no portrait is needed to test a decoder."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIGNATURE: Final = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
START_OF_SCAN: Final = b"\xff\xda"
GREY_SCAN: Final = START_OF_SCAN + b"\x00\x08\x01\x01\x00\x00\x3f\x00"
"""The header of a scan of one component."""


def drawn(width: int = 300, height: int = 400) -> Image.Image:
    """Soft colours, different in every corner: what is turned or swapped is noticed."""
    picture = np.empty((height, width, 3), np.uint8)
    red = 255 * np.arange(width) / max(width - 1, 1)
    picture[..., 0], picture[..., 2] = red, 255 - red
    picture[..., 1] = (255 * np.arange(height) / max(height - 1, 1))[:, np.newaxis]
    return Image.fromarray(picture)


def encoded(kind: str, picture: Image.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (picture or drawn()).save(out, kind, **options)
    return out.getvalue()


def jpeg(picture: Image.Image | None = None, **options: Any) -> bytes:
    return encoded("JPEG", picture, quality=90, **options)


def jp2(picture: Image.Image | None = None, **options: Any) -> bytes:
    return encoded("JPEG2000", picture, **options)


def j2k(picture: Image.Image | None = None, **options: Any) -> bytes:
    return encoded("JPEG2000", picture, no_jp2=True, **options)


def turned(orientation: int, picture: Image.Image | None = None) -> bytes:
    """A JPEG that says how it is to be turned (CIPA DC-008 §4.6.5)."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return jpeg(picture, exif=exif)


def pixels(picture: Image.Image | None = None) -> NDArray[np.uint8]:
    return np.asarray((picture or drawn()).convert("RGB"))


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def image_header(width: int, height: int) -> bytes:
    """`jp2h` with nothing but `ihdr` (ISO/IEC 15444-1 §I.5.3)."""
    ihdr = height.to_bytes(4, "big") + width.to_bytes(4, "big") + b"\x00\x03\x07\x07\x00\x00"
    return box(b"jp2h", box(b"ihdr", ihdr))


def siz(
    grid: tuple[int, int],
    origin: tuple[int, int] = (0, 0),
    tile: tuple[int, int] | None = None,
    tile_origin: tuple[int, int] = (0, 0),
    components: int = 3,
) -> bytes:
    """SOC and SIZ, each component whole and of eight bits (ISO/IEC 15444-1 §A.5.1)."""
    numbers = (*grid, *origin, *(tile or grid), *tile_origin)
    content = b"".join(number.to_bytes(4, "big") for number in numbers)
    content += components.to_bytes(2, "big") + b"\x07\x01\x01" * components
    return b"\xff\x4f\xff\x51" + (len(content) + 4).to_bytes(2, "big") + b"\x00\x00" + content


def frame_header(width: int, height: int, kind: int = 0xC0, components: int = 3) -> bytes:
    """SOFn (ITU-T T.81 §B.2.2)."""
    content = b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big")
    content += bytes([components]) + b"\x01\x11\x00" * components
    return segment(kind, content)


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (2 + len(content)).to_bytes(2, "big") + content
