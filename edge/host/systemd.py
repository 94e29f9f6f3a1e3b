"""Reports to systemd (sd_notify(3)): ready, alive, stopping."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket

ALIVE_EVERY_S = 5.0


class Notifier:
    """Reports to the service manager, if there is one.  Never waits, never fails.

    A message that did not fit is sent again before the next one.
    """

    def __init__(self, address: str | None = None) -> None:
        found = os.environ.get("NOTIFY_SOCKET", "") if address is None else address
        # An address that begins with @ is in the abstract namespace.
        self._address = "\0" + found[1:] if found.startswith("@") else found
        self._unsaid: list[bytes] = []

    def ready(self) -> None:
        """Report that the gate serves travellers."""
        self._say(b"READY=1")

    def stopping(self) -> None:
        """Report that the gate ends in good order."""
        self._say(b"STOPPING=1")

    async def keep_alive(self) -> None:
        """Ping the watchdog from the loop that matters, until cancelled."""
        while True:
            self._say(b"WATCHDOG=1")
            await asyncio.sleep(ALIVE_EVERY_S)

    def _say(self, message: bytes) -> None:
        if not self._address:
            return
        if message not in self._unsaid:
            self._unsaid.append(message)
        # ValueError: the address has an impossible form.
        with (
            contextlib.suppress(OSError, ValueError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out,
        ):
            out.setblocking(False)
            while self._unsaid:
                out.sendto(self._unsaid[0], self._address)
                del self._unsaid[0]
