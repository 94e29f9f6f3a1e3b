"""Writes the log in a thread of its own: a log that nobody reads must not stop the gate."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from contextlib import suppress
from typing import Final

import structlog

MOST_LINES: Final = 1_000
PIECE_BYTES: Final = 4_096
"""So much a pipe takes without blocking when it takes anything (PIPE_BUF, pipe(7))."""

log = structlog.get_logger()


class LogWriter:
    """Keeps lines until its thread has written them.  Thread-safe.

    Lines that do not fit are counted.  The log says how many when it is read again.
    """

    def __init__(self, descriptor: int, most: int = MOST_LINES) -> None:
        self._descriptor = descriptor
        self._most = most
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="log", daemon=True).start()

    def write(self, text: str) -> None:
        """Keep a line for the thread, without waiting."""
        with self._changed:
            if len(self._lines) >= self._most:
                self._dropped += 1
                return
            self._lines.append(text)
            self._changed.notify_all()

    def flush(self) -> None:
        """Do nothing: the thread writes each line as soon as it can."""

    def drain(self, patience_s: float) -> bool:
        """Wait until every line is written; return whether this is so within `patience_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._lines, patience_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines)
                line = self._lines[0]
            with suppress(OSError):  # a log that cannot be written is no reason to end
                self._write(line)
            with self._changed:
                self._lines.popleft()
                dropped, self._dropped = self._dropped, 0
                self._changed.notify_all()
            if dropped:
                log.warning("log_lines_dropped", lines_dropped=dropped)

    def _write(self, line: str) -> None:
        """Write a whole line, however long the reader takes."""
        waiting = line.encode("utf-8", "backslashreplace")
        while waiting:
            is_writable(self._descriptor)
            waiting = waiting[os.write(self._descriptor, waiting[:PIECE_BYTES]) :]


def is_writable(descriptor: int, patience_s: float | None = None) -> bool:
    """Wait until a descriptor takes a few bytes at once; return whether it does in time."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(None if patience_s is None else patience_s * 1000))
