"""What systemd wants to hear (sd_notify(3)): ready, alive, stopping."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket

ALIVE_EVERY_S = 5.0


class Notifier:
    """Tells the service manager, if there is one."""

    def __init__(self, address: str | None = None) -> None:
        found = os.environ.get("NOTIFY_SOCKET") if address is None else address
        # An address that begins with @ is in the abstract namespace.
        self._address = found.replace("@", "\0", 1) if found else None

    def ready(self) -> None:
        """The gate serves travellers."""
        self._send(b"READY=1")

    def stopping(self) -> None:
        """The gate ends its work in good order."""
        self._send(b"STOPPING=1")

    async def keep_alive(self) -> None:
        """Ping the watchdog from the loop that matters, until cancelled."""
        while True:
            self._send(b"WATCHDOG=1")
            await asyncio.sleep(ALIVE_EVERY_S)

    def _send(self, message: bytes) -> None:
        if self._address is None:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(message, self._address)
