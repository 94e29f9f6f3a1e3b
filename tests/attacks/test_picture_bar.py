"""The bar: whatever a picture is, its decoder takes at most 1 s of a core and 64 MB, and is gone.

Each attack runs in the confined process as the gate starts it, with a launcher around it that reads
off the kernel what it took.  What the parent refuses by its header never gets that far.
"""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Final

import numpy as np
import pytest
from PIL import Image

from edge.errors import LimitExceeded, MalformedFile
from edge.imaging import Decoder
from edge.imaging.header import LARGEST_MEMORY, examine
from edge.imaging.process import PROGRAM
from tests.support.imaging.drawn import (
    GREY_SCAN,
    SIGNATURE,
    START_OF_SCAN,
    box,
    drawn,
    encoded,
    frame_header,
    image_header,
    j2k,
    jp2,
    jpeg,
    pixels,
    segment,
    siz,
    turned,
)
from tests.support.some import replaced

MOST_S: Final = 1.0
MOST_BYTES: Final = 64 * 1024 * 1024
TILE_PART: Final = b"\xff\x90"
CODING_STYLE: Final = b"\xff\x52"

LAUNCHER: Final = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[2:], stderr=subprocess.DEVNULL, env={"MALLOC_ARENA_MAX": "1"})
_, status, used = os.wait4(child.pid, 0)
with open(sys.argv[1], "w") as report:
    json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024], report)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a picture took: seconds of a core, bytes at the most, and whether pixels came of it."""

    seconds: float
    size: int
    answered: bool


def cost_of(data: bytes, folder: Path) -> Cost:
    """Give a picture to the confined process, whatever its header says."""
    report = folder / "report.json"
    worker = [sys.executable, "-I", str(PROGRAM), str(LARGEST_MEMORY), "1"]
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own file
        [sys.executable, "-I", "-c", LAUNCHER, str(report), *worker],
        input=len(data).to_bytes(4, "big") + data,
        capture_output=True,
        check=True,
        timeout=60,
    )
    seconds, size = json.loads(report.read_text())
    return Cost(seconds, size, len(done.stdout) > 10)


def a_noise(width: int, height: int) -> Image.Image:
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3))
    return Image.fromarray(noise.astype(np.uint8))


def png(width: int, height: int, data: bytes, kind: int = 0) -> bytes:
    """A PNG of one bit grey (kind 0) or another colour type, around compressed data."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 1, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def scans_again(data: bytes, count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    last = data.rindex(START_OF_SCAN)
    scan = data[last:-2]
    return data[:-2] + scan * (count - data.count(START_OF_SCAN)) + b"\xff\xd9"


def with_levels(levels: int) -> bytes:
    """More resolutions than there are pixels to halve (ISO/IEC 15444-1 §A.6.1)."""
    data = bytearray(j2k(drawn(1400, 1400)))
    data[data.index(CODING_STYLE) + 9] = levels
    return bytes(data)


def with_tile_parts(count: int) -> bytes:
    """A codestream cut into tile parts that hold nothing, and one that holds all."""
    data = j2k()
    start = data.index(TILE_PART)
    empty = TILE_PART + struct.pack(">HHIBB", 10, 0, 14, 0, 0) + b"\xff\x93"
    return data[:start] + empty * count + data[start:]


def nested(depth: int) -> bytes:
    """Boxes within boxes; each says how long it is."""
    content = image_header(300, 400)
    for _ in range(depth):
        content = box(b"jp2h", content)
    return SIGNATURE + content + box(b"jp2c", j2k())


def with_profile(size: int) -> bytes:
    """A JPEG with a colour profile (ICC.1) that is longer than the picture."""
    out = io.BytesIO()
    drawn().save(out, "JPEG", icc_profile=bytes(size))
    return out.getvalue()


def with_comment(content: bytes) -> bytes:
    honest = jpeg()
    return honest[:2] + segment(0xFE, content) + honest[2:]


