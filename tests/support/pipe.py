"""A pipe whose reader reads when it is told: a log that nobody reads."""

from __future__ import annotations

import os
from contextlib import suppress

from typing_extensions import override

from edge.ports import Closeable
from tools.chaos.log_pipe import fill


class Pipe(Closeable):
    """Both ends of a pipe."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()

    def fill(self) -> None:
        """Fill it up: whoever writes now waits."""
        fill(self.writing)

    def read(self, count: int) -> bytes:
        """Read so many bytes."""
        found = b""
        while len(found) < count:
            found += os.read(self.reading, count - len(found))
        return found

    def lines(self, count: int) -> list[str]:
        """Read so many lines that are not empty."""
        found = b""
        while len(found.split(b"\n")) <= count:
            found = (found + os.read(self.reading, 1)).lstrip(b"\n")
        return found.decode().split("\n")[:count]

    @override
    def close(self) -> None:
        for end in (self.reading, self.writing):
            with suppress(OSError):
                os.close(end)
