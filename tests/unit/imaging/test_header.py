"""The size a picture claims, by headers written by hand and by an encoder of another's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image

from edge.errors import DocumentError, LimitExceeded, MalformedFile
from edge.imaging.header import (
    LARGEST_BYTES,
    LARGEST_PIXELS,
    LARGEST_SIDE,
    MOST_BOXES,
    MOST_SCANS,
    MOST_SEGMENTS,
    MOST_TILES,
    PHOTOGRAPH,
    Size,
    examine,
)
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
    segment,
    siz,
)

JFIF = b"\xff\xd8" + segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
FTYP = box(b"ftyp", b"jp2 \x00\x00\x00\x00jp2 ")


def refused(data: bytes, error: type[DocumentError], words: str) -> None:
    with pytest.raises(error, match=words):
        examine(data)


@pytest.mark.parametrize("encode", [jpeg, jp2, j2k])
def test_an_honest_picture_tells_its_size(encode: Callable[[Image.Image], bytes]) -> None:
    assert examine(encode(drawn(301, 402))) == Size(301, 402)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_printers_colours_are_jpegs_too(mode: str) -> None:
    assert examine(jpeg(drawn().convert(mode))) == Size(300, 400)


def test_a_progressive_jpeg_tells_its_size() -> None:
    assert examine(jpeg(progressive=True)) == Size(300, 400)


# JPEG


def test_jpeg_height_comes_before_width() -> None:
    """ITU-T T.81 §B.2.2: P, Y, X."""
    assert examine(JFIF + frame_header(0x0123, 0x0456)) == Size(0x0123, 0x0456)


def test_jpeg_segments_before_the_frame_are_stepped_over() -> None:
    exif = segment(0xE1, b"Exif\x00\x00" + frame_header(7, 7) * 3)
    assert examine(JFIF + exif + frame_header(300, 400)) == Size(300, 400)


def test_jpeg_huffman_tables_are_no_frame_header() -> None:
    """DHT (C4), JPG (C8) and DAC (CC) lie among the numbers of frame headers."""
    tables = segment(0xC4, bytes(20)) + segment(0xC8, bytes(20)) + segment(0xCC, bytes(20))
    assert examine(JFIF + tables + frame_header(300, 400)) == Size(300, 400)


def test_jpeg_fill_bytes_before_a_marker_are_allowed() -> None:
    """ITU-T T.81 §B.1.1.2."""
    assert examine(JFIF + b"\xff" * 5 + frame_header(300, 400)) == Size(300, 400)


@pytest.mark.parametrize("kind", [0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF])
def test_jpeg_of_a_rare_kind_is_refused(kind: int) -> None:
    refused(JFIF + frame_header(300, 400, kind), MalformedFile, "no passport has")


@pytest.mark.parametrize("kind", [0xC0, 0xC1, 0xC2])
def test_jpeg_of_a_usual_kind_is_taken(kind: int) -> None:
    assert examine(JFIF + frame_header(300, 400, kind)) == Size(300, 400)


@pytest.mark.parametrize(
    "rest",
    [b"", b"\xff", frame_header(300, 400)[:9], b"\x00" * 50, segment(0xE1, bytes(40))],
    ids=["nothing", "half-a-marker", "half-a-frame", "zeros", "no-frame"],
)
def test_jpeg_without_a_frame_header_is_refused(rest: bytes) -> None:
    refused(JFIF + rest, MalformedFile, "without a frame header")


def test_jpeg_of_endless_segments_is_given_up() -> None:
    comments = segment(0xFE, b"") * MOST_SEGMENTS
    refused(JFIF + comments + frame_header(300, 400), MalformedFile, "without a frame header")


def test_jpeg_of_as_many_segments_as_allowed_is_read() -> None:
    comments = segment(0xFE, b"") * (MOST_SEGMENTS - 2)
    assert examine(JFIF + comments + frame_header(300, 400)) == Size(300, 400)


def test_jpeg_scans_are_counted() -> None:
    honest = JFIF + frame_header(300, 400) + GREY_SCAN * MOST_SCANS
    assert examine(honest) == Size(300, 400)
    refused(honest + GREY_SCAN, LimitExceeded, "scans")


@pytest.mark.parametrize("components", [0, 1, 2, 3, 4])
def test_scans_are_counted_whatever_their_components(components: int) -> None:
    scan = START_OF_SCAN + bytes([0, 6 + 2 * components, components])
    refused(JFIF + frame_header(300, 400) + scan * (MOST_SCANS + 1), LimitExceeded, "scans")


def test_what_a_telephone_appends_to_a_picture_is_no_scan() -> None:
    """A moment of video, in which any two bytes follow each other sooner or later."""
    video = bytes(range(256)) * 100 + START_OF_SCAN * 100 + b"\xff\xda\x00\x0b\x01" * 100
    assert examine(jpeg() + video) == Size(300, 400)


# JPEG 2000, bare codestream


def test_codestream_size_is_the_grid_without_its_origin() -> None:
    """ISO/IEC 15444-1 §B.2: the image area reaches from XOsiz to Xsiz."""
    assert examine(siz((330, 450), origin=(30, 50))) == Size(300, 400)


@pytest.mark.parametrize("length", [4, 20, 41])
def test_codestream_cut_within_its_header_is_refused(length: int) -> None:
    refused(siz((300, 400))[:length], MalformedFile, "without a codestream")


@pytest.mark.parametrize(
    "header",
    [
        siz((300, 400), origin=(300, 0)),
        siz((300, 400), origin=(0, 401)),
        siz((0, 0)),
        siz((300, 400), tile=(0, 10)),
        siz((300, 400), tile=(10, 0)),
    ],
    ids=["no-width", "less-than-no-height", "nothing", "tiles-of-no-width", "tiles-of-no-height"],
)
def test_codestream_of_impossible_size_is_refused(header: bytes) -> None:
    refused(header, MalformedFile, "impossible size")


def test_codestream_tiles_are_counted_across_and_down() -> None:
    side = int(MOST_TILES**0.5)
    assert examine(siz((10 * side, 10 * side), tile=(10, 10))) == Size(10 * side, 10 * side)
    refused(siz((10 * side + 1, 10 * side), tile=(10, 10)), LimitExceeded, "tiles")
    refused(siz((10 * side, 10 * side + 1), tile=(10, 10)), LimitExceeded, "tiles")


def test_codestream_tiles_are_counted_from_their_own_origin() -> None:
    header = siz((650, 10), origin=(15, 0), tile=(10, 10), tile_origin=(10, 0))
    assert examine(header) == Size(635, 10)
    header = siz((651, 10), origin=(15, 0), tile=(10, 10), tile_origin=(10, 0))
    refused(header, LimitExceeded, "tiles")


def test_codestream_tiles_that_begin_beyond_the_picture_do_no_harm() -> None:
    assert examine(siz((300, 400), tile_origin=(9000, 9000))) == Size(300, 400)


@pytest.mark.parametrize("components", [0, 5, 16_384])
def test_codestream_of_impossible_colours_is_refused(components: int) -> None:
    refused(siz((300, 400), components=components), MalformedFile, "colours")


# JPEG 2000, file format


def test_jp2_boxes_are_stepped_over() -> None:
    more = box(b"uuid", bytes(100)) + box(b"xml ", b"<ihdr/>")
    data = SIGNATURE + FTYP + more + image_header(300, 400) + more + box(b"jp2c", siz((300, 400)))
    assert examine(data) == Size(300, 400)


def test_jp2_last_box_may_reach_to_the_end() -> None:
    """ISO/IEC 15444-1 §I.4: a length of 0."""
    last = b"\x00\x00\x00\x00jp2c" + siz((300, 400))
    assert examine(SIGNATURE + FTYP + image_header(300, 400) + last) == Size(300, 400)


def test_jp2_box_may_have_a_long_length() -> None:
    """ISO/IEC 15444-1 §I.4: a length of 1 says that eight bytes follow."""
    content = siz((300, 400))
    last = b"\x00\x00\x00\x01jp2c" + (16 + len(content)).to_bytes(8, "big") + content
    assert examine(SIGNATURE + FTYP + image_header(300, 400) + last) == Size(300, 400)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\x00\x00\x00\x0cuu",
        b"\x00\x00\x00\x07uuid",
        b"\x00\x00\x00\x02uuid",
        b"\xff\xff\xff\xffuuid",
        b"\x00\x00\x00\x01uuid" + (15).to_bytes(8, "big"),
        b"\x00\x00\x00\x01uuid" + b"\xff" * 8,
        b"\x00\x00\x00\x00uuid",
    ],
    ids=[
        "none",
        "cut",
        "short",
        "shorter",
        "4-GiB",
        "long-but-short",
        "16-EiB",
        "last-not-picture",
    ],
)
def test_jp2_with_a_broken_box_is_refused(broken: bytes) -> None:
    refused(SIGNATURE + FTYP + image_header(300, 400) + broken, MalformedFile, "broken box")


def test_jp2_without_image_header_is_refused() -> None:
    other = box(b"jp2h", box(b"colr", bytes(8)))
    refused(SIGNATURE + FTYP + other, MalformedFile, "without an image header")


def test_jp2_that_comes_to_its_picture_without_a_header_is_refused() -> None:
    refused(SIGNATURE + FTYP + box(b"jp2c", siz((300, 400))), MalformedFile, "contradict")


@pytest.mark.parametrize("announced", [(400, 300), (299, 400), (300, 401)])
def test_jp2_whose_headers_contradict_each_other_is_refused(announced: tuple[int, int]) -> None:
    data = SIGNATURE + FTYP + image_header(*announced) + box(b"jp2c", siz((300, 400)))
    refused(data, MalformedFile, "contradict")


def test_jp2_with_no_codestream_in_its_box_is_refused() -> None:
    data = SIGNATURE + FTYP + image_header(300, 400) + box(b"jp2c", bytes(60))
    refused(data, MalformedFile, "without a codestream")


def test_jp2_of_too_many_boxes_is_given_up() -> None:
    boxes = box(b"free", b"") * MOST_BOXES
    data = SIGNATURE + boxes + image_header(300, 400) + box(b"jp2c", siz((300, 400)))
    refused(data, LimitExceeded, "boxes")


# All of them


@pytest.mark.parametrize(
    "claimed",
    [(0, 400), (300, 0), (LARGEST_SIDE + 1, 10), (10, LARGEST_SIDE + 1), (65_535, 65_535)],
)
def test_a_side_beyond_the_limits_is_refused(claimed: tuple[int, int]) -> None:
    refused(JFIF + frame_header(*claimed), LimitExceeded, "impossible size")


def test_pixels_are_counted() -> None:
    assert LARGEST_PIXELS == 1600 * 1250
    assert examine(siz((1600, 1250))) == Size(1600, 1250)
    refused(siz((1600, 1251)), LimitExceeded, "pixels")
    refused(JFIF + frame_header(1601, 1250), LimitExceeded, "pixels")


def test_png_is_taken_by_those_who_ask_for_it() -> None:
    data = encoded("PNG")
    assert examine(data, PHOTOGRAPH) == Size(300, 400)
    refused(data, MalformedFile, "JPEG")
    with pytest.raises(LimitExceeded):
        examine(data[:16] + b"\xff" * 8 + data[24:], PHOTOGRAPH)
    with pytest.raises(MalformedFile, match="PNG"):
        examine(encoded("GIF"), PHOTOGRAPH)


@pytest.mark.parametrize("components", [0, 5, 255])
def test_a_jpeg_of_impossible_colours_is_refused(components: int) -> None:
    refused(JFIF + frame_header(300, 400, components=components), MalformedFile, "colours")


def test_bytes_are_counted() -> None:
    data = JFIF + frame_header(300, 400)
    assert examine(data.ljust(LARGEST_BYTES, b"\x00")) == Size(300, 400)
    refused(data.ljust(LARGEST_BYTES + 1, b"\x00"), LimitExceeded, "bytes")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF", "BMP", "WEBP", "PPM", "PDF", "EPS", "ICO"])
def test_every_other_format_is_refused(kind: str) -> None:
    refused(encoded(kind, drawn(30, 40)), MalformedFile, "neither JPEG nor JPEG 2000")


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"\xff", b"\xff\xd8", b"\xff\xd8\x00", b"\xff\x4f", SIGNATURE[:11], b"GIF89a"],
)
def test_what_only_begins_like_a_picture_is_refused(data: bytes) -> None:
    refused(data, MalformedFile, "neither JPEG nor JPEG 2000")
