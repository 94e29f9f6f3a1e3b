"""One confined process, as its parent uses it: every wait has an end."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.imaging.header import LARGEST_MEMORY, Size

PROGRAM: Final = Path(__file__).with_name("worker.py")
READY_S: Final = 10.0
"""Most time in which a busy machine starts an interpreter."""
KILLED_S: Final = 2.0
TURNS: Final[Mapping[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: pixels[::-1].transpose(1, 0, 2),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: pixels[:, ::-1].transpose(1, 0, 2),
}
"""The turn that makes a picture upright, by EXIF orientation (CIPA DC-008 §4.6.5)."""


class Process:
    """A worker that decodes one picture, or the given number.

    Every method raises OSError (TimeoutError among them) when the worker is late or dead, or gives
    no valid answer; then `kill` it.
    """

    def __init__(self, memory: int = LARGEST_MEMORY, pictures: int = 1) -> None:
        self.pictures = pictures
        """How many pictures it can still decode; 0 once it has failed."""
        self._popen = subprocess.Popen(  # noqa: S603  # our own interpreter, our own file
            [sys.executable, "-I", str(PROGRAM), str(memory), str(pictures)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"MALLOC_ARENA_MAX": "1"},
            bufsize=0,
        )
        if self._popen.stdin is None or self._popen.stdout is None:
            raise BrokenPipeError
        self._input, self._output = self._popen.stdin.fileno(), self._popen.stdout.fileno()
        os.set_blocking(self._input, False)
        os.set_blocking(self._output, False)
        self._is_ready = False

    @property
    def pid(self) -> int:
        """The process id."""
        return self._popen.pid

    def wait_until_ready(self) -> None:
        """Wait until the worker has confined itself."""
        if not self._is_ready:
            self._fill(memoryview(bytearray(1)), time.monotonic() + READY_S)
            self._is_ready = True
        if self._popen.poll() is not None:
            raise BrokenPipeError

    def decode(self, data: bytes, size: Size, timeout_s: float) -> NDArray[np.uint8]:
        """Decode a picture of exactly that size: RGB, uint8 [H, W, 3], turned upright."""
        deadline_s = time.monotonic() + timeout_s
        left, self.pictures = self.pictures - 1, 0
        self._send(len(data).to_bytes(4, "big") + data, deadline_s)
        if not left and self._popen.stdin is not None:
            self._popen.stdin.close()
        claimed = size.width.to_bytes(4, "big") + size.height.to_bytes(4, "big")
        answered = bytearray(9)
        self._fill(memoryview(answered), deadline_s)
        if answered[:8] != claimed or answered[8] not in TURNS:
            raise OSError("the picture is of another size than its header says")
        pixels = np.empty((size.height, size.width, 3), np.uint8)
        self._fill(memoryview(pixels.reshape(-1).data), deadline_s)
        self.pictures = left
        return TURNS[answered[8]](pixels)

    def kill(self) -> None:
        """End the process at once; never raises."""
        self._popen.kill()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                pipe.close()
        with suppress(subprocess.TimeoutExpired):  # the kernel ends it when it can
            self._popen.wait(KILLED_S)

    def _send(self, data: bytes, deadline_s: float) -> None:
        waiting = memoryview(data)
        while waiting:
            _wait_for(self._input, select.POLLOUT, deadline_s)
            waiting = waiting[os.write(self._input, waiting) :]

    def _fill(self, empty: memoryview, deadline_s: float) -> None:
        while empty:
            _wait_for(self._output, select.POLLIN, deadline_s)
            count = os.readv(self._output, [empty])
            if not count:
                raise BrokenPipeError
            empty = empty[count:]


def _wait_for(descriptor: int, event: int, deadline_s: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(deadline_s - time.monotonic(), 0) * 1000):
        raise TimeoutError
