"""A virtual chip in a virtual reader of the real pcscd (vsmartcard's vpcd)."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Protocol, Self

from typing_extensions import override

from edge.ports import Closeable

POWER_OFF, POWER_ON, RESET, GET_ATR = 0, 1, 2, 4
CONNECT_S = 5.0


class Chip(Protocol):
    """A chip in the field, such as `drivers.virtual.chip.virtual_chip.VirtualChip`."""

    def transmit(self, command: bytes) -> bytes:
        """Answer a command APDU."""

    def reset(self) -> None:
        """Lose every session."""


class VpcdCard(Closeable):
    """Presents a chip to vpcd while it is inserted; its own thread answers.

    vpcd speaks over TCP: two bytes of length, then an APDU or one control byte.
    """

    def __init__(self, chip: Chip, atr: bytes, port: int, host: str = "127.0.0.1") -> None:
        self._chip = chip
        self._atr = atr
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @override
    def __enter__(self) -> Self:
        self.insert()
        return self

    @override
    def close(self) -> None:
        self.remove()

    def insert(self) -> None:
        """Lay the chip on the reader; OSError when nobody listens there."""
        link = socket.create_connection(self._address, CONNECT_S)
        link.settimeout(None)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = link
        self._thread = threading.Thread(target=self._serve, args=(link,), name="vpcd", daemon=True)
        self._thread.start()

    def remove(self) -> None:
        """Take the chip away; does nothing when there is none."""
        link, self._socket = self._socket, None
        if link is None:
            return
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        link.close()

    def wait(self) -> None:
        """Wait until the chip is taken away, or the reader is gone."""
        if self._thread is not None:
            self._thread.join()

    def _serve(self, link: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                message = _receive(link, int.from_bytes(_receive(link, 2), "big"))
                answer = self._control(message[0]) if len(message) == 1 else self._answer(message)
                if answer is not None:
                    link.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, command: bytes) -> bytes:
        return self._chip.transmit(command)

    def _control(self, code: int) -> bytes | None:
        if code == GET_ATR:
            return self._atr
        if code in {POWER_OFF, POWER_ON, RESET}:
            self._chip.reset()
        return None


def _receive(link: socket.socket, count: int) -> bytes:
    """Receive exactly so many bytes; EOFError when the reader is gone."""
    received = b""
    while len(received) < count:
        part = link.recv(count - len(received))
        # vpcd writes length and data separately: without this every APDU waits for a late ACK.
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not part:
            raise EOFError
        received += part
    return received
