"""Counts of a group: what they add up to, what an event says of them, and who is beyond."""

from __future__ import annotations

from collections import Counter

import pytest

from edge.contract.rates.counts import StrangerSums, Sums, alarms
from edge.contract.rates.groups import Group

WOMEN = Group("GTM", "F", "30 to 49")
OLDER = Group("GTM", "F", "50 to 64")
MEN = Group("GTM", "M", "30 to 49")
NOBODY_KNOWS = Group("", "F", "30 to 49")


def strangers(comparisons: int, matches: int, travellers: int | None = None) -> StrangerSums:
    people = matches if travellers is None else travellers
    return StrangerSums(comparisons, Counter({"1e-4": matches}), Counter({"1e-4": people}))


def sums() -> Sums:
    return Sums(100, 6, 4, 2, 5, strangers(4000, 3), strangers(900, 2, 1))


def test_the_parts_of_a_group_add_up() -> None:
    found = sums()
    assert found.refused == 12
    assert found.matched == 88
    assert found.false_non_matches.rate == pytest.approx(6 / 96)  # who has no picture has no match
    assert found.refusals.rate == pytest.approx(0.12)
    found.add(sums())
    assert (found.travellers, found.released, found.alike.comparisons) == (200, 10, 1800)
    assert found.alike.matches == {"1e-4": 4}
    assert found.alike.travellers == {"1e-4": 2}


def test_what_an_event_says_is_what_was_counted() -> None:
    told = sums().told(WOMEN)
    assert told.group == WOMEN
    assert Sums.of(told) == sums()


def test_a_group_that_is_beyond_the_stated_rate_is_said() -> None:
    (sentence,) = alarms({WOMEN: Sums(500, alike=strangers(20_000, 14)), MEN: Sums(500)})
    assert sentence.startswith("1e-4: of group GTM F 7.0e-04 of the strangers match (4.2e-04 to ")
    assert "more than 3 times the stated rate; see docs/face.md" in sentence


def test_ages_of_adults_count_together_as_in_the_calibration() -> None:
    some = Sums(500, alike=strangers(10_000, 6))
    others = Sums(500, alike=strangers(10_000, 8))
    assert alarms({WOMEN: some}) == alarms({MEN: some, OLDER: some}) == []
    assert len(alarms({WOMEN: some, OLDER: others})) == 1


@pytest.mark.parametrize(
    "found",
    [
        strangers(20_000, 10),  # five times, and perhaps less than three
        strangers(20_000, 80, travellers=4),  # few travellers who are like many
        strangers(100, 4),
        strangers(0, 0),
    ],
)
def test_what_may_be_chance_is_not_said(found: StrangerSums) -> None:
    assert alarms({WOMEN: Sums(500, alike=found)}) == []


def test_a_group_that_has_no_name_is_not_said() -> None:
    assert alarms({NOBODY_KNOWS: Sums(500, alike=strangers(20_000, 200))}) == []


def test_whoever_is_not_alike_raises_no_alarm() -> None:
    assert alarms({WOMEN: Sums(500, anybody=strangers(20_000, 200))}) == []
