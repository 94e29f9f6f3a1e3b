"""The parent's side of the confined process."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edge.errors import MalformedFile
from edge.imaging.header import examine

PICTURE_S = 1.0
"""How long one picture may take, on the wall clock."""


class Decoder:
    """Decodes pictures in a process of its own; thread-safe, one picture at a time.

    The process is started on enter, killed when it takes too long, and started anew when it died.
    """

    def __init__(self, picture_s: float = PICTURE_S) -> None:
        self._picture_s = picture_s
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        with self._lock:
            self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._kill()

    @property
    def pid(self) -> int | None:
        """The confined process, for whoever measures it."""
        return self._process.pid if self._process else None

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """Decode JPEG or JPEG 2000 to RGB, uint8 [H, W, 3].

        Raises:
            MalformedFile: it is no such picture, or its decoder gave up or died over it.
            LimitExceeded: it claims to be larger than any portrait.
        """
        size = examine(data)
        with self._lock:
            process = self._process
            if process is None or process.poll() is not None:
                process = self._start()
            answer = self._ask(process, data, 8 + size.width * size.height * 3)
        width = int.from_bytes(answer[:4], "big")
        height = int.from_bytes(answer[4:8], "big")
        if (width, height) != (size.width, size.height):
            raise MalformedFile("a picture that cannot be decoded")
        return np.frombuffer(answer, np.uint8, offset=8).reshape(height, width, 3).copy()

    def _ask(self, process: subprocess.Popen[bytes], data: bytes, most: int) -> bytearray:
        """Send a picture, read the answer; a process that is late or dead is replaced."""
        deadline_s = time.monotonic() + self._picture_s
        answer = bytearray()
        try:
            self._send(process, len(data).to_bytes(4, "big") + data)
            while len(answer) < (8 if answer[:8] == bytes(8) else most):
                answer += self._receive(process, deadline_s, most - len(answer))
        except (OSError, TimeoutError) as error:
            self._kill()
            raise MalformedFile("a picture that its decoder could not bear") from error
        return answer

    def _send(self, process: subprocess.Popen[bytes], message: bytes) -> None:
        if process.stdin is None:
            raise BrokenPipeError
        process.stdin.write(message)
        process.stdin.flush()

    def _receive(self, process: subprocess.Popen[bytes], deadline_s: float, most: int) -> bytes:
        if process.stdout is None:
            raise BrokenPipeError
        remaining_s = deadline_s - time.monotonic()
        if not select.select([process.stdout], [], [], max(remaining_s, 0))[0]:
            raise TimeoutError
        received = os.read(process.stdout.fileno(), most)
        if not received:
            raise BrokenPipeError
        return received

    def _start(self) -> subprocess.Popen[bytes]:
        self._kill()
        self._process = subprocess.Popen(  # our own interpreter, our own module
            [sys.executable, "-I", "-m", "edge.imaging.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
        )
        return self._process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
