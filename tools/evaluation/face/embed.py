"""Many pictures to templates, on every core, in the order given."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.errors import DocumentError
from edge.face import DetectedFace
from edge.face.alignment import POINTS
from edge.imaging import PHOTOGRAPH, Decoder
from tools.evaluation.face import pictures
from tools.evaluation.face.faces import Networks, Side, acquire

PICTURE_S: Final = 10.0
PICTURES_A_PROCESS: Final = 100
"""Each has a share of the processor time; a fresh process costs as much as ten pictures."""


@dataclass(frozen=True, slots=True, repr=False)
class Embedded:
    """One picture: its template, float32 [D], or why there is none."""

    path: Path
    template: NDArray[np.float32] | None
    why: str = ""
    unreadable: bool = False
    """No picture at all, rather than a picture without a face."""


def dimension(networks: Networks) -> int:
    """How many numbers a template has."""
    blank = np.zeros((112, 112, 3), np.uint8)
    face = DetectedFace(np.array([0, 0, 112, 112], np.float32), POINTS.astype(np.float32), 1.0)
    return len(networks.pipeline().embed(blank, face).vector)


def embed(
    networks: Networks, paths: Sequence[Path], side: Side, threads: int | None = None
) -> Iterator[Embedded]:
    """Every picture's template as soon as it and those before it are there.

    Raises:
        DeviceLost: the confined decoder cannot be started.
    """
    count = threads or len(os.sched_getaffinity(0))
    with ExitStack() as stack:
        workers = [_Worker(networks, side) for _ in range(min(count, len(paths)))]
        for worker in workers:
            stack.enter_context(worker.decoder)
        idle, own = list(workers), threading.local()

        def take_a_worker() -> None:
            own.worker = idle.pop()

        def embed_one(path: Path) -> Embedded:
            worker: _Worker = own.worker
            return worker.embed(path)

        executor = ThreadPoolExecutor(len(workers), initializer=take_a_worker)
        stack.callback(executor.shutdown, cancel_futures=True)
        yield from executor.map(embed_one, paths)


class _Worker:
    """What one thread works with."""

    def __init__(self, networks: Networks, side: Side) -> None:
        self.decoder = Decoder(PICTURE_S, PHOTOGRAPH, PICTURES_A_PROCESS)
        self._pipeline = networks.pipeline()
        self._side: Side = side

    def embed(self, path: Path) -> Embedded:
        try:
            pixels = self.decoder.decode(pictures.read(path))
        except OSError as error:
            return Embedded(path, None, error.strerror or "cannot be read", unreadable=True)
        except DocumentError as error:
            return Embedded(path, None, str(error), unreadable=True)
        face = acquire(self._pipeline, pixels, self._side)
        if face is None:
            return Embedded(path, None, "no face found")
        return Embedded(path, self._pipeline.embed(pixels, face).vector)
