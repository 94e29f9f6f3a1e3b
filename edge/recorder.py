"""Brings events from the loop to the journal: in order, grouped, and awaited where it matters."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from datetime import datetime

import structlog

from edge.device_thread import DeviceThread
from edge.errors import DeliveryError
from edge.events import EventDraft
from edge.journal import Journal

RETRY_S = 2.0

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
        self._acknowledged = 0
        self._due = asyncio.Event()
        self._writing = asyncio.Lock()
        self.healthy = True
        """A gate that cannot write down what it does must not serve."""
        self.depth = journal.depth()
        self._oldest = journal.oldest_waiting()

    def put(self, draft: EventDraft) -> None:
        """Queue an event; it is written soon, together with its neighbours."""
        self._waiting.append(draft)
        self._due.set()

    def acknowledge(self, sequence: int) -> None:
        """The central system has stored everything up to a sequence."""
        self._acknowledged = max(self._acknowledged, sequence)
        self._due.set()

    def oldest_age_s(self, moment: datetime) -> float | None:
        """How long the oldest unacknowledged event has been waiting."""
        return None if self._oldest is None else (moment - self._oldest).total_seconds()

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

    async def close(self) -> None:
        """Write the last events and close the journal."""
        with contextlib.suppress(DeliveryError):
            await self.commit()
        await self._thread.call(self._journal.close)
        self._thread.close()

    async def _commit(self) -> None:
        async with self._writing:
            drafts, acknowledged = self._waiting[:], self._acknowledged
            if not drafts and not acknowledged:
                return
            try:
                await self._thread.call(self._write, drafts, acknowledged)
            except DeliveryError as error:
                self._judge(healthy=False, detail=str(error))
                raise
            del self._waiting[: len(drafts)]
            if self._acknowledged == acknowledged:
                self._acknowledged = 0
        self._judge(healthy=True)
        self.on_written()

    def _write(self, drafts: list[EventDraft], acknowledged: int) -> None:
        self._journal.append(drafts, acknowledged)
        # The events are safe, come what may: what cannot be counted now is counted next time.
        with contextlib.suppress(sqlite3.Error):
            self.depth, self._oldest = self._journal.depth(), self._journal.oldest_waiting()

    def _judge(self, *, healthy: bool, detail: str = "") -> None:
        if healthy is not self.healthy:
            self.healthy = healthy
            log.warning("journal", health="ready" if healthy else "lost", detail=detail)
            self.on_health()