BOMBS: Final[Mapping[str, bytes]] = {
    "jpeg-65535-by-65535": b"\xff\xd8" + frame_header(65_535, 65_535) + jpeg()[2:],
    "jpeg-4096-by-4096": b"\xff\xd8" + frame_header(4096, 4096) + jpeg()[2:],
    "jpeg-one-endless-row": b"\xff\xd8" + frame_header(65_535, 1) + jpeg()[2:],
    "jpeg-endless-scans": replaced(jpeg(), START_OF_SCAN, GREY_SCAN * 5000 + START_OF_SCAN, 1),
    "jpeg-as-many-scans-as-may-be": scans_again(jpeg(drawn(1600, 1250), progressive=True), 20),
    "jpeg-more-scans-than-may-be": scans_again(jpeg(drawn(1600, 1250), progressive=True), 2000),
    "jpeg-noise": jpeg(a_noise(700, 700), progressive=True),
    "jp2-3-gigapixels": SIGNATURE + image_header(60_000, 60_000) + box(b"jp2c", siz((60_000,) * 2)),
    "codestream-16-exapixels": siz((2**32 - 1, 2**32 - 1)),
    "codestream-million-tiles": siz((1400, 1400), tile=(1, 1)),
    "codestream-64-tiles": j2k(drawn(1600, 1250), tile_size=(256, 256)),
    "codestream-16384-components": siz((1400, 1400), components=16_384),
    "codestream-four-components": jp2(drawn(1600, 1250).convert("RGBA")),
    "codestream-32-resolutions": with_levels(32),
    "codestream-255-resolutions": with_levels(255),
    "codestream-tile-parts": with_tile_parts(60_000),
    "codestream-largest-and-nothing-in-it": siz((1600, 1250)),
    "jp2-noise": jp2(a_noise(560, 560)),
    "jp2-boxes-within-boxes": nested(400),
    "jp2-boxes-in-a-row": SIGNATURE + box(b"free", b"") * 100_000,
    "png-400-megapixels": png(20_000, 20_000, zlib.compress(bytes(50_000_000), 9)),
    "png-small-with-a-long-stream": png(300, 400, zlib.compress(bytes(50_000_000), 9)),
}
OTHERS: Final[Mapping[str, bytes]] = {
    "gif": encoded("GIF"),
    "tiff": encoded("TIFF"),
    "bmp": encoded("BMP"),
    "ico": encoded("ICO"),
    "eps": encoded("EPS"),
    "pdf": encoded("PDF"),
    "webp": encoded("WEBP"),
    "png": encoded("PNG"),
    "ppm": encoded("PPM"),
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "html": b"<html><script>alert(1)</script></html>",
    "zip": b"PK\x03\x04" + bytes(500),
    "jpeg-xl": b"\xff\x0a" + bytes(500),
    "avif": b"\x00\x00\x00\x20ftypavif" + bytes(500),
    "gif-that-goes-on-as-jpeg": encoded("GIF") + jpeg(),
    "pdf-around-a-jpeg": b"%PDF-1.4\n" + jpeg(),
    "zip-around-a-jpeg": b"PK\x03\x04" + jpeg(),
    "jpeg-lossless": b"\xff\xd8" + frame_header(300, 400, 0xC3) + jpeg()[2:],
    "jpeg-arithmetic": b"\xff\xd8" + frame_header(300, 400, 0xC9) + jpeg()[2:],
}
ODD: Final[Mapping[str, bytes]] = {
    "cmyk": jpeg(drawn().convert("CMYK")),
    "grey": jpeg(drawn().convert("L")),
    "alpha": jp2(drawn().convert("RGBA")),
    "grey-and-alpha": jp2(drawn().convert("LA")),
    "sixteen-bits": jp2(Image.fromarray(np.full((400, 300), 40_000, np.uint16))),
    "exif-orientation": turned(3),
    "a-huge-colour-profile": with_profile(600_000),
    "a-pdf-in-a-comment": with_comment(encoded("PDF")[:60_000]),
    "a-script-in-a-comment": with_comment(b"<script>alert(1)</script>"),
    "a-zip-behind-it": jpeg() + b"PK\x03\x04" + bytes(1000),
    "another-picture-behind-it": jpeg() + encoded("GIF"),
    "html-behind-it": jp2() + b"<html><script>alert(1)</script></html>",
    "jpeg-progressive": jpeg(progressive=True),
    "jpeg-without-subsampling": jpeg(subsampling=0),
}


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(20.0) as opened:
        yield opened


