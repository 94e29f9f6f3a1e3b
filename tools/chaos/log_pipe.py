"""The log of a daemon in a pipe, whose reader may stop reading as a log service does that hangs."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

from typing_extensions import override

from edge.ports import Closeable


def fill(writing: int) -> None:
    """Fill a pipe up by its writing end: whoever writes into it now waits."""
    # A description of its own: that of the others stays as it is.
    ours = os.open(f"/proc/self/fd/{writing}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        for piece in (b"\n" * 4096, b"\n"):
            with suppress(BlockingIOError):
                while True:
                    os.write(ours, piece)
    finally:
        os.close(ours)


class LogPipe(Closeable):
    """Keeps in a file what a daemon says in all its lives; `with` begins and ends the reading."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self.writing = -1
        """What the daemon writes to, while there is a reader."""
        self._reads = threading.Event()
        self._reads.set()
        self._thread: threading.Thread | None = None

    @override
    def __enter__(self) -> Self:
        reading, self.writing = os.pipe()
        self._thread = threading.Thread(target=self._read, args=(reading,), daemon=True)
        self._thread.start()
        return self

    @override
    def close(self) -> None:
        """End the reading; whoever else holds the writing end must have ended."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self.resume()
            os.close(self.writing)
            thread.join()

    def stall(self) -> None:
        """Read no more, and leave no room."""
        self._reads.clear()
        fill(self.writing)

    def resume(self) -> None:
        """Read again."""
        self._reads.set()

    def newest(self, most: int) -> list[str]:
        """The newest lines, the oldest of them first."""
        with suppress(FileNotFoundError):
            return self._kept.read_text(encoding="utf-8", errors="replace").splitlines()[-most:]
        return []

    def _read(self, reading: int) -> None:
        with os.fdopen(reading, "rb") as pipe, self._kept.open("ab", buffering=0) as kept:
            for line in pipe:
                self._reads.wait()
                if line != b"\n":
                    kept.write(line)
