"""What the confined process does with the bytes it gets, here without the confinement."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from edge.imaging import worker
from edge.imaging.process import PROGRAM
from tests.unit.imaging.drawn import encoded, j2k, jp2, jpeg, pixels


@pytest.mark.parametrize("encode", [jpeg, jp2, j2k])
def test_the_kind_of_picture_is_told_by_its_first_bytes(encode: Callable[[], bytes]) -> None:
    decoded = worker.decode(encode())
    assert decoded.mode == "RGB"
    assert np.abs(np.asarray(decoded).astype(int) - pixels()).mean() < 3


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF", "BMP", "PPM"])
def test_no_other_decoder_of_pillow_is_ever_asked(kind: str) -> None:
    with pytest.raises(SyntaxError):
        worker.decode(encoded(kind))


def answer_to(data: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", str(PROGRAM)]
    return subprocess.run(command, input=data, capture_output=True, check=False)  # noqa: S603  # ours


def test_it_says_that_it_is_ready_then_size_and_pixels_and_ends() -> None:
    answer = answer_to(jp2())
    expected = b"\x00\x00\x01\x2c\x00\x00\x01\x90" + pixels().tobytes()
    assert answer.stdout == worker.READY + expected
    assert answer.stderr == b""
    assert answer.returncode == 0


def test_it_ends_without_an_answer_over_a_broken_picture() -> None:
    answer = answer_to(jpeg()[:3000])
    assert answer.stdout == worker.READY
    assert answer.returncode != 0
