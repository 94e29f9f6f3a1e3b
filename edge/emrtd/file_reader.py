"""Reading whole files in the largest pieces the chip bears (ICAO Doc 9303-10 §3.6.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from edge.emrtd import tlv
from edge.emrtd.apdu import END_OF_FILE, OK, WRONG_LENGTH, Command, Response
from edge.emrtd.commands import (
    DISCRETIONARY_DO,
    LARGEST_SHORT_OFFSET,
    read_selected,
    read_short_identifier,
    select,
)
from edge.emrtd.dialogue import Dialogue
from edge.emrtd.files import ElementaryFile
from edge.errors import ChipError, LimitExceeded, MalformedFile

LARGEST_FILE: Final = 512 * 1024
"""Bytes; the largest portraits in the field are a fifth of it."""

_HEAD_LENGTH: Final = 8
"""Bytes read first: tag and length of any file, in one command."""

_LONGEST_WRAPPING: Final = 4
"""Bytes of tag and length of DO'53'."""

_EXTENDED_SIZES: Final = (65_000, 4_096, 1_024)
_SHORT_SIZES: Final = (223, 160, 112, 96)
"""223 fits a protected reply of 256 bytes; the smaller are what field documents insist on."""

_TOO_LONG: Final = frozenset({OK, END_OF_FILE, WRONG_LENGTH, 0x6B00})
"""Status words, with no data, by which chips say that they were asked for too much."""


class FileRefused(ChipError):
    """The chip does not give a file: it has none such, or not for us."""


class FileReader:
    """Reads files of the selected directory; remembers what the chip has refused.

    `advanced` is told the size of a file as soon as it is known, and what has arrived of it.
    """

    def __init__(
        self, advanced: Callable[[ElementaryFile, int, int], None], *, extended_length: bool
    ) -> None:
        self._advanced = advanced
        self._sizes = list((*_EXTENDED_SIZES, *_SHORT_SIZES) if extended_length else _SHORT_SIZES)
        self._short_identifiers_work = False
        self.largest_read = 0
        """Bytes of the largest piece the chip has delivered."""
        self.extended_length_in_doubt = False
        """Whether extended length was asked for and nothing has been delivered since."""

    def read(self, file: ElementaryFile) -> Dialogue[bytes]:
        """Read a file to the end of its outermost data object.

        Raises FileRefused; MalformedFile when it does not begin as it should; LimitExceeded.
        """
        head = yield from self._read_head(file)
        header = tlv.read_header(head)
        if file.tag not in (None, header.tag):
            raise MalformedFile(f"{file.name} begins with tag {header.tag:X}")
        total = header.total_length
        if total > LARGEST_FILE:
            raise LimitExceeded(f"{file.name} claims {total} bytes")
        content = bytearray(head)
        while len(content) < total:
            self._advanced(file, len(content), total)
            content += yield from self._read_piece(file, len(content), total - len(content))
        self._advanced(file, total, total)
        return bytes(content[:total])

    def _read_head(self, file: ElementaryFile) -> Dialogue[bytes]:
        """Select a file and read its beginning, in one command where the chip can."""
        reply = yield read_short_identifier(file, _HEAD_LENGTH)
        if reply.data and reply.sw in (OK, END_OF_FILE):
            self._short_identifiers_work = True
            return reply.data[:_HEAD_LENGTH]
        if not self._short_identifiers_work:
            reply = yield select(file)
            if reply.sw == OK:
                reply = yield read_selected(0, _HEAD_LENGTH)
                if reply.data and reply.sw in (OK, END_OF_FILE):
                    return reply.data[:_HEAD_LENGTH]
        raise FileRefused(f"{file.name} cannot be read (SW {reply.sw:04X})")

    def _read_piece(self, file: ElementaryFile, offset: int, remaining: int) -> Dialogue[bytes]:
        while True:
            wrapping = _LONGEST_WRAPPING if offset > LARGEST_SHORT_OFFSET else 0
            command = read_selected(offset, min(self._sizes[0], remaining + wrapping))
            self.extended_length_in_doubt |= command.extended
            reply = yield command
            piece = _unwrapped(reply, command)[:remaining]
            if piece and reply.sw in (OK, END_OF_FILE):
                self.largest_read = max(self.largest_read, len(piece))
                self.extended_length_in_doubt = False
                return piece
            self._ask_for_less(file, command.le or 0, reply)

    def _ask_for_less(self, file: ElementaryFile, asked: int, reply: Response) -> None:
        smaller = [size for size in self._sizes if size < asked]
        if reply.sw not in _TOO_LONG or not smaller:
            raise FileRefused(f"{file.name} breaks off (SW {reply.sw:04X}): damaged chip")
        self._sizes = smaller


def _unwrapped(reply: Response, command: Command) -> bytes:
    """Take the data out of DO'53' where the odd instruction put it."""
    if command.ins % 2 == 0 or not reply.data:
        return reply.data
    return tlv.read_one(reply.data, DISCRETIONARY_DO).value
