"""Brings events from the loop to the journal: in order, in groups, and awaited where needed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import structlog

from edge.contract.events import EventDraft
from edge.errors import DeliveryError, SettingsError
from edge.host.device_thread import DeviceThread
from edge.host.observable import Observable
from edge.journal.erasure import Erasure, stated_until
from edge.journal.journal import FORGET_AT_A_TIME, Backlog, Journal

RETRY_S = 2.0
MOST_AT_ONCE = 1000
"""Most events in one transaction."""
TIDY_EVERY_S = 3600.0
PAUSE_S = 0.05
PATIENCE_S = 10.0
"""A disk that takes longer for one write counts as one that refuses."""
END_S = 5.0
"""How long the end waits for the disk."""
WRONG_CLOCK = timedelta(days=1)
"""An event dated so far in the future was recorded while the clock was wrong."""

log = structlog.get_logger()


class JournalWriter:
    """Writes one journal in one thread; its methods are called in the event loop.

    `is_plausible` says whether a date is possible: a gate without a battery begins in 1970.
    `clock_s` is a monotonic clock.

    Raises, on construction:
        SettingsError: the journal is damaged.
        DeliveryError: it cannot be read.
    """

    def __init__(
        self,
        journal: Journal,
        is_plausible: Callable[[datetime], bool],
        clock_s: Callable[[], float] = time.monotonic,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._journal = journal
        self._patience_s = patience_s
        self._is_plausible = is_plausible
        self._age = _Age(journal.last_sequence, clock_s, is_plausible)
        self.written: Observable[[]] = Observable()
        """Reports each durable write."""
        self.changed: Observable[[]] = Observable()
        """Reports each change of `healthy`."""
        self._waiting: list[EventDraft] = []
        self._put_count = 0
        self._written_count = 0
        """Events put, and written, since the start."""
        self._acknowledged = 0
        self._due = asyncio.Event()
        self._writing = asyncio.Lock()
        self.healthy = True
        """Whether the last write succeeded."""
        self.backlog = journal.backlog()
        """The events that waited for the central system after the last write."""
        self.free_bytes = journal.free_bytes()
        """Free room inside the file, from erased events."""
        self.first_sequence = journal.first_sequence
        """The oldest event still kept."""
        self.last = (journal.last_sequence, journal.last_hash)
        """Sequence and hash of the newest event."""
        self._stated = stated_until(journal.durable_facts())
        self._thread = DeviceThread("journal")

    @property
    def may_serve(self) -> bool:
        """Whether the gate may take travellers: not while its events cannot be written."""
        return self.healthy

    @property
    def depth(self) -> int:
        """How many events wait for the central system."""
        return self.backlog.events

    @property
    def unwritten(self) -> int:
        """How many events wait for the disk."""
        return len(self._waiting)

    def put(self, draft: EventDraft) -> None:
        """Queue an event; it is written soon, in one group with others."""
        self._waiting.append(draft)
        self._put_count += 1
        self._due.set()

    def acknowledge(self, sequence: int) -> None:
        """Note that the central system has stored all events up to a sequence."""
        self._acknowledged = max(self._acknowledged, sequence)
        self._due.set()

    def oldest_age_s(self, moment: datetime) -> float | None:
        """Seconds since the oldest unacknowledged event; None when none waits."""
        return self._age.of(self.backlog, moment)

    async def commit(self) -> None:
        """Wait until everything put so far is on the disk.

        Cancelling the wait does not stop the write: an event is written once, or stays queued.

        Raises:
            DeliveryError: an event is not; all of them stay queued.
        """
        await asyncio.shield(self._commit())

    async def run(self) -> None:
        """Write queued events until cancelled; try again when the disk refuses."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self.commit()
            except DeliveryError:
                await asyncio.sleep(RETRY_S)
                self._due.set()

    async def tidy(
        self,
        clock: Callable[[], datetime],
        keep: timedelta,
        every_s: float = TIDY_EVERY_S,
    ) -> None:
        """Erase acknowledged events older than `keep` until cancelled, a few at a time.

        A decision waits for a few erasures at most.  One event states what was erased, also after
        an interruption or a restart.  While the date of the clock is impossible, nothing is erased:
        every event would seem to come from the future.
        """
        while True:
            now = clock()
            try:
                if self._is_plausible(now):
                    async for _ in self._forget_all(now, keep):
                        pass
                await self._thread.call(self._journal.scrub)
            except DeliveryError as error:  # it has time until the next round
                log.warning("journal_tidying_failed", cause=str(error))
            through = self.first_sequence - 1
            if through > self._stated:
                erasure = Erasure(through - self._stated, through, now - keep)
                self.put(erasure.draft(clock(), "retention"))
                self._stated = through
            await asyncio.sleep(every_s)

    async def close(self) -> None:
        """Write the last events and close the journal, as far as the disk answers in time."""
        try:
            async with asyncio.timeout(min(self._patience_s, END_S)):
                with contextlib.suppress(DeliveryError, SettingsError):
                    await self.commit()
                await self._thread.call(self._journal.close)
        except TimeoutError:
            log.warning("journal_close_abandoned")
            self._thread.close(patience_s=0)
        else:
            self._thread.close()

    async def _commit(self) -> None:
        goal = self._put_count
        async with self._writing:
            if self._acknowledged and self._written_count >= goal:
                await self._write_some()
            while self._written_count < goal:
                await self._write_some()
        if self._acknowledged:  # there were more rows than leave at a time
            self._due.set()

    async def _write_some(self) -> None:
        drafts, acknowledged = self._waiting[:MOST_AT_ONCE], self._acknowledged
        before = self.backlog.first
        try:
            await self._until_written(drafts, acknowledged)
        except DeliveryError as error:
            self._judge(healthy=False, cause=str(error))
            raise
        del self._waiting[: len(drafts)]
        self._written_count += len(drafts)
        first = self.backlog.first
        is_done = first is None or first > acknowledged or first == before
        if is_done and self._acknowledged == acknowledged:
            self._acknowledged = 0
        self._judge(healthy=True)
        if drafts:
            self.written.tell()

    async def _until_written(self, drafts: list[EventDraft], acknowledged: int) -> None:
        """Wait for a write to its end, but say meanwhile when the disk does not answer."""
        writing = asyncio.create_task(self._thread.call(self._write, drafts, acknowledged))
        done, _ = await asyncio.wait({writing}, timeout=self._patience_s)
        if not done:
            self._judge(healthy=False, cause="the disk does not answer")
        await writing

    async def _forget_all(self, now: datetime, keep: timedelta) -> AsyncIterator[int]:
        erased = FORGET_AT_A_TIME
        while erased == FORGET_AT_A_TIME:
            erased = await asyncio.shield(self._forget(now, keep))
            yield erased
            await asyncio.sleep(PAUSE_S)

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
        # The events are on the disk; a count that fails now comes with the next write.
        with contextlib.suppress(DeliveryError):
            self.backlog = self._journal.backlog()
            self.free_bytes = self._journal.free_bytes()
            self.first_sequence = self._journal.first_sequence
            self.last = (self._journal.last_sequence, self._journal.last_hash)

    def _judge(self, *, healthy: bool, cause: str = "") -> None:
        if healthy is not self.healthy:
            self.healthy = healthy
            if healthy:
                log.info("journal_write_recovered")
            else:
                log.warning("journal_write_failed", cause=cause)
            self.changed.tell()


class _Age:
    """How long the oldest event waits, whatever happens to the clock.

    The date of the event gives the time.  Two limits correct it: an event of this daemon cannot be
    older than the daemon, and no event is younger than since it became the oldest.  An impossible
    date is ignored.
    """

    def __init__(
        self,
        last_sequence: int,
        clock_s: Callable[[], float],
        is_plausible: Callable[[datetime], bool],
    ) -> None:
        self._written_before = last_sequence
        self._clock_s = clock_s
        self._is_plausible = is_plausible
        self._began_s = clock_s()
        self._first: int | None = None
        self._first_s = self._began_s

    def of(self, backlog: Backlog, moment: datetime) -> float | None:
        now_s = self._clock_s()
        if backlog.first != self._first:
            self._first, self._first_s = backlog.first, now_s
        if backlog.first is None or backlog.oldest is None:
            return None
        age_s = now_s - self._first_s
        if self._is_plausible(backlog.oldest):
            age_s = max(age_s, (moment - backlog.oldest).total_seconds())
        if backlog.first > self._written_before:
            age_s = min(age_s, now_s - self._began_s)
        return age_s
