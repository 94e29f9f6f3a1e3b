"""A document scanner on a pseudo terminal, for the real serial driver."""

from __future__ import annotations

import os
import tempfile
import tty
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from typing_extensions import override

from drivers.mrz_framing import ETX, STX, Framing
from edge.ports import Closeable


class VirtualSerialScanner(Closeable):
    """The far end of a serial cable.

    `port` is a link that stays after unplugging, like the links in /dev/serial/by-id.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._ends: tuple[int, int] | None = None

    @override
    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="egate-scanner-")
        self.plug()
        return self

    @override
    def close(self) -> None:
        self.unplug()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def port(self) -> str:
        """The path to open; it exists while the scanner is plugged in."""
        if self._folder is None:
            raise RuntimeError("the virtual scanner is entered first")
        return str(Path(self._folder.name, "scanner"))

    def plug(self) -> None:
        """Plug the cable in; does nothing when it is in."""
        if self._ends is None:
            ours, theirs = os.openpty()
            tty.setraw(theirs)
            os.set_blocking(ours, False)
            Path(self.port).symlink_to(os.ttyname(theirs))
            self._ends = ours, theirs

    def unplug(self) -> None:
        """Pull the cable: the program that has the port open loses the line."""
        if self._ends is not None:
            Path(self.port).unlink()
            for end in self._ends:
                os.close(end)
            self._ends = None

    def present(
        self,
        lines: Iterable[str],
        framing: Framing = Framing.PLAIN,
        line_end: bytes = b"\r",
        chunk_bytes: int | None = None,
    ) -> None:
        """Read a document: send its lines, in pieces of `chunk_bytes` or at once."""
        text = b"".join(line.encode("ascii") + line_end for line in lines)
        if framing is Framing.STX_ETX:
            text = bytes([STX]) + text + bytes([ETX])
        size = chunk_bytes or len(text) or 1
        for start in range(0, len(text), size):
            self.send(text[start : start + size])

    def send(self, data: bytes) -> None:
        """Send bytes; they are lost when nobody reads, as on any serial line."""
        if self._ends is None:
            return
        try:
            os.write(self._ends[0], data)
        except BlockingIOError:
            return
