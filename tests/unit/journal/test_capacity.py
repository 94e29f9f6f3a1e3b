"""An alarm first, then no more openings; nothing flickers, nothing is dropped."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from edge.contract.event_types import EventType
from edge.contract.events import Event, EventDraft
from edge.errors import SettingsError
from edge.journal.capacity import CapacityVerdict, Level, OutboxUsage, StorageWatch, judge
from edge.journal.writer import JournalWriter
from edge.management.health import _synchronised
from edge.settings.delivery import JournalSettings
from edge.settings.loader import validate
from tests.support.bench import hurry
from tests.support.clocks import Uptime, is_plausible
from tests.support.scripted_disk import NOON, Disk

LIMITS = JournalSettings(
    alarm_events=100, stop_events=1000, alarm_mb=1, stop_mb=10, alarm_age_h=1, stop_age_h=10,
    alarm_free_mb=500, stop_free_mb=100,
)  # fmt: skip
FINE = OutboxUsage(events=10, octets=1000, age_s=60, free_bytes=10**9)


@pytest.mark.parametrize(
    ("change", "level", "passed"),
    [
        ({}, Level.FINE, ()),
        ({"events": 100}, Level.FINE, ()),
        ({"events": 101}, Level.ALARM, ("events",)),
        ({"events": 1001}, Level.STOP, ("events",)),
        ({"octets": 1_000_001}, Level.ALARM, ("bytes",)),
        ({"octets": 10_000_001}, Level.STOP, ("bytes",)),
        ({"age_s": 3601}, Level.ALARM, ("age",)),
        ({"age_s": 36_001}, Level.STOP, ("age",)),
        ({"free_bytes": 499_999_999}, Level.ALARM, ("disk",)),
        ({"free_bytes": 99_999_999}, Level.STOP, ("disk",)),
        ({"events": 101, "age_s": 3601}, Level.ALARM, ("events", "age")),
        ({"events": 101, "age_s": 36_001}, Level.STOP, ("age",)),
    ],
)
def test_each_bound_is_an_alarm_and_then_the_end_of_openings(
    change: dict[str, int], level: Level, passed: tuple[str, ...]
) -> None:
    assert judge(replace(FINE, **change), LIMITS) == CapacityVerdict(level, passed)


STANDINGS = st.builds(
    OutboxUsage,
    events=st.integers(0, 2000),
    octets=st.integers(0, 20_000_000),
    age_s=st.floats(0, 72_000),
    free_bytes=st.integers(0, 10**9),
)


@given(STANDINGS, st.sampled_from(Level))
def test_a_level_is_never_left_earlier_than_it_is_entered(
    standing: OutboxUsage, before: Level
) -> None:
    fresh = judge(standing, LIMITS).level
    assert judge(standing, LIMITS, before).level >= fresh
    assert judge(standing, LIMITS, fresh).level is fresh


@given(STANDINGS)
def test_more_of_anything_is_never_better(standing: OutboxUsage) -> None:
    worse = replace(standing, events=standing.events + 500, free_bytes=standing.free_bytes // 2)
    assert judge(worse, LIMITS).level >= judge(standing, LIMITS).level


def test_a_number_that_goes_to_and_fro_about_a_bound_is_one_alarm() -> None:
    level, levels = Level.FINE, []
    for events in (99, 101, 99, 101, 95, 101, 91, 90, 99, 101):
        level = judge(replace(FINE, events=events), LIMITS, level).level
        levels.append(level)
    assert levels == [Level.FINE] + [Level.ALARM] * 6 + [Level.FINE] * 2 + [Level.ALARM]


@pytest.mark.parametrize(
    "wrong",
    [
        {"alarm_events": 10, "stop_events": 9},
        {"alarm_mb": 10, "stop_mb": 9},
        {"alarm_age_h": 10, "stop_age_h": 9},
        {"alarm_free_mb": 9, "stop_free_mb": 10},
    ],
)
def test_an_alarm_behind_its_stop_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="alarm_"):
        validate(JournalSettings, wrong, "gate.toml")


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "state" / "journal.db")


@pytest.mark.parametrize(("when_stopped", "may_serve"), [("refer", True), ("close", False)])
def test_the_gate_is_told_once_and_stops_as_it_was_set(
    disk: Disk, when_stopped: str, may_serve: bool
) -> None:
    limits = JournalSettings.model_validate(
        {"alarm_events": 2, "stop_events": 4, "alarm_free_mb": 0, "stop_free_mb": 0}
        | {"when_stopped": when_stopped}
    )
    told: list[CapacityVerdict] = []
    written: list[str] = []

    async def story() -> None:
        journal_writer = JournalWriter(disk, is_plausible)
        watch = StorageWatch(journal_writer, disk.path.parent, limits, lambda: NOON)
        watch.changed.listen(lambda: told.append(watch.verdict))
        for _ in range(5):
            journal_writer.put(EventDraft(EventType.GATE_OPENED, NOON))
            await journal_writer.commit()
            watch.look()
            watch.look()
        assert [verdict.level for verdict in told] == [Level.ALARM, Level.STOP]
        assert (watch.refers, watch.may_serve) == (True, may_serve)
        assert told[-1].detail == "beyond its bounds: events"
        await journal_writer.commit()
        journal_writer.acknowledge(journal_writer.last[0])
        await journal_writer.commit()
        watch.look()
        assert told[-1] == CapacityVerdict()
        assert (watch.refers, watch.may_serve) == (False, True)
        await journal_writer.commit()
        written.extend(types(disk))
        await journal_writer.close()

    with capture_logs() as said:
        hurry(story())
    bounds = ["events"]
    assert said == [
        {
            "event": "journal_bounds_exceeded",
            "stage": stage,
            "bounds": bounds,
            "log_level": "warning",
        }
        for stage in ("alarm", "stop")
    ] + [{"event": "journal_bounds_restored", "log_level": "info"}]
    degraded, recovered = "int.egate.device.degraded", "int.egate.device.recovered"
    assert [kind for kind in written if "device" in kind] == [degraded, degraded, recovered]


def types(disk: Disk) -> list[str]:
    """The types of the events in the journal, in order."""
    rows = disk._connection.execute("SELECT body FROM journal ORDER BY sequence").fetchall()
    return [Event.model_validate_json(body).type for (body,) in rows]


def test_a_disk_that_cannot_be_measured_changes_nothing(disk: Disk, tmp_path: Path) -> None:
    async def story() -> None:
        journal_writer = JournalWriter(disk, is_plausible, Uptime())
        watch = StorageWatch(journal_writer, tmp_path / "gone", LIMITS, lambda: NOON)
        running = asyncio.create_task(watch.run())
        await asyncio.sleep(60)
        assert watch.verdict == CapacityVerdict()
        running.cancel()
        await journal_writer.close()

    hurry(story())


def test_whether_the_clock_is_set_is_told_where_it_is_known(tmp_path: Path) -> None:
    assert _synchronised(tmp_path / "none") is None
    assert _synchronised(tmp_path) is False
    (tmp_path / "synchronized").touch()
    assert _synchronised(tmp_path) is True
