"""A journal on a disk a test fills, holds and makes unreadable."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from typing_extensions import override

from edge.contract.events import EventDraft
from edge.errors import DeliveryError
from edge.journal.journal import Backlog, Journal, Stored
from tests.support.bench import STUCK_S
from tests.support.signing import SIGN

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Disk(Journal):
    """A journal on a disk that can be filled, held, and made unreadable."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            source="/site/lane",
            simulated=True,
            clock=lambda: NOON,
            random=os.urandom,
            sign=SIGN,
        )
        self.path = path
        self.groups: list[int] = []
        """How many events each write brought."""
        self.asked = threading.Event()
        self.may_write = threading.Event()
        self.may_write.set()
        self.readable = True

    def fill(self) -> None:
        self._connection.execute("PRAGMA max_page_count = 1")

    def free(self) -> None:
        self._connection.execute("PRAGMA max_page_count = 1000000")

    @override
    def append(self, drafts: Sequence[EventDraft], acknowledged: int = 0) -> list[Stored]:
        self.asked.set()
        assert self.may_write.wait(STUCK_S)
        stored = super().append(drafts, acknowledged)
        self.groups.append(len(drafts))
        return stored

    @override
    def backlog(self) -> Backlog:
        if not self.readable:
            raise DeliveryError("the journal cannot be read now")
        return super().backlog()
