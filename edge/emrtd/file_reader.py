"""Reads whole files in the largest pieces that the chip accepts (ICAO Doc 9303-10 §3.6.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from edge.emrtd import tlv
from edge.emrtd.apdu import END_OF_FILE, OK, SHORT_LE, WRONG_LENGTH, Command, Response
from edge.emrtd.commands import (
    DISCRETIONARY_DO,
    LARGEST_SHORT_OFFSET,
    read_selected,
    read_short_identifier,
    select,
)
from edge.emrtd.dialogue import Dialogue
from edge.emrtd.document_model import LARGEST_RESPONSE, ReadHints
from edge.emrtd.files import ElementaryFile
from edge.emrtd.refusals import is_breakdown
from edge.errors import ChipError, LimitExceeded, MalformedFile

LARGEST_FILE: Final = 512 * 1024
"""Bytes; the largest portraits in the field are a fifth of it."""

_LARGEST_SERIES: Final = 4_096
"""Bytes of a file of the master file that is read to its end."""

_HEAD_LENGTH: Final = 8
"""Bytes that hold tag and length of every file; every chip delivers them at once."""

_LONGEST_WRAPPING: Final = 4
"""Bytes of tag and length of DO'53'."""

_SMALL: Final = frozenset({ElementaryFile.CARD_ACCESS, ElementaryFile.COM, ElementaryFile.DG1})
"""Files that fit a short reply: extended length is not faster."""

_LIMITS: Final = (LARGEST_RESPONSE, 4_096, 2_048, 1_024, SHORT_LE)
"""Lengths of a reply to try, protection included."""

_LEAST: Final = (223, 160, 112, 96, 64)
"""Largest bytes of content of some documents in the field, less than fits a short reply."""

_TOO_LONG: Final = frozenset({OK, END_OF_FILE, WRONG_LENGTH, 0x6B00})
"""Status words without data: the chip was asked for too much."""

Capacity: TypeAlias = Callable[[int], int]
"""From the length of a reply to its bytes of content; less when it is protected."""


class FileRefused(ChipError):
    """The chip does not give a file: the file does not exist, or access is refused."""


class FileReader:
    """Reads files of the selected directory; learns from refusals of the chip.

    `advanced` gets the size of a file as soon as it is known, and the bytes that have arrived.
    """

    def __init__(
        self, advanced: Callable[[ElementaryFile, int, int], None], learnt: ReadHints
    ) -> None:
        self._advanced = advanced
        self._identifiers_proven = False
        self.learnt = learnt
        """The hints about the chip so far."""
        self.largest_read = 0
        """Bytes of the largest piece the chip has delivered."""
        self.extended_length_in_doubt = False
        """Whether extended length was used and no reply has come since."""

    def read(self, file: ElementaryFile, capacity: Capacity = int) -> Dialogue[bytes]:
        """Read a file to the end of its outermost data object.

        Raises FileRefused; MalformedFile when it does not begin as it should; LimitExceeded.
        """
        content = bytearray((yield from self._read_head(file, capacity)))
        header = tlv.read_header(bytes(content))
        if file.tag not in (None, header.tag):
            raise MalformedFile(f"{file.name} begins with tag {header.tag:X}")
        total = header.total_length
        if total > LARGEST_FILE:
            raise LimitExceeded(f"{file.name} claims {total} bytes")
        while len(content) < total:
            self._advanced(file, len(content), total)
            content += yield from self._read_piece(file, len(content), total, capacity)
        self._advanced(file, total, total)
        return bytes(content[:total])

    def without_the_question(self, refused: int) -> ReadHints | None:
        """How to read after a refusal that ended the session; None: the file is not available.

        A chip that has not yet read by short file identifier may not support it.  A chip may refuse
        to be asked for more than a file holds.
        """
        if self.learnt.short_identifiers and not self._identifiers_proven:
            return replace(self.learnt, short_identifiers=False)
        if self.learnt.past_the_end and refused in _TOO_LONG:
            return replace(self.learnt, past_the_end=False)
        return None

    def expect(self, response_limit: int) -> None:
        """Begin with the length that the chip announces."""
        self._limit(min(self.learnt.response_limit, response_limit))

    def read_series(self, file: ElementaryFile) -> Dialogue[bytes]:
        """Read a series of data objects in a file of the master file to its end; FileRefused."""
        command = read_short_identifier(file, SHORT_LE)
        content = b""
        while len(content) < _LARGEST_SERIES:
            reply = yield command
            if not (content or _delivered(reply)):
                break
            content += reply.data[:SHORT_LE]
            if len(reply.data) < SHORT_LE or reply.sw != OK:
                return content
            command = read_selected(len(content), SHORT_LE)
        raise FileRefused(f"{file.name} cannot be read")

    def _read_head(self, file: ElementaryFile, capacity: Capacity) -> Dialogue[bytes]:
        """Select a file and read its beginning, in one command where the chip can."""
        refusal = OK
        if self.learnt.short_identifiers:
            reply = yield from self._begin(file, capacity, by_identifier=True)
            if _delivered(reply):
                self._identifiers_proven = True
                return reply.data
            refusal = reply.sw
        if not self._identifiers_proven:
            reply = yield select(file)
            refusal = reply.sw
            if reply.sw == OK:
                reply = yield from self._begin(file, capacity, by_identifier=False)
                if _delivered(reply):
                    self.learnt = replace(self.learnt, short_identifiers=False)
                    return reply.data
                refusal = reply.sw
        raise _refusal(file, refusal)

    def _begin(
        self, file: ElementaryFile, capacity: Capacity, *, by_identifier: bool
    ) -> Dialogue[Response]:
        """Read from the beginning of a file of unknown size: as much as possible, else its head.

        A chip may refuse because the length is too large for it, or because the file is shorter.
        The length in the head of the file shows which.
        """

        def command(length: int) -> Command:
            return (
                read_short_identifier(file, length) if by_identifier else read_selected(0, length)
            )

        while True:
            asked = self._first_length(file, capacity)
            reply = yield from self._ask(command(asked), asked)
            if not reply.uncounted:
                break
            self._limit(SHORT_LE)
        if _delivered(reply) or asked <= _HEAD_LENGTH or reply.sw not in _TOO_LONG:
            return reply
        reply = yield from self._ask(command(_HEAD_LENGTH), _HEAD_LENGTH)
        if _delivered(reply) and tlv.read_header(reply.data).total_length < asked:
            self.learnt = replace(self.learnt, past_the_end=False)
        return reply

    def _read_piece(
        self, file: ElementaryFile, offset: int, total: int, capacity: Capacity
    ) -> Dialogue[bytes]:
        remaining = total - offset
        wrapping = _LONGEST_WRAPPING if offset > LARGEST_SHORT_OFFSET else 0
        while True:
            command = read_selected(offset, min(self._piece(capacity), remaining + wrapping))
            reply = yield from self._ask(command, remaining)
            if _delivered(reply):
                return reply.data
            self._ask_for_less(file, command.le or 0, reply, capacity)

    def _ask(self, command: Command, wanted: int) -> Dialogue[Response]:
        """Send READ BINARY; the reply has content only, and no more than wanted."""
        self.extended_length_in_doubt |= command.extended
        reply = yield command
        data = _unwrapped(reply, command)[: min(command.le or 0, wanted)]
        if data and reply.sw in (OK, END_OF_FILE):
            self.largest_read = max(self.largest_read, len(data))
            self.extended_length_in_doubt = False
        return Response(data, reply.sw, reply.uncounted)

    def _first_length(self, file: ElementaryFile, capacity: Capacity) -> int:
        if not self.learnt.past_the_end:
            return _HEAD_LENGTH
        piece = self._piece(capacity)
        return min(piece, capacity(SHORT_LE)) if file in _SMALL else piece

    def _piece(self, capacity: Capacity) -> int:
        return _content(self.learnt.response_limit, capacity)

    def _ask_for_less(
        self, file: ElementaryFile, asked: int, reply: Response, capacity: Capacity
    ) -> None:
        most = SHORT_LE if reply.uncounted else self.learnt.response_limit
        smaller = [
            limit
            for limit in (*_LIMITS, *_LEAST)
            if limit <= most and _content(limit, capacity) < asked
        ]
        if reply.sw not in _TOO_LONG or not smaller:
            raise FileRefused(f"{file.name} breaks off (SW {reply.sw:04X}): damaged chip")
        self._limit(smaller[0])
        # Refused within the file too: the length was too large for the chip.
        self.learnt = replace(self.learnt, past_the_end=True)

    def _limit(self, length: int) -> None:
        self.learnt = replace(self.learnt, response_limit=length)


def _content(limit: int, capacity: Capacity) -> int:
    """Bytes of content to ask for under this limit of a reply."""
    return min(limit, capacity(max(limit, SHORT_LE)))


def _refusal(file: ElementaryFile, sw: int) -> FileRefused:
    why = ": damaged chip" if is_breakdown(sw) else ""
    return FileRefused(f"{file.name} cannot be read (SW {sw:04X}){why}")


def _delivered(reply: Response) -> bool:
    return bool(reply.data) and reply.sw in (OK, END_OF_FILE)


def _unwrapped(reply: Response, command: Command) -> bytes:
    """Take the data out of DO'53', which the odd instruction uses."""
    if command.ins % 2 == 0 or not reply.data:
        return reply.data
    return tlv.read_one(reply.data, DISCRETIONARY_DO).value
