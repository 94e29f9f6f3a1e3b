"""Wakes a thread that waits for a socket."""

from __future__ import annotations

import contextlib
import socket


class Bell:
    """Each thread may ring; one thread waits for `ear` to be readable, and hushes."""

    def __init__(self) -> None:
        self.ear, self._bell = socket.socketpair()
        self.ear.setblocking(False)
        self._bell.setblocking(False)

    def ring(self) -> None:
        """Ring; a bell that rings already, or is closed, stays as it is."""
        with contextlib.suppress(OSError):
            self._bell.send(b"\0")

    def hush(self) -> None:
        """Be quiet until it rings again."""
        with contextlib.suppress(BlockingIOError):
            self.ear.recv(4096)

    def close(self) -> None:
        """Close both ends."""
        self.ear.close()
        self._bell.close()
