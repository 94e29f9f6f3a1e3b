"""The tagged blocks in DER that all parts of ISO/IEC 39794 share (ISO/IEC 39794-1).

Every block is a sequence of context-specific fields.  A reader must not rely on their order and
presence.  Unknown fields are extensions and do not count.  Blocks are read one level at a time, and
no deeper than their part of the standard goes.

This software makes use of the Schema from ISO/IEC 39794-1 within modifications permitted in the
relevant ISO/IEC standard.  Please reproduce this note if possible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from edge.emrtd import der, tlv
from edge.emrtd.lds.biometric import MOST_RECORDINGS, Quality
from edge.emrtd.lds.dates import Moment
from edge.errors import LimitExceeded, MalformedFile

T = TypeVar("T")

_PRIMITIVE, _CONSTRUCTED = 0x80, 0xA0
_CODE, _EXTENSION, _FALLBACK = 0, 1, 0
_REPRESENTATIONS: Final = 1
_LONGEST_NUMBER: Final = 8


class Block:
    """A sequence of fields by number; a field is read only when it is requested."""

    def __init__(self, value: bytes) -> None:
        """Read the fields; MalformedFile when one occurs twice."""
        fields = tlv.read_all(value)
        self._fields = {field.tag: field.value for field in fields}
        if len(self._fields) != len(fields):
            raise MalformedFile("a block of ISO/IEC 39794 with a field twice")

    def block(self, number: int) -> Block:
        """A nested block, or a choice; an empty block when it is absent."""
        return Block(self._fields.get(_CONSTRUCTED | number, b""))

    def blocks(self, number: int, most: int) -> tuple[Block, ...]:
        """A sequence of blocks, empty when it is absent; LimitExceeded beyond `most`."""
        found = tlv.read_all(self._fields.get(_CONSTRUCTED | number, b""))
        if len(found) > most:
            raise LimitExceeded("more blocks of ISO/IEC 39794 than any honest record has")
        if any(each.tag != der.SEQUENCE for each in found):
            raise MalformedFile("a sequence of blocks that holds something else")
        return tuple(Block(each.value) for each in found)

    def octets(self, number: int) -> bytes:
        """A mandatory field; MalformedFile."""
        value = self._fields.get(_PRIMITIVE | number)
        if value is None:
            raise MalformedFile("a block of ISO/IEC 39794 without what it is for")
        return value

    def number(self, number: int, *, signed: bool = False) -> int | None:
        """An integer, None when it is absent; MalformedFile.

        An integer that cannot be negative is read without sign: issuers omit the leading zero.
        """
        value = self._fields.get(_PRIMITIVE | number)
        if value is None:
            return None
        if not 0 < len(value) <= _LONGEST_NUMBER:
            raise MalformedFile("an integer of no bytes, or of too many")
        return int.from_bytes(value, "big", signed=signed)

    def code(self, number: int, meanings: Mapping[int, T]) -> T | None:
        """The meaning of a code, None when it is absent or unknown.

        A code is in a choice, by itself or as fallback of an extension.
        """
        choice = self.block(number)
        code = choice.number(_CODE)
        if code is None:
            code = choice.block(_EXTENSION).number(_FALLBACK)
        return None if code is None else meanings.get(code)

    def flags(self, number: int, names: Sequence[T]) -> frozenset[T]:
        """The names whose field, by position, is a true boolean."""
        block = self.block(number)
        return frozenset(name for field, name in enumerate(names) if block.number(field))

    def moment(self, number: int) -> Moment | None:
        """A DateTimeBlock, None when it is absent or no such moment exists."""
        block = self.block(number)
        moment = Moment(*(block.number(field) for field in range(6)))
        return moment if moment != Moment() and moment.is_possible else None

    def qualities(self, number: int) -> tuple[Quality, ...]:
        """QualityBlocks: the source, and the score if there is one."""
        return tuple(
            Quality(
                each.block(0).number(0) or 0,
                each.block(0).number(1) or 0,
                each.block(1).number(0),
            )
            for each in self.blocks(number, MOST_RECORDINGS)
        )


def representations(data_block: bytes) -> tuple[Block, ...]:
    """Read a data block down to its representations; MalformedFile, LimitExceeded."""
    return Block(data_block).blocks(_REPRESENTATIONS, MOST_RECORDINGS)
