"""Decodes untrusted pictures to pixels; an attack on the decoder stays in its process."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from edge.errors import DeviceLost, MalformedFile
from edge.imaging.header import PORTRAIT, Limits, examine
from edge.imaging.process import Process
from edge.ports import Closeable

NAME = "picture-decoder"
PICTURE_S = 1.0
"""Most time for one picture, on the wall clock."""


class Decoder(Closeable):
    """Decodes each picture in a new confined process; one at a time, from any thread.

    No process sees pictures of two documents: an attack by one picture cannot reach the portrait of
    the next traveller.  The next process is always started and confined in advance.  Tools with
    many pictures of one source may let a process decode `pictures` of them.
    """

    def __init__(
        self, picture_s: float = PICTURE_S, limits: Limits = PORTRAIT, pictures: int = 1
    ) -> None:
        self._picture_s = picture_s
        self._limits = limits
        self._pictures = pictures
        self._waiting: Process | None = None
        self._is_open = False
        self._lock = threading.Lock()

    @override
    def __enter__(self) -> Self:
        """Start the first process; DeviceLost when that fails."""
        with self._lock:
            self._waiting = self._ready()
            self._is_open = True
        return self

    @override
    def close(self) -> None:
        """End the waiting process."""
        with self._lock:
            self._is_open = False
            waiting, self._waiting = self._waiting, None
            if waiting is not None:
                waiting.kill()

    @property
    def pid(self) -> int | None:
        """The waiting process, for measurements."""
        waiting = self._waiting
        return waiting.pid if waiting else None

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """Decode JPEG or JPEG 2000 (or what the limits allow) to RGB, uint8 [H, W, 3].

        Raises:
            MalformedFile: it is no such picture, or the decoder failed or died.
            LimitExceeded: it claims to be larger than any portrait.
            DeviceLost: the decoder is closed, or no process can be started.
        """
        size = examine(data, self._limits)
        with self._lock:
            process = self._take()
            try:
                return process.decode(data, size, self._picture_s)
            except OSError as error:
                raise MalformedFile("a picture that made its decoder fail") from error
            finally:
                self._put_back(process)

    def _put_back(self, process: Process) -> None:
        if process.pictures:
            self._waiting = process
            return
        process.kill()
        # When this fails, the next picture tries again and raises.
        with suppress(OSError):
            self._waiting = self._started()

    def _take(self) -> Process:
        """The waiting process, or a new one when that has died."""
        if not self._is_open:
            raise DeviceLost(NAME, "is closed")
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            try:
                waiting.wait_until_ready()
            except OSError:
                waiting.kill()
            else:
                return waiting
        return self._ready()

    def _started(self) -> Process:
        return Process(self._limits.memory, self._pictures)

    def _ready(self) -> Process:
        try:
            process = self._started()
        except OSError as error:
            raise DeviceLost(NAME, "cannot be started") from error
        try:
            process.wait_until_ready()
        except OSError as error:
            process.kill()
            raise DeviceLost(NAME, "does not start; run: make setup") from error
        return process
