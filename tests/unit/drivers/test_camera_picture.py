"""Pictures as cameras send them, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from drivers import camera_picture
from drivers.camera_picture import Pixels
from edge.errors import DocumentError, MalformedFile

WIDTH, HEIGHT = 64, 48


def buffer(data: bytes) -> Pixels:
    return np.frombuffer(data, np.uint8)


def jpeg(width: int = WIDTH, height: int = HEIGHT, **options: Any) -> bytes:
    file = io.BytesIO()
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    picture.save(file, "JPEG", **options)
    return file.getvalue()


def one_colour(y: int, u: int, v: int, *, full_range: bool) -> tuple[int, ...]:
    data = buffer(bytes([y, u, y, v]) * (WIDTH // 2 * HEIGHT))
    found = camera_picture.of_yuyv(data, WIDTH, HEIGHT, 2 * WIDTH, full_range=full_range)
    assert found.shape == (HEIGHT, WIDTH, 3)
    assert (found == found[0, 0]).all()
    return tuple(int(value) for value in found[0, 0])


@pytest.mark.parametrize(
    ("yuv", "rgb"),
    [  # 100 % colour bars, Rec. ITU-R BT.601 in studio range
        ((235, 128, 128), (255, 255, 255)),
        ((210, 16, 146), (255, 255, 0)),
        ((170, 166, 16), (0, 255, 255)),
        ((145, 54, 34), (0, 255, 0)),
        ((106, 202, 222), (255, 0, 255)),
        ((81, 90, 240), (255, 0, 0)),
        ((41, 240, 110), (0, 0, 255)),
        ((16, 128, 128), (0, 0, 0)),
        ((0, 128, 128), (0, 0, 0)),
        ((255, 128, 128), (255, 255, 255)),
    ],
)
def test_colour_bars(yuv: tuple[int, int, int], rgb: tuple[int, int, int]) -> None:
    found = one_colour(*yuv, full_range=False)
    assert max(abs(a - b) for a, b in zip(found, rgb, strict=True)) <= 2


def test_full_range_is_left_as_it_is() -> None:
    assert one_colour(200, 128, 128, full_range=True) == (200, 200, 200)
    assert one_colour(255, 128, 128, full_range=True) == (255, 255, 255)
    assert one_colour(0, 128, 128, full_range=True) == (0, 0, 0)


def test_every_value_is_that_of_ffmpeg() -> None:
    av = pytest.importorskip("av", reason="the extra `cameras` is not installed")
    # Smooth colours: where chroma changes fast, ffmpeg blends neighbours and we do not.
    rows, _ = np.mgrid[0:HEIGHT, 0 : WIDTH // 2]
    quads = np.empty((HEIGHT, WIDTH // 2, 4), np.uint8)
    quads[..., 0] = quads[..., 2] = 16 + rows * 219 // HEIGHT
    quads[..., 1] = 100
    quads[..., 3] = 160
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuyv422")
    frame.planes[0].update(quads.tobytes())
    theirs = frame.to_ndarray(format="rgb24").astype(int)
    ours = camera_picture.of_yuyv(quads.reshape(-1), WIDTH, HEIGHT, 2 * WIDTH, full_range=False)
    assert np.abs(theirs - ours).max() <= 2


def test_rows_may_be_longer_than_the_picture() -> None:
    stride = 2 * WIDTH + 32
    rows = np.full((HEIGHT, stride), 77, np.uint8)
    rows[:, : 2 * WIDTH] = np.tile(np.array([235, 128], np.uint8), WIDTH)
    data = rows.reshape(-1)[:-32]  # the last row need not be
    found = camera_picture.of_yuyv(data, WIDTH, HEIGHT, stride, full_range=False)
    assert (found == 255).all()


def test_grey_becomes_three_equal_channels() -> None:
    data = np.arange(WIDTH * HEIGHT, dtype=np.uint32).astype(np.uint8)
    found = camera_picture.of_grey(data, WIDTH, HEIGHT, WIDTH)
    assert found.shape == (HEIGHT, WIDTH, 3)
    assert (found[..., 0].reshape(-1) == data).all()
    assert (found[..., 0] == found[..., 2]).all()


@pytest.mark.parametrize(
    "decode",
    [
        lambda data: camera_picture.of_grey(data, WIDTH, HEIGHT, WIDTH),
        lambda data: camera_picture.of_yuyv(data, WIDTH, HEIGHT, 2 * WIDTH, full_range=False),
    ],
    ids=["grey", "yuyv"],
)
@pytest.mark.parametrize("length", [0, 1, WIDTH * HEIGHT - 1])
def test_a_buffer_that_is_not_full_is_no_picture(
    decode: Callable[[Pixels], Pixels], length: int
) -> None:
    with pytest.raises(MalformedFile):
        decode(buffer(bytes(length)))


def test_a_stride_shorter_than_a_row_is_no_picture() -> None:
    with pytest.raises(MalformedFile):
        camera_picture.of_grey(buffer(bytes(WIDTH * HEIGHT)), WIDTH, HEIGHT, WIDTH - 1)


def test_a_jpeg_is_the_picture_that_was_saved() -> None:
    found = camera_picture.of_jpeg(buffer(jpeg(quality=95)), WIDTH, HEIGHT)
    expected = np.asarray(Image.linear_gradient("L").resize((WIDTH, HEIGHT)).convert("RGB"))
    assert found.flags.writeable
    assert np.abs(found.astype(int) - expected).max() < 10


def test_a_grey_jpeg_becomes_rgb() -> None:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((WIDTH, HEIGHT)).save(file, "JPEG")
    assert camera_picture.of_jpeg(buffer(file.getvalue()), WIDTH, HEIGHT).shape == (48, 64, 3)


def test_mjpeg_without_huffman_tables_uses_the_usual_ones() -> None:
    whole = jpeg()  # not optimised: Pillow's tables are those of ITU-T T.81 Annex K
    stripped, position = bytearray(whole[:2]), 2
    while whole[position + 1] != 0xDA:
        length = 2 + int.from_bytes(whole[position + 2 : position + 4], "big")
        if whole[position + 1] != 0xC4:
            stripped += whole[position : position + length]
        position += length
    stripped += whole[position:]
    assert len(stripped) < len(whole)
    expected = camera_picture.of_jpeg(buffer(whole), WIDTH, HEIGHT)
    assert (camera_picture.of_jpeg(buffer(bytes(stripped)), WIDTH, HEIGHT) == expected).all()


@pytest.mark.parametrize("padding", [b"\0" * 100, b"\xff" * 3])
def test_what_follows_the_end_of_a_picture_is_left_alone(padding: bytes) -> None:
    assert camera_picture.of_jpeg(buffer(jpeg() + padding), WIDTH, HEIGHT).shape == (48, 64, 3)


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        jpeg()[:-400],
        jpeg()[:300],
        png(),
        jpeg(WIDTH * 2, HEIGHT),
        jpeg(4000, 4000),
        jpeg()[:-2] + b"\xff\xda\x00\x02" * 1000 + b"\xff\xd9",
    ],
    ids=["nothing", "start", "cut", "header", "png", "other size", "giant", "many scans"],
)
def test_no_honest_camera_sends_this(data: bytes) -> None:
    with pytest.raises(DocumentError):
        camera_picture.of_jpeg(buffer(data), WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("clockwise", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))]
)
def test_turning_is_clockwise(clockwise: camera_picture.Quarter, corner: tuple[int, int]) -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[0, 0] = 9
    found = camera_picture.turned(pixels, clockwise)
    assert found[corner][0] == 9
    assert found.shape[:2] == ((48, 64) if clockwise % 180 == 0 else (64, 48))
    assert found.flags.c_contiguous
