"""Brings events from the loop to the journal: in order, grouped, and awaited where it matters."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from edge.device_thread import DeviceThread
from edge.errors import DeliveryError
from edge.events import EventDraft
from edge.journal import FORGOTTEN, Journal

RETRY_S = 2.0
MOST_AT_ONCE = 1000
"""Events in one transaction, at most."""
TIDY_EVERY_S = 600.0
PAUSE_S = 0.05
WRONG_CLOCK = timedelta(days=1)
"""What was recorded so far in the future was recorded while the clock was wrong."""

log = structlog.get_logger()


def _nothing() -> None:
    """Nobody listens yet."""


class Recorder:
    """Writes one journal from one thread; everything else is called in the event loop."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.on_written: Callable[[], None] = _nothing
        """Called after each durable write."""
        self.on_health: Callable[[], None] = _nothing
        """Called when writing begins to fail or to work again."""
        self._thread = DeviceThread("journal")
        self._waiting: list[EventDraft] = []
        self._put = 0
        self._written = 0
        """How many events were put, and written, since the start."""
        self._acknowledged = 0
        self._due = asyncio.Event()
        self._writing = asyncio.Lock()
        self.healthy = True
        """A gate that cannot write down what it does must not serve."""
        self.backlog = journal.backlog()
        """What waited for the central system when last something was written."""
        self.free_bytes = journal.free_bytes()
        """Room that erased events have left in the file."""
        self.first_sequence = journal.first_sequence
        """The oldest event still kept."""

    @property
    def depth(self) -> int:
        """How many events wait for the central system."""
        return self.backlog.events

    @property
    def unwritten(self) -> int:
        """How many events wait for the disk."""
        return len(self._waiting)

    def put(self, draft: EventDraft) -> None:
        """Queue an event; it is written soon, together with its neighbours."""
        self._waiting.append(draft)
        self._put += 1
        self._due.set()

    def acknowledge(self, sequence: int) -> None:
        """The central system has stored everything up to a sequence."""
        self._acknowledged = max(self._acknowledged, sequence)
        self._due.set()

    def oldest_age_s(self, moment: datetime) -> float | None:
        """How long the oldest unacknowledged event has been waiting."""
        oldest = self.backlog.oldest
        return None if oldest is None else (moment - oldest).total_seconds()

    async def commit(self) -> None:
        """Wait until everything put so far is on the disk.

        Cancelling the wait does not stop the write: an event is written once, or stays queued.

        Raises:
            DeliveryError: it is not; the events stay queued.
        """
        await asyncio.shield(self._commit())

    async def run(self) -> None:
        """Write what is queued until cancelled; keep trying when the disk refuses."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self.commit()
            except DeliveryError:
                await asyncio.sleep(RETRY_S)
                self._due.set()

    async def tidy(self, clock: Callable[[], datetime], keep: timedelta) -> None:
        """Erase acknowledged events older than `keep` until cancelled, a few at a time.

        A decision that is to be written waits for a few of them at most.
        """
        while True:
            try:
                while await asyncio.shield(self._forget(clock(), keep)) == FORGOTTEN:
                    await asyncio.sleep(PAUSE_S)
            except DeliveryError as error:  # there is no hurry
                log.warning("journal", detail=str(error))
            await asyncio.sleep(TIDY_EVERY_S)

    async def close(self) -> None:
        """Write the last events and close the journal."""
        with contextlib.suppress(DeliveryError):
            await self.commit()
        await self._thread.call(self._journal.close)
        self._thread.close()

    async def _commit(self) -> None:
        goal = self._put
        async with self._writing:
            if self._acknowledged and self._written >= goal:
                await self._write_some()
            while self._written < goal:
                await self._write_some()
        if self._acknowledged:  # there were more rows than leave at a time
            self._due.set()

    async def _write_some(self) -> None:
        drafts, acknowledged = self._waiting[:MOST_AT_ONCE], self._acknowledged
        before = self.backlog.first
        try:
            await self._thread.call(self._write, drafts, acknowledged)
        except DeliveryError as error:
            self._judge(healthy=False, detail=str(error))
            raise
        del self._waiting[: len(drafts)]
        self._written += len(drafts)
        first = self.backlog.first
        is_done = first is None or first > acknowledged or first == before
        if is_done and self._acknowledged == acknowledged:
            self._acknowledged = 0
        self._judge(healthy=True)
        if drafts:
            self.on_written()

    async def _forget(self, now: datetime, keep: timedelta) -> int:
        async with self._writing:
            return await self._thread.call(self._erase, now, keep)

    def _erase(self, now: datetime, keep: timedelta) -> int:
        erased = self._journal.forget_before(now - keep, now + WRONG_CLOCK)
        self._count()
        return erased

    def _write(self, drafts: list[EventDraft], acknowledged: int) -> None:
        self._journal.append(drafts, acknowledged)
        self._count()

    def _count(self) -> None:
        # The events are safe, come what may: what cannot be counted now is counted next time.
        with contextlib.suppress(sqlite3.Error):
            self.backlog = self._journal.backlog()
            self.free_bytes = self._journal.free_bytes()
            self.first_sequence = self._journal.first_sequence

    def _judge(self, *, healthy: bool, detail: str = "") -> None:
        if healthy is not self.healthy:
            self.healthy = healthy
            log.warning("journal", health="ready" if healthy else "lost", detail=detail)
            self.on_health()
