"""Rates within groups, on templates whose answer is known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.evaluation.calibrate.groups import Group, Measurement
from tools.evaluation.calibrate.labelled import LabelledSets, Labels
from tools.evaluation.calibrate.people import Picture, every_pair
from tools.evaluation.calibrate.rates import Confidence, Scores

Floats = NDArray[np.float32]


def sets(*rows: tuple[str, str, str, int | None, int | None], of: str = "set") -> LabelledSets:
    """Person, sex, population, age and year of each picture."""
    pictures = [Picture(Path(f"{at}.jpg"), row[0]) for at, row in enumerate(rows)]
    return LabelledSets(pictures, [Labels(*row[1:]) for row in rows], [of] * len(rows))


def group(strangers: Floats) -> Group:
    """A group with these similarities of strangers."""
    pictures = [Picture(Path(f"{at}.jpg"), str(at)) for at in range(3)]
    pairs = every_pair(pictures, ordered=False)
    few = Confidence(Scores(np.ones(0), np.zeros(3)), pairs, pictures)
    return Group("group", 3, Scores(np.ones(1), strangers), few)


def unit(*rows: tuple[float, ...]) -> Floats:
    made = np.array(rows, np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


ALIKE = unit((1, 0), (1, 0.01), (0, 1), (0.01, 1))


def test_strangers_are_drawn_within_groups() -> None:
    """Two women are alike, and two men; nobody is like anybody of the other sex."""
    found = Measurement(
        sets(
            ("ana", "F", "Peru", 30, None),
            ("eva", "F", "Peru", 30, None),
            ("luis", "M", "Peru", 30, None),
            ("jose", "M", "Cuba", 30, None),
        ),
        ALIKE,
    )
    assert [each.name for each in found.adults] == ["Peru F"], "nobody else has a stranger"
    assert found.adults[0].found.false_matches(0.9) == 1
    assert found.mixed(0.9) == pytest.approx(2 / 6)
    assert found.missed == 0


def test_children_have_groups_of_their_own_and_are_no_adults() -> None:
    found = Measurement(
        sets(
            ("ana", "F", "Peru", 8, None),
            ("eva", "F", "Peru", 9, None),
            ("rosa", "F", "Peru", 40, None),
            ("olga", "F", "Peru", None, None),
        ),
        ALIKE,
    )
    assert [each.name for each in found.children] == ["Peru F 6 to 11"]
    assert [each.name for each in found.adults] == ["Peru F"]
    assert found.mixed(0.9) == 1


def test_who_shows_no_face_is_counted_and_matches_nobody() -> None:
    rows = ALIKE.copy()
    rows[1] = np.nan
    people = [(str(at), "F", "Peru", None, None) for at in range(4)]
    found = Measurement(sets(*people), rows)
    assert found.missed == 1
    assert found.adults[0].found.false_matches(0.9) == pytest.approx(1 / 6)
    assert found.mixed(0.9) == pytest.approx(1 / 6)


def test_misses_are_told_by_set_and_by_years() -> None:
    """One person is alike after ten years, the other is not after one."""
    found = Measurement(
        sets(
            ("ana", "F", "Peru", 30, 2010),
            ("ana", "F", "Peru", 40, 2020),
            ("eva", "F", "Peru", 30, 2019),
            ("eva", "F", "Peru", 31, 2020),
        ),
        unit((1, 0), (1, 0.01), (0, 1), (1, 0)),
    )
    told = {each.name: each for each in found.misses([0.9])}
    assert set(told) == {"set", "0 to 2 years apart", "8 to 12 years apart"}
    assert told["set"].missed[0].rate == pytest.approx(0.5)
    assert (told["set"].people, told["set"].pairs) == (2, 2)
    assert told["8 to 12 years apart"].missed[0].rate == 0
    assert told["0 to 2 years apart"].missed[0].rate == 1


def test_a_child_is_not_told_among_adults_that_do_not_match() -> None:
    child = ("ana", "F", "Peru", 10, 2010)
    assert Measurement(sets(child, child), ALIKE[:2]).misses([0.9]) == []


def test_where_nobody_matches_the_upper_bound_is_three_by_the_pairs() -> None:
    found = group(np.zeros(1000, np.float32)).rate(0.5)
    assert (found.rate, found.low, found.high) == (0, 0, 3e-3)


def test_a_rate_that_can_be_counted_is() -> None:
    strangers = np.linspace(0, 1, 100_000, dtype=np.float32)
    assert group(strangers).threshold(1e-3) == pytest.approx(0.999, abs=1e-4)


def test_a_tail_that_cannot_be_counted_is_taken_to_fall_exponentially() -> None:
    """Of 10,000 strangers with an exponential tail a rate of 1e-4 is one pair."""
    strangers = np.random.default_rng(1).exponential(0.05, 10_000).astype(np.float32)
    found = group(strangers).threshold(1e-4)
    assert found == pytest.approx(0.05 * math.log(1e4), abs=0.06)
    assert (strangers >= found).mean() <= 3e-4


def test_never_more_than_three_times_the_rate_reach_a_threshold() -> None:
    """Three pairs of 10,000 stand far beyond what the tail promises."""
    strangers = np.r_[np.random.default_rng(1).uniform(0, 0.3, 9_996), [0.8] * 4]
    assert group(strangers.astype(np.float32)).threshold(1e-4) > 0.8


def worlds(worst: float) -> Measurement:
    """A hundred people in each of two groups; in the second some are more alike."""
    rng = np.random.default_rng(3)
    rows = rng.normal(0, 1, (200, 64))
    rows[100:, 0] += worst
    people = [(str(at), "M", "one" if at < 100 else "other", None, None) for at in range(200)]
    return Measurement(sets(*people), unit(*map(tuple, rows)))


def test_thresholds_are_those_of_the_worst_group_and_hold() -> None:
    found = worlds(6.0)
    given = found.thresholds(("1e-1", "1e-2", "1e-6"), 4)
    assert set(given) == {"1e-1", "1e-2"}, "1e-6 has nothing behind it"
    one, other = found.adults
    assert other.found.false_matches(given["1e-2"]) == pytest.approx(1e-2, abs=2e-3)
    assert one.found.false_matches(given["1e-2"]) < 1e-3
    assert found.beyond(given) == []


def test_a_group_beyond_three_times_a_rate_is_named() -> None:
    given = worlds(0.0).thresholds(("1e-2",), 4)
    ((rate, name, share),) = worlds(6.0).beyond(given)
    assert (rate, name) == ("1e-2", "other M")
    assert share > 3e-2


def test_few_people_set_no_threshold() -> None:
    rows = unit(*(tuple(row) for row in np.random.default_rng(3).normal(0, 1, (50, 8))))
    few = Measurement(sets(*[(str(at), "M", "Peru", None, None) for at in range(50)]), rows)
    assert few.thresholds(("1e-1",), 4) == {}
