"""Intervals whose bounds are known, and when a rate is beyond what is stated."""

from __future__ import annotations

import pytest

from edge.contract.rates.interval import BEYOND, Interval


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [  # E. B. Wilson, JASA 22, 1927; the numbers as R's binom::binom.wilson gives them
        (0, 10, 0.0, 0.27753),
        (1, 10, 0.01788, 0.40415),
        (5, 10, 0.23659, 0.76341),
        (10, 10, 0.72247, 1.0),
        (81, 263, 0.25529, 0.36619),
    ],
)
def test_wilson(hits: int, count: int, low: float, high: float) -> None:
    found = Interval.wilson(hits, count)
    assert found.rate == hits / count
    assert found.low == pytest.approx(low, abs=2e-4)
    assert found.high == pytest.approx(high, abs=2e-4)


def test_without_trials_everything_is_possible() -> None:
    assert Interval.wilson(0, 0) == Interval.over_people(0, 0, 0) == Interval(0.0, 0.0, 1.0)


def test_several_matches_of_one_person_make_nobody_surer() -> None:
    apart = Interval.over_people(20, 20, 10_000)
    together = Interval.over_people(20, 2, 10_000)
    assert apart == Interval.wilson(20, 10_000)
    assert together.rate == pytest.approx(apart.rate)
    assert together.low < apart.low < apart.high < together.high
    assert Interval.over_people(0, 0, 10_000) == Interval.wilson(0, 10_000)


def test_beyond_is_more_than_three_times_with_all_of_its_range() -> None:
    assert BEYOND == 3
    assert Interval.wilson(45, 100_000).is_beyond(1e-4)
    assert not Interval.wilson(40, 100_000).is_beyond(1e-4)  # four times, or less than three
    assert not Interval(9e-4, 3e-4, 2e-3).is_beyond(1e-4)