def within_the_bar(cost: Cost) -> None:
    assert cost.seconds <= MOST_S, cost
    assert cost.size <= MOST_BYTES, cost


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_its_decoder_little_even_past_the_header(name: str, tmp_path: Path) -> None:
    within_the_bar(cost_of(BOMBS[name], tmp_path))


@pytest.mark.parametrize("name", [*BOMBS, *OTHERS])
def test_the_parent_reads_a_header_in_no_time_and_no_memory(name: str) -> None:
    data = {**BOMBS, **OTHERS}[name]
    tracemalloc.start()
    started_s = process_time()
    try:
        examine(data)
    except (MalformedFile, LimitExceeded):
        pass
    finally:
        seconds, (_, peak) = process_time() - started_s, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert seconds < MOST_S
    assert peak < 4 * len(data) + 1_000_000


@pytest.mark.parametrize("name", BOMBS)
def test_after_a_bomb_the_next_picture_is_decoded(name: str, decoder: Decoder) -> None:
    try:
        decoded = decoder.decode(BOMBS[name])
    except (MalformedFile, LimitExceeded):
        pass
    else:
        assert decoded.shape[:2] == (examine(BOMBS[name]).height, examine(BOMBS[name]).width)
    assert np.array_equal(decoder.decode(jp2()), pixels())


@pytest.mark.parametrize("name", OTHERS)
def test_another_kind_of_file_is_refused_by_its_first_bytes(name: str, decoder: Decoder) -> None:
    waiting = decoder.pid
    with pytest.raises(MalformedFile):
        decoder.decode(OTHERS[name])
    assert decoder.pid == waiting


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_but_honest_is_decoded_within_the_bar(
    name: str, decoder: Decoder, tmp_path: Path
) -> None:
    decoded = decoder.decode(ODD[name])
    assert decoded.shape == (400, 300, 3)
    assert decoded.dtype == np.uint8
    cost = cost_of(ODD[name], tmp_path)
    assert cost.answered
    within_the_bar(cost)


@pytest.mark.parametrize("encode", [jpeg, jp2, j2k])
def test_the_largest_portrait_is_within_the_bar(encode: object, tmp_path: Path) -> None:
    assert callable(encode)
    cost = cost_of(encode(drawn(1600, 1250)), tmp_path)
    assert cost.answered
    within_the_bar(cost)


def offsets(data: bytes) -> list[int]:
    """One in every part of a picture: signature, headers, tables, markers, data, end."""
    markers = [place for place in range(len(data) - 1) if data[place] == 0xFF and data[place + 1]]
    boxes = [data.find(name) for name in (b"jP  ", b"ftyp", b"jp2h", b"ihdr", b"colr", b"jp2c")]
    around = [place + more for place in (*markers[:12], *boxes, markers[-1]) for more in (0, 1, 3)]
    kept = {0, 1, 2, 3, len(data) // 2, len(data) - 1, *around}
    return sorted(place for place in kept if 0 <= place < len(data))


@pytest.mark.parametrize("encode", [jpeg, jp2, j2k])
def test_cut_off_anywhere_it_is_malformed(encode: object) -> None:
    """Headers by the parent; the rest by the process, which has a picture for each."""
    assert callable(encode)
    honest = encode(drawn(60, 80))
    reached = 0
    for end in offsets(honest):
        try:
            examine(honest[:end])
        except (MalformedFile, LimitExceeded):
            continue
        reached += 1
    assert reached < len(offsets(honest))
    with Decoder(20.0) as decoder:
        for end in (*offsets(honest)[::6], len(honest) - 3):
            with pytest.raises(MalformedFile):
                decoder.decode(honest[:end])
        assert decoder.decode(honest).shape == (80, 60, 3)
