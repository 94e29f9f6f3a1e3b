"""A worker of the benchmark: one round over all frames for each line it reads."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
"""RGB [480, 640, 3]."""
Work: TypeAlias = Callable[[Picture], int]
"""What is done with one frame; how many faces it found."""


def serve(work: Work) -> None:
    """Answer every line with the time of one round, as JSON, until there are no more lines."""
    with np.load(sys.argv[1]) as file:
        frames = list(file["frames"])
    for _ in sys.stdin:
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        faces = sum(work(frame) for frame in frames)
        answer = {
            "wall_s": (time.perf_counter() - wall_s) / len(frames),
            "cpu_s": (time.process_time() - cpu_s) / len(frames),
            "faces": faces,
            "peak_mb": _peak_mb(),
        }
        print(json.dumps(answer), flush=True)


def _peak_mb() -> float:
    """The most memory this process has had resident."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024 / 1e6
