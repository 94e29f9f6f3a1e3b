"""Frames of document scanners: how the lines of an MRZ arrive on a serial line.

A framer turns bytes, in pieces of any size, into documents.  Scanners differ in line ends, in the
mark for an unreadable character, and in whether they end the last line.  Nothing here knows ports
or time: the reader of the port reports a silence longer than the pause between two characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeAlias

from edge.mrz.layouts import layout_of
from edge.mrz.reading import CHARACTERS

Lines: TypeAlias = tuple[str, ...]

LONGEST_LINE = 128
LONGEST_FRAME = 1024
"""Bytes; a longer frame holds no document (CUTE readers stop here as well)."""
MOST_LINES = 3

STX, ETX = 0x02, 0x03
LINE_ENDS = frozenset(b"\r\n")
UNKNOWN = "<"


class Framing(StrEnum):
    """The framings that a scanner can send."""

    PLAIN = "plain"
    """Lines, each ended by CR, LF or both; the last end may be missing."""
    STX_ETX = "stx-etx"
    """The same lines between STX and ETX, as DESKO and CUTE readers send them."""


class Framer(Protocol):
    """Collects bytes into documents; other pieces of the same bytes give the same documents."""

    dropped: int
    """Frames dropped so far: unfinished, oversized or empty."""

    @property
    def unfinished(self) -> bool:
        """Whether a document has begun, so that a silence would end it."""

    def feed(self, data: bytes) -> Iterator[Lines]:
        """Take bytes in, yield the documents they complete."""

    def silence(self) -> Iterator[Lines]:
        """The line has been quiet: yield what is complete, forget what is not."""


class LineAssembler:
    """Turns bytes into lines: any line end, `<` for unreadable characters, no noise.

    A printable character that no MRZ has marks an unreadable one (`_`, `?`, blank, `*` are in use).
    All other bytes are noise.
    """

    def __init__(self) -> None:
        self._line: list[str] = []
        self._overlong = False

    @property
    def begun(self) -> bool:
        """Whether a line has begun."""
        return bool(self._line)

    def take(self, byte: int) -> str | None:
        """Take one byte, return the line it ends; empty and overlong lines are dropped."""
        if byte in LINE_ENDS:
            return self.end()
        if 0x20 <= byte <= 0x7E:
            character = chr(byte)
            self._overlong = self._overlong or len(self._line) >= LONGEST_LINE
            if not self._overlong:
                self._line.append(character if character in CHARACTERS else UNKNOWN)
        return None

    def end(self) -> str | None:
        """Return the line so far and begin the next."""
        line = None if self._overlong else "".join(self._line)
        self._line.clear()
        self._overlong = False
        return line or None


class PlainFramer:
    """`Framing.PLAIN`: a document ends when its last lines form a layout.

    Lines before those come from an incomplete document and are dropped.
    """

    def __init__(self) -> None:
        self._assembler = LineAssembler()
        self._lines: list[str] = []
        self.dropped = 0

    @property
    def unfinished(self) -> bool:
        """Whether a line or a part of it waits for the rest of its document."""
        return bool(self._lines) or self._assembler.begun

    def feed(self, data: bytes) -> Iterator[Lines]:
        """Take bytes in, yield the documents they complete."""
        for byte in data:
            if line := self._assembler.take(byte):
                yield from self._append(line)

    def silence(self) -> Iterator[Lines]:
        """End the last line, because some scanners do not; then drop an unfinished document."""
        if line := self._assembler.end():
            yield from self._append(line)
        if self._lines:
            self._lines.clear()
            self.dropped += 1

    def _append(self, line: str) -> Iterator[Lines]:
        self._lines = [*self._lines[-(MOST_LINES - 1) :], line]
        for count in range(1, len(self._lines) + 1):
            if layout_of(self._lines[-count:]):
                self.dropped += count < len(self._lines)
                document = tuple(self._lines[-count:])
                self._lines.clear()
                yield document
                return


class StxEtxFramer:
    """`Framing.STX_ETX`: each frame is a document, also without a known layout."""

    def __init__(self) -> None:
        self._frame: bytearray | None = None
        self.dropped = 0

    @property
    def unfinished(self) -> bool:
        """Whether a frame was begun and not ended."""
        return self._frame is not None

    def feed(self, data: bytes) -> Iterator[Lines]:
        """Take bytes in, yield the documents they complete; a new STX drops the old frame."""
        for byte in data:
            if byte == STX:
                self._give_up()
                self._frame = bytearray()
            elif self._frame is not None and byte == ETX:
                frame, self._frame = self._frame, None
                yield from self._document(bytes(frame))
            elif self._frame is not None:
                self._frame.append(byte)
                if len(self._frame) > LONGEST_FRAME:
                    self._give_up()

    def silence(self) -> Iterator[Lines]:
        """Drop an unfinished frame."""
        self._give_up()
        yield from ()

    def _document(self, frame: bytes) -> Iterator[Lines]:
        assembler = LineAssembler()
        ended = [assembler.take(byte) for byte in frame]
        lines = tuple(line for line in [*ended, assembler.end()] if line)
        if lines:
            yield lines
        else:
            self.dropped += 1

    def _give_up(self) -> None:
        self.dropped += self._frame is not None
        self._frame = None


_FRAMERS: Mapping[Framing, type[PlainFramer | StxEtxFramer]] = MappingProxyType(
    {Framing.PLAIN: PlainFramer, Framing.STX_ETX: StxEtxFramer}
)


def framer_for(framing: Framing) -> Framer:
    """Make a new framer."""
    return _FRAMERS[framing]()
