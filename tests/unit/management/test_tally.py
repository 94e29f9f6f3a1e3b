"""What a gate counts, and to which hour it belongs, whatever the clock does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.border.decision import Decision, Open, Refer
from edge.checks import Reason
from edge.lane.passages import Passage
from edge.management.tally import BOUNDS_MS, HOUR, Hour, Hours, Tally

NINE = datetime(2026, 11, 25, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REFERRED = Refer(frozenset({Reason.FACE_NOMATCH, Reason.CHIP_CLONE}))


def passage(decision: Decision | None, *, released: bool = False, **timings_ms: float) -> Passage:
    return Passage("t", NINE, decision, passed=True, checks=(), timings_ms=timings_ms,
                   released=released)  # fmt: skip


def ticks(first: datetime, last: datetime) -> Iterator[datetime]:
    """The looks at a clock that runs, the last one included."""
    while first <= last:
        yield first
        first += MINUTE


def looked(hours: Hours, first: datetime, last: datetime) -> list[Hour]:
    found = (hours.look(now) for now in ticks(first, last))
    return [hour for hour in found if hour is not None]


def test_every_passage_is_opened_referred_or_undecided() -> None:
    tally = Tally()
    for found in (
        passage(Open()),
        passage(REFERRED),
        passage(REFERRED, released=True),
        passage(None),
    ):
        tally.add(found)
    assert (tally.opened, tally.referred, tally.undecided, tally.released) == (1, 2, 1, 1)
    assert tally.passages == 4
    assert tally.reasons == {Reason.FACE_NOMATCH: 2, Reason.CHIP_CLONE: 2}


@pytest.mark.parametrize(
    ("value_ms", "bucket"),
    [(0.0, 0), (10.0, 0), (10.1, 1), (20_000.0, 10), (20_000.1, 11), (1e9, 11)],
)
def test_a_bound_belongs_to_its_bucket_and_the_last_bucket_has_none(
    value_ms: float, bucket: int
) -> None:
    tally = Tally()
    tally.add(passage(Open(), chip=value_ms, another=1.0))
    expected = [0] * (len(BOUNDS_MS) + 1)
    expected[bucket] = 1
    assert tally.durations == {"chip": expected}


def test_times_are_of_the_opened_only() -> None:
    tally = Tally()
    tally.add(passage(REFERRED, chip=5.0))
    tally.add(passage(None, mrz=5.0))
    assert tally.durations == {}


def test_an_hour_that_began_before_the_gate_is_not_complete_the_next_one_is() -> None:
    hours = Hours(NINE + 20 * MINUTE)
    ended = looked(hours, NINE + 20 * MINUTE, NINE + 2 * HOUR)
    assert [(hour.begin, hour.complete) for hour in ended] == [
        (NINE, False),
        (NINE + HOUR, True),
    ]


def test_a_gate_that_began_with_the_hour_counted_all_of_it() -> None:
    (ended,) = looked(Hours(NINE), NINE, NINE + HOUR)
    assert ended.complete


def test_an_hour_ends_with_its_first_moment_after() -> None:
    hours = Hours(NINE)
    assert looked(hours, NINE, NINE + 59 * MINUTE) == []
    hours.add(passage(Open()))
    assert hours.look(NINE + HOUR - timedelta(microseconds=1)) is None
    ended = hours.look(NINE + HOUR)
    assert ended is not None
    assert (ended.begin, ended.tally.opened) == (NINE, 1)
    assert hours.look(NINE + HOUR) is None


def test_hours_are_of_utc_wherever_the_clock_hangs() -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    hours = Hours(NINE.astimezone(kathmandu))
    (ended,) = looked(hours, NINE.astimezone(kathmandu), NINE + HOUR)
    assert ended.complete
    assert ended.begin.isoformat() == "2026-11-25T09:00:00+00:00"


def test_after_a_small_step_back_the_hour_goes_on_and_is_told_once() -> None:
    hours = Hours(NINE)
    assert len(looked(hours, NINE, NINE + HOUR)) == 1
    hours.add(passage(Open()))
    back = NINE + HOUR - timedelta(seconds=1)
    assert looked(hours, back, NINE + HOUR + 30 * MINUTE) == []
    hours.add(passage(Open()))
    (ended,) = looked(hours, NINE + HOUR + 30 * MINUTE, NINE + 2 * HOUR)
    assert (ended.begin, ended.complete, ended.tally.opened) == (NINE + HOUR, False, 2)


def test_what_was_counted_by_a_clock_that_was_wrong_by_hours_is_dropped() -> None:
    hours = Hours(NINE + 100 * HOUR)
    hours.add(passage(Open()))
    assert hours.look(NINE) is None
    hours.add(passage(None))
    (ended,) = looked(hours, NINE, NINE + HOUR)
    assert (ended.begin, ended.complete) == (NINE, False)
    assert (ended.tally.opened, ended.tally.undecided) == (0, 1)


def test_a_clock_that_was_set_forward_makes_both_hours_incomplete() -> None:
    hours = Hours(NINE)
    ended = hours.look(NINE + 3 * HOUR)
    assert ended is not None
    assert (ended.begin, ended.complete) == (NINE, False)
    (following,) = looked(hours, NINE + 3 * HOUR, NINE + 4 * HOUR)
    assert (following.begin, following.complete) == (NINE + 3 * HOUR, False)


def test_a_clock_that_was_set_forward_within_the_hour_leaves_a_hole() -> None:
    hours = Hours(NINE)
    assert hours.look(NINE + 30 * MINUTE) is None
    (ended,) = looked(hours, NINE + 30 * MINUTE, NINE + HOUR)
    assert not ended.complete


@given(st.lists(st.integers(-10_000, 10_000), max_size=50))
def test_no_passage_is_counted_twice_whatever_the_clock_does(seconds: list[int]) -> None:
    now, told = NINE, []
    hours = Hours(now)
    for step in seconds:
        now += timedelta(seconds=step)
        told.append(hours.look(now))
        hours.add(passage(Open()))
    ended = [hour for hour in told if hour is not None]
    assert sum(hour.tally.opened for hour in ended) <= len(seconds)
    assert all(one.tally is not other.tally for one, other in pairwise(ended))
    assert all(hour.begin.minute == hour.begin.second == 0 for hour in ended)
