"""Converts camera data to upright RGB pictures: YUYV, grey and MJPEG.

A camera may be any device with a plug: its data are checked before they are used.
"""

from __future__ import annotations

import io
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge.errors import MalformedFile
from edge.imaging.header import examine

Pixels: TypeAlias = NDArray[np.uint8]
Quarter: TypeAlias = Literal[0, 90, 180, 270]
"""Degrees by which a picture is turned clockwise to be upright."""

_SHIFT: Final = 5
_HALF: Final = 1 << _SHIFT - 1
_TOP: Final = 255 << _SHIFT


def of_yuyv(data: Pixels, width: int, height: int, stride: int, *, full_range: bool) -> Pixels:
    """RGB [H, W, 3] of YUV 4:2:2 as Y0 U Y1 V, rows of `stride` bytes (Rec. ITU-R BT.601).

    Raises:
        MalformedFile: there are fewer bytes than the size needs.
    """
    quads = _rows(data, 2 * width, height, stride).reshape(height, width // 2, 4)
    luma, red_v, green_u, green_v, blue_u = _FULL if full_range else _STUDIO
    u, v = quads[:, :, 1], quads[:, :, 3]
    colours = (red_v[v], green_u[u] + green_v[v], blue_u[u])
    pixels = np.empty((height, width // 2, 2, 3), np.uint8)
    for which in (0, 1):
        light = luma[quads[:, :, 2 * which]]
        for channel, colour in enumerate(colours):
            pixels[:, :, which, channel] = (light + colour).clip(0, _TOP) + _HALF >> _SHIFT
    return pixels.reshape(height, width, 3)


def of_grey(data: Pixels, width: int, height: int, stride: int) -> Pixels:
    """RGB [H, W, 3] of one byte a pixel, from infrared cameras; MalformedFile as above."""
    return np.repeat(_rows(data, width, height, stride)[:, :, None], 3, axis=2)


def of_jpeg(data: Pixels, width: int, height: int) -> Pixels:
    """RGB [H, W, 3] of one JPEG of exactly that size; Huffman tables may be missing (MJPEG).

    Raises:
        MalformedFile: it is no JPEG, is damaged, or has another size than the camera said.
        LimitExceeded: its decoding would take too long.
    """
    content = data.tobytes()
    size = examine(content)
    if (size.width, size.height) != (width, height):
        raise MalformedFile("a picture of another size than the camera said")
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
            picture.load()
            rgb = picture if picture.mode == "RGB" else picture.convert("RGB")
            pixels = np.array(rgb, np.uint8)
            rgb.paste(0, (0, 0, *rgb.size))
    except Exception as error:  # Pillow fails on damaged files in many ways
        raise MalformedFile("a picture that cannot be decoded") from error
    return pixels


def turned(pixels: Pixels, clockwise: Quarter) -> Pixels:
    """Turn a picture; its rows are contiguous in memory again."""
    return pixels if clockwise == 0 else np.rot90(pixels, -clockwise // 90).copy()


def _rows(data: Pixels, used: int, height: int, stride: int) -> Pixels:
    if stride < used or data.size < stride * (height - 1) + used:
        raise MalformedFile("a picture that ends too early")
    whole = data[: stride * (height - 1)].reshape(height - 1, stride)[:, :used]
    last = data[stride * (height - 1) :][:used]
    return np.concatenate([whole, last[None]])


def _table(factor: float, zero: int) -> NDArray[np.int16]:
    scaled = (np.arange(256) - zero) * factor * (1 << _SHIFT)
    return np.asarray(scaled.round(), np.int16)


def _tables(luma: float, black: int, chroma: float) -> tuple[NDArray[np.int16], ...]:
    """Factors: of Y, of V for red, of U and V for green, of U for blue."""
    factors = (1.402, -0.344136, -0.714136, 1.772)
    return (_table(luma, black), *(_table(chroma * factor, 128) for factor in factors))


_STUDIO: Final = _tables(255 / 219, 16, 255 / 224)
_FULL: Final = _tables(1, 0, 1)
