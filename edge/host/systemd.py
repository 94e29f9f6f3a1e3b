"""Reports to systemd (sd_notify(3)): ready, alive, stopping, and how the gate stands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable

from typing_extensions import override

from edge.ports import Closeable

ALIVE_EVERY_S = 5.0
STATUS = b"STATUS="


class Notifier(Closeable):
    """Reports to the service manager, if there is one.  Never waits, never fails.

    It keeps one socket open, so that a process without free descriptors still says that it lives.
    A message that did not fit is sent again before the next one.
    """

    def __init__(self, address: str | None = None) -> None:
        found = os.environ.get("NOTIFY_SOCKET", "") if address is None else address
        # An address that begins with @ is in the abstract namespace.
        self._address = "\0" + found[1:] if found.startswith("@") else found
        self._unsaid: list[bytes] = []
        self._status = b""
        self._socket: socket.socket | None = None
        if self._address:
            self._open()

    @override
    def close(self) -> None:
        """Close the socket; nothing is reported any more."""
        if self._socket is not None:
            self._socket.close()
        self._address = ""

    def ready(self) -> None:
        """Report that the daemon serves its duties, whether or not travellers are served."""
        self._say(b"READY=1")

    def stopping(self) -> None:
        """Report that the gate ends in good order."""
        self._say(b"STOPPING=1")

    def status(self, text: str) -> None:
        """Report how the gate stands, in one line for people; the same text is reported once."""
        message = STATUS + text.encode("utf-8", "replace")
        if message != self._status:
            self._status = message
            self._unsaid = [each for each in self._unsaid if not each.startswith(STATUS)]
            self._say(message)

    async def keep_alive(self, status: Callable[[], str]) -> None:
        """Ping the watchdog from the loop that matters, until cancelled."""
        while True:
            self._say(b"WATCHDOG=1")
            self.status(status())
            await asyncio.sleep(ALIVE_EVERY_S)

    def _open(self) -> None:
        with contextlib.suppress(OSError):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    def _say(self, message: bytes) -> None:
        if not self._address:
            return
        if message not in self._unsaid:
            self._unsaid.append(message)
        if self._socket is None:
            self._open()
        if self._socket is not None:
            # ValueError: the address has an impossible form.
            with contextlib.suppress(OSError, ValueError):
                while self._unsaid:
                    self._socket.sendto(self._unsaid[0], self._address)
                    del self._unsaid[0]
