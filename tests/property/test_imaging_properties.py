"""Whatever bytes a picture has, its header gives a size within the limits or one of our errors."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from edge.errors import LimitExceeded, MalformedFile
from edge.imaging.header import LARGEST_PIXELS, LARGEST_SIDE, Size, examine
from tests.support.imaging.drawn import (
    SIGNATURE,
    box,
    drawn,
    frame_header,
    image_header,
    j2k,
    jp2,
    jpeg,
    segment,
    siz,
)

numbers = st.integers(0, 2**32 - 1) | st.integers(0, 5000)
pairs = st.tuples(numbers, numbers)
codestreams = st.builds(siz, pairs, pairs, pairs, pairs, st.integers(0, 20))
frames = st.builds(
    frame_header,
    st.integers(0, 65_535),
    st.integers(0, 65_535),
    st.integers(0xC0, 0xCF),
    st.integers(0, 255),
)
segments = st.builds(segment, st.integers(0, 255), st.binary(max_size=30)) | frames
kinds = st.sampled_from([b"jp2h", b"jp2c", b"ihdr", b"ftyp", b"uuid"]) | st.binary(
    min_size=4, max_size=4
)
boxes = (
    st.builds(box, kinds, st.binary(max_size=40) | codestreams)
    | st.builds(image_header, numbers, numbers)
    | st.binary(max_size=20)
)
pictures = (
    codestreams
    | st.lists(segments | st.binary(max_size=6)).map(lambda found: b"\xff\xd8" + b"".join(found))
    | st.lists(boxes).map(lambda found: SIGNATURE + b"".join(found))
)


@cache
def honest() -> tuple[bytes, ...]:
    picture = drawn(30, 40)
    return jpeg(picture), jpeg(picture, progressive=True), jp2(picture), j2k(picture)


def size_or_refusal(data: bytes) -> Size | None:
    try:
        size = examine(data)
    except (MalformedFile, LimitExceeded):
        return None
    assert 1 <= size.width <= LARGEST_SIDE
    assert 1 <= size.height <= LARGEST_SIDE
    assert size.width * size.height <= LARGEST_PIXELS
    return size


@given(st.binary(max_size=300))
def test_no_bytes_are_a_picture_by_chance_nor_do_harm(data: bytes) -> None:
    size_or_refusal(data)


@given(st.sampled_from([b"\xff\xd8\xff", SIGNATURE, b"\xff\x4f\xff\x51"]), st.binary(max_size=300))
def test_no_bytes_after_a_signature_do_harm(signature: bytes, rest: bytes) -> None:
    size_or_refusal(signature + rest)


@given(pictures)
def test_no_header_of_any_numbers_does_harm(data: bytes) -> None:
    size_or_refusal(data)


@given(
    st.integers(0, 3),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
    st.integers(0, 2000),
)
def test_no_damage_to_an_honest_picture_does_harm(
    which: int, changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(honest()[which])
    for position, value in changes:
        data[position % len(data)] = value
    size_or_refusal(bytes(data[:length]))


@given(st.integers(1, 1400), st.integers(1, 1400), st.integers(0, 9), st.integers(0, 9))
def test_an_honest_codestream_always_tells_its_size(
    width: int, height: int, left: int, top: int
) -> None:
    header = siz((left + width, top + height), origin=(left, top))
    assert size_or_refusal(header) == Size(width, height)
    data = SIGNATURE + image_header(width, height) + box(b"jp2c", header)
    assert size_or_refusal(data) == Size(width, height)


@given(st.integers(1, 1400), st.integers(1, 1400), st.lists(st.binary(max_size=40), max_size=20))
def test_an_honest_jpeg_always_tells_its_size(
    width: int, height: int, comments: list[bytes]
) -> None:
    before = b"".join(segment(0xFE, comment.replace(b"\xff", b"")) for comment in comments)
    assert size_or_refusal(b"\xff\xd8" + before + frame_header(width, height)) == Size(
        width, height
    )
