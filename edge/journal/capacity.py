"""Bounds of what waits for the central system: beyond them an alarm, then no openings.

No waiting event is ever dropped: a gate that can keep no more makes no more.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path

import structlog

from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.contract.payloads import Peripheral
from edge.host.observable import Observable
from edge.journal.writer import JournalWriter
from edge.settings.delivery import JournalSettings

LOOK_EVERY_S = 5.0
EASE = 0.9
"""A level ends only well below its bound: an alarm that comes and goes would fill the journal."""
MB = 1_000_000
HOUR_S = 3600.0
WAITING = ("events", "bytes", "age")

log = structlog.get_logger()


class Level(IntEnum):
    """How near the journal is to its bounds."""

    FINE = 0
    ALARM = 1
    STOP = 2


@dataclass(frozen=True, slots=True)
class OutboxUsage:
    """Events that wait, for how long, and the room that is left."""

    events: int
    octets: int
    age_s: float
    free_bytes: int


@dataclass(frozen=True, slots=True)
class CapacityVerdict:
    """The level, and the bounds that are exceeded."""

    level: Level = Level.FINE
    passed: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """The bounds that are exceeded, in words."""
        return f"beyond its bounds: {', '.join(self.passed)}" if self.passed else ""

    def draft(self, now: datetime) -> EventDraft:
        """The event that states the level."""
        fine = self.level is Level.FINE
        kind = EventType.DEVICE_RECOVERED if fine else EventType.DEVICE_DEGRADED
        return EventDraft(
            kind, now, Peripheral(role="journal", driver="sqlite", detail=self.detail)
        )


def judge(
    standing: OutboxUsage, limits: JournalSettings, before: Level = Level.FINE
) -> CapacityVerdict:
    """Compare the usage with its bounds; `before` is the level until now."""
    for level, bounds in (
        (Level.STOP, _bounds(limits, "stop")),
        (Level.ALARM, _bounds(limits, "alarm")),
    ):
        ease = EASE if before >= level else 1.0
        values = (standing.events, standing.octets / MB, standing.age_s / HOUR_S)
        passed = [
            name
            for name, value, most in zip(WAITING, values, bounds[:3], strict=True)
            if value > most * ease
        ]
        if standing.free_bytes / MB < bounds[3] / ease:
            passed.append("disk")
        if passed:
            return CapacityVerdict(level, tuple(passed))
    return CapacityVerdict()


class StorageWatch:
    """Looks at the journal and its disk, and writes an event for each change of the level."""

    def __init__(
        self,
        journal_writer: JournalWriter,
        folder: Path,
        limits: JournalSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._journal_writer = journal_writer
        self._folder = folder
        self._limits = limits
        self._clock = clock
        self.verdict = CapacityVerdict()
        self.disk_free_bytes = 0
        self.changed: Observable[[]] = Observable()
        """Reports each change of the level."""

    @property
    def may_serve(self) -> bool:
        """Whether the gate may take travellers at all."""
        return not (self._is_stopped and self._limits.when_stopped == "close")

    @property
    def refers(self) -> bool:
        """Whether every traveller is to be referred."""
        return self._is_stopped

    @property
    def _is_stopped(self) -> bool:
        return self.verdict.level is Level.STOP

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Look once."""
        try:
            self.disk_free_bytes = shutil.disk_usage(self._folder).free
        except OSError as error:  # whether the journal can be written shows when it is
            log.warning("disk_measurement_failed", cause=error.strerror)
            return
        found = judge(self._standing(), self._limits, self.verdict.level)
        changed = found.level is not self.verdict.level
        self.verdict = found
        if changed:
            _log_level(found)
            self._journal_writer.put(found.draft(self._clock()))
            self.changed.tell()

    def _standing(self) -> OutboxUsage:
        backlog = self._journal_writer.backlog
        return OutboxUsage(
            backlog.events,
            backlog.octets,
            self._journal_writer.oldest_age_s(self._clock()) or 0.0,
            self.disk_free_bytes + self._journal_writer.free_bytes,
        )


def _log_level(verdict: CapacityVerdict) -> None:
    if verdict.level is Level.FINE:
        log.info("journal_bounds_restored")
    else:
        stage = verdict.level.name.lower()
        log.warning("journal_bounds_exceeded", stage=stage, bounds=list(verdict.passed))


def _bounds(limits: JournalSettings, which: str) -> tuple[float, float, float, float]:
    events, mb, age_h, free_mb = (
        float(getattr(limits, f"{which}_{what}")) for what in ("events", "mb", "age_h", "free_mb")
    )
    return events, mb, age_h, free_mb
