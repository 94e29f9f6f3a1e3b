"""Figures beside their floors: medians, and ratios of the pairs."""

from __future__ import annotations

import pytest

from tools.bench.floors.spent import Beside, Pair, Spent
from tools.bench.rows import Row, beside_floor


def pair(gate_s: float, floor_s: float) -> Pair:
    return Pair(Spent(gate_s, 2 * gate_s), Spent(floor_s, floor_s))


def test_a_ratio_is_the_median_of_the_ratios_of_pairs() -> None:
    """A burst of other work hits a pair as a whole, so it moves the figures and not the ratio."""
    found = Beside.of([pair(2, 1), pair(30, 10), pair(2.5, 1)])
    assert found.gate == Spent(2.5, 5)
    assert found.floor == Spent(1, 1)
    assert found.cpu_ratio == pytest.approx(2.5)
    assert found.wall_ratio == pytest.approx(5)


def test_spent_times_add_up() -> None:
    assert (Spent(1, 2) + Spent(3, 4)) / 2 == Spent(2, 3)


def test_work_is_measured() -> None:
    spent = Spent.on(lambda: sum(range(10_000)))
    assert spent.cpu_s > 0
    assert spent.wall_s > 0


def test_only_the_processors_ratio_has_a_bar() -> None:
    rows = list(beside_floor("work", Beside.of([pair(3, 1)]), 2.5))
    assert [row.unit for row in rows] == ["ms", "ms", "x", "ms", "ms", "x"]
    assert [row.holds for row in rows] == [True, True, False, True, True, True]


def test_a_bar_may_be_the_least() -> None:
    assert Row("events", 10, "/s", 9, at_least=True).holds
    assert not Row("events", 8, "/s", 9, at_least=True).holds
