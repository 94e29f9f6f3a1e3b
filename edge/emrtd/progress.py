"""Reports of progress while a chip is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from typing_extensions import override

from edge.emrtd.contents import Access
from edge.emrtd.files import ElementaryFile


@dataclass(frozen=True, slots=True)
class AccessGranted:
    """The chip is open.  Reported again when the session starts again."""

    access: Access


@dataclass(frozen=True, slots=True, repr=False)
class FileRead:
    """A file is complete, byte for byte as read; nothing about it is verified."""

    file: ElementaryFile
    content: bytes

    @override
    def __repr__(self) -> str:
        """Name the file, hide its content."""
        return f"FileRead({self.file.name}, {len(self.content)} bytes)"


@dataclass(frozen=True, slots=True)
class Advanced:
    """Bytes that have arrived, of bytes expected; the headers of files make the number exact."""

    done_bytes: int
    total_bytes: int


Progress: TypeAlias = AccessGranted | FileRead | Advanced

_TYPICAL_SIZES: Final = {
    ElementaryFile.COM: 30,
    ElementaryFile.SOD: 2_000,
    ElementaryFile.DG14: 400,
    ElementaryFile.DG1: 93,
    ElementaryFile.DG15: 300,
    ElementaryFile.DG2: 18_000,
}
"""Bytes expected of a file that has not been opened yet."""
_STEPS: Final = 20
"""Reports about a large file."""


class ProgressTally:
    """Adds up the bytes that have arrived, and reports them in steps."""

    def __init__(self, observe: Callable[[Progress], None]) -> None:
        self._observe = observe
        self._expected = dict(_TYPICAL_SIZES)
        self._arrived = dict.fromkeys(_TYPICAL_SIZES, 0)
        self._unseen = 0
        """Bytes of the present file at the last report."""

    def advanced(self, file: ElementaryFile, arrived: int, size: int) -> None:
        """Note the bytes that have arrived of a file of this size.

        Many pieces of a file are few steps: who watches sees no difference.
        """
        if 0 < arrived - self._unseen < size // _STEPS and arrived < size:
            return
        self._unseen = arrived % size if size else 0
        self._arrived[file] = arrived
        self._expected[file] = size
        self._observe(Advanced(sum(self._arrived.values()), sum(self._expected.values())))

    def absent(self, file: ElementaryFile) -> None:
        """Note that a file will not come."""
        self.advanced(file, 0, 0)
