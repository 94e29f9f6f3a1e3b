"""A lane knows which moments have passed, and counts days as its place does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from edge.checks import Result
from edge.host.clock_error import ClockError
from edge.host.kernel_clock import Discipline
from edge.lane.clock import BUILT, KNOWN, LaneClock, last_known
from edge.trust import TrustStore
from edge.trust.revocation import RevocationList

NOON = BUILT + timedelta(days=100, hours=12)
HOUR = timedelta(hours=1)


def clock(known: datetime = BUILT, zone: str = "UTC") -> LaneClock:
    return LaneClock(lambda: NOON, ZoneInfo(zone), known, lambda: 0.0)


def test_no_clock_is_right_that_shows_a_moment_before_the_build() -> None:
    ours = clock(known=last_known({}, None, TrustStore(())))
    assert ours.examine(BUILT - HOUR).result is Result.FAILED
    assert not ours.is_plausible(BUILT - HOUR)


def test_a_trusted_moment_has_passed_and_an_untrusted_one_has_not() -> None:
    ours = clock()
    assert ours.examine(NOON).result is Result.SUCCESSFUL
    assert ours.known == NOON
    assert ours.examine(NOON - HOUR).result is Result.FAILED
    nobody_knows = LaneClock(lambda: NOON, UTC, BUILT, lambda: None)
    nobody_knows.examine(NOON)
    assert nobody_knows.known == BUILT


def test_a_clock_that_cannot_be_right_is_believed_as_at_the_start_once_it_is_set_right() -> None:
    """A power cut stopped it: until then nothing it showed is a reason to doubt what it shows."""
    wall_s = (NOON - HOUR).timestamp()
    error = ClockError(
        60.0,
        asked=lambda: Discipline(synchronised=False),
        boot_s=lambda: 1.0,
        wall_s=lambda: wall_s,
    )
    ours = LaneClock(lambda: datetime.fromtimestamp(wall_s, UTC), UTC, NOON, error.bound_s)
    assert ours.examine(ours.now()).result is Result.FAILED
    wall_s = (NOON + HOUR).timestamp()
    assert ours.examine(ours.now()).result is Result.SUCCESSFUL
    wall_s += 3600.0
    assert ours.examine(ours.now()).result is Result.UNDETERMINED


def test_what_is_learnt_from_others_counts() -> None:
    ours = clock()
    ours.learn(NOON + HOUR)
    assert ours.examine(NOON).result is Result.FAILED
    ours.learn(NOON)
    assert ours.known == NOON + HOUR


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Guatemala", date(2026, 12, 1)),
        ("America/Port-au-Prince", date(2026, 12, 1)),
        ("Pacific/Tongatapu", date(2026, 12, 2)),
        ("UTC", date(2026, 12, 2)),
    ],
)
def test_the_date_is_that_of_the_lane(zone: str, day: date) -> None:
    assert clock(zone=zone).date_of(datetime(2026, 12, 2, 0, 30, tzinfo=UTC)) == day


@dataclass(frozen=True)
class Listed:
    """A revocation list, as far as its date goes."""

    this_update: datetime


@pytest.mark.parametrize("later", ["remembered", "list", "build"])
def test_the_latest_of_what_a_gate_holds_is_known_at_its_start(later: str) -> None:
    def at(what: str) -> datetime:
        return NOON if what == later else BUILT - HOUR

    listed = cast("RevocationList", Listed(at("list")))
    store = TrustStore((), revocation_lists=(listed,))
    facts = {KNOWN: at("remembered").isoformat()}
    assert last_known(facts, None, store) == (BUILT if later == "build" else NOON)
    assert last_known({}, None, TrustStore(())) == BUILT


def test_an_event_has_passed_only_where_nothing_says_whether_its_clock_was_trusted() -> None:
    """A journal of an earlier program remembers no moment."""
    nothing = TrustStore(())
    assert last_known({}, NOON, nothing) == NOON
    assert last_known({KNOWN: NOON.isoformat()}, NOON + HOUR, nothing) == NOON


def test_each_trusted_moment_is_remembered_and_no_other() -> None:
    ours = clock()
    assert ours.known_after(NOON).value == NOON.isoformat()
    assert ours.known_after(NOON - HOUR).value == NOON.isoformat()
    nobody_knows = LaneClock(lambda: NOON, UTC, BUILT, lambda: None)
    assert nobody_knows.known_after(NOON).value == BUILT.isoformat()


def test_what_is_known_is_remembered() -> None:
    ours = clock()
    fact = ours.known_after(NOON)
    assert last_known({fact.name: str(fact.value)}, None, TrustStore(())) == NOON
