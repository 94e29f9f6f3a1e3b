"""What the confined process does with the bytes it gets, here without the confinement."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Final

import numpy as np
import pytest

from edge.imaging import worker
from edge.imaging.header import LARGEST_MEMORY
from edge.imaging.process import PROGRAM
from tests.support.imaging.drawn import encoded, j2k, jp2, jpeg, pixels, turned


@pytest.mark.parametrize("encode", [jpeg, jp2, j2k])
def test_the_kind_of_picture_is_told_by_its_first_bytes(encode: Callable[[], bytes]) -> None:
    decoded, orientation = worker.decode(encode())
    assert orientation == 1
    assert decoded.mode == "RGB"
    assert np.abs(np.asarray(decoded).astype(int) - pixels()).mean() < 3


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "PPM"])
def test_no_other_decoder_of_pillow_is_ever_asked(kind: str) -> None:
    with pytest.raises(SyntaxError):
        worker.decode(encoded(kind))


ANSWER: Final = b"\x00\x00\x01\x2c\x00\x00\x01\x90\x01" + pixels().tobytes()


def answer_to(*pictures: bytes, count: int = 1) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", str(PROGRAM), str(LARGEST_MEMORY), str(count)]
    data = b"".join(len(each).to_bytes(4, "big") + each for each in pictures)
    return subprocess.run(command, input=data, capture_output=True, check=False)  # noqa: S603  # ours


def test_it_says_that_it_is_ready_then_size_and_pixels_and_ends() -> None:
    answer = answer_to(jp2())
    assert answer.stdout == worker.READY + ANSWER
    assert answer.stderr == b""
    assert answer.returncode == 0


def test_it_ends_without_an_answer_over_a_broken_picture() -> None:
    answer = answer_to(jpeg()[:3000])
    assert answer.stdout == worker.READY
    assert answer.returncode != 0


def test_it_decodes_as_many_as_it_was_told_and_no_more() -> None:
    answer = answer_to(jp2(), jp2(), jp2(), count=2)
    assert answer.stdout == worker.READY + 2 * ANSWER
    assert answer.returncode == 0


def test_it_ends_when_nothing_comes_any_more() -> None:
    answer = answer_to(jp2(), count=5)
    assert answer.stdout == worker.READY + ANSWER
    assert answer.returncode == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_tells_how_a_picture_is_to_be_turned(orientation: int) -> None:
    assert worker.decode(turned(orientation))[1] == orientation


@pytest.mark.parametrize("orientation", [0, 9, 6000])
def test_an_orientation_there_is_not_is_upright(orientation: int) -> None:
    assert worker.decode(turned(orientation))[1] == 1


@pytest.mark.filterwarnings("ignore:.*EXIF")
def test_what_cannot_be_read_as_exif_is_upright() -> None:
    honest = turned(6)
    start = honest.index(b"Exif\x00\x00") + 6
    for broken in (b"XX*\x00", b"MM\x00*\xff\xff\xff\xff", b"II*\x00\x08\x00\x00\x00\xff\xff"):
        data = honest[:start] + broken + honest[start + len(broken) :]
        assert worker.decode(data)[1] in range(1, 9)
