"""The face benchmark: it measures what it says, and memory does not grow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.errors import SettingsError
from tools.bench import face as bench_face
from tools.bench.face import Contender

ROOT = Path(__file__).parents[4]
FRAMES = 300
GROWTH_MB = 10.0
"""A leak of every frame would be a hundred and forty, of every template's tensor ten."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "frames.npz"
    np.savez(path, frames=bench_face.frames()[:2])
    return path


def test_frames_are_those_of_a_camera() -> None:
    frames = bench_face.frames()
    assert frames.shape == (8, 480, 640, 3)
    assert frames.dtype == np.uint8
    assert len({frame.tobytes() for frame in frames}) == 8


def test_a_round_of_the_gate_finds_a_face_in_every_frame(file: Path) -> None:
    command = (sys.executable, "-m", "tools.bench.face", str(file), "all")
    with bench_face._Worker(Contender("gate", command)) as worker:
        answer = worker.round()
    assert answer["faces"] == 2
    assert answer["cpu_s"] > 0
    assert answer["peak_mb"] > 50


def test_a_contender_that_breaks_is_named(file: Path) -> None:
    with (
        bench_face._Worker(Contender("nobody", (sys.executable, "-c", "raise"))) as worker,
        pytest.raises((SettingsError, BrokenPipeError)),
    ):
        worker.round()


def test_memory_does_not_grow_from_frame_to_frame() -> None:
    """A short form of what the benchmark does over ten thousand frames."""
    program = f"from tools.bench.face import growth_mb; print(growth_mb({FRAMES}))"
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own program
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < GROWTH_MB
