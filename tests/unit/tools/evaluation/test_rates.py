"""Rates and thresholds, on scores whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.evaluation.calibrate.people import Picture, every_pair
from tools.evaluation.calibrate.rates import Confidence, Scores, scores
from tools.evaluation.calibrate.report import by_group, thresholds


def ramp(count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.arange(count) / count


@pytest.mark.parametrize("rate", [0.1, 0.01, 0.001])
def test_a_threshold_lets_no_more_strangers_through_than_its_rate(rate: float) -> None:
    found = Scores(ramp(100), ramp(10_000))
    threshold = found.threshold(rate)
    assert found.false_matches(threshold) == pytest.approx(rate)
    assert found.false_matches(np.nextafter(threshold, -1) - 1e-4) > rate


def test_equal_scores_are_all_let_through_or_none() -> None:
    found = Scores(np.ones(10), np.full(1000, 0.5))
    assert found.threshold(0.1) > 0.5
    assert found.false_matches(found.threshold(0.1)) == 0


def test_a_threshold_is_rounded_up() -> None:
    given = thresholds(Scores(ramp(10), np.random.default_rng(2).normal(0, 0.1, 100_000)))
    assert set(given) == {"1e-2", "1e-3"}
    for rate, threshold in given.items():
        assert threshold == round(threshold, 4)
        assert given["1e-2"] < given["1e-3"]
        assert float(rate) > 0


@pytest.mark.parametrize(("pairs", "measured"), [(29_999, False), (30_000, True)])
def test_a_rate_is_measured_when_thirty_false_matches_are_behind_it(
    pairs: int, measured: bool
) -> None:
    assert Scores(ramp(10), ramp(pairs)).is_measured(1e-3) is measured


def test_the_equal_error_rate_is_where_both_errors_meet() -> None:
    """Of strangers a fifth reaches 0.8, of the genuine a fifth does not."""
    rate, threshold = Scores(0.5 + ramp(1000) * 1.5, ramp(1000)).equal_error()
    assert rate == pytest.approx(0.2, abs=2e-3)
    assert threshold == pytest.approx(0.8, abs=2e-3)


def test_nobody_is_mistaken_where_scores_do_not_overlap() -> None:
    found = Scores(np.full(50, 0.9), ramp(1000) / 2)
    assert found.equal_error()[0] == 0
    assert found.true_matches(found.threshold(1e-2)) == 1


def test_a_curve_goes_from_few_false_matches_to_many() -> None:
    matched, missed = Scores(ramp(500), ramp(5000)).curve()
    assert matched[0] == pytest.approx(1 / 5000)
    assert matched[-1] == 1
    assert np.all(np.diff(matched) > 0)
    assert np.all(np.diff(missed) <= 0)


def people(count: int, each: int) -> list[Picture]:
    return [Picture(Path(f"{who}-{at}"), str(who)) for who in range(count) for at in range(each)]


def test_every_two_pictures_are_compared_once_or_both_ways() -> None:
    pictures = people(3, 2)
    once, both = (every_pair(pictures, ordered=ordered) for ordered in (False, True))
    assert (len(once.same), int(once.same.sum())) == (15, 3)
    assert (len(both.same), int(both.same.sum())) == (30, 6)
    assert not (both.portraits == both.lives).any()


def test_who_shows_no_face_matches_nobody() -> None:
    pictures = people(2, 2)
    rows = np.ones((4, 3), np.float32)
    acquired = np.array([True, True, True, False])
    pairs = every_pair(pictures, ordered=False)
    found = scores((rows, rows), pairs, acquired).all
    missed = (pairs.portraits == 3) | (pairs.lives == 3)
    assert np.all(found[missed] == -1)
    assert np.all(found[~missed] == 3)


def test_confidence_is_by_people_and_not_by_pairs() -> None:
    """One person of ten who never matches: that is one in ten, not 45 pairs in 450."""
    pictures = people(10, 10)
    pairs = every_pair(pictures, ordered=False)
    who = np.array([int(picture.person) for picture in pictures])
    similar = np.where(pairs.same, np.where(who[pairs.portraits] == 3, 0.1, 0.9), 0.0)
    found = Scores(similar[pairs.same], similar[~pairs.same])
    confidence = Confidence(found, pairs, pictures)
    interval = confidence.true_matches(0.5)
    assert interval.rate == pytest.approx(0.9)
    assert interval.low <= 0.7
    assert interval.high == 1
    assert confidence.false_matches(0.5).high == 0


def test_confidence_of_the_equal_error_rate_holds_the_rate() -> None:
    pictures = people(20, 4)
    pairs = every_pair(pictures, ordered=False)
    rng = np.random.default_rng(4)
    similar = np.where(pairs.same, rng.normal(0.6, 0.1, len(pairs.same)), 0)
    similar += np.where(pairs.same, 0, rng.normal(0.3, 0.1, len(pairs.same)))
    confidence = Confidence(Scores(similar[pairs.same], similar[~pairs.same]), pairs, pictures)
    interval = confidence.equal_error()
    assert interval.low <= interval.rate <= interval.high
    assert interval.rate == pytest.approx(0.067, abs=0.04)


def test_groups_are_measured_each_within_itself() -> None:
    pictures = people(4, 2)
    pairs = every_pair(pictures, ordered=False)
    of = {"0": "a", "1": "a", "2": "b", "3": "b"}
    similar = np.where(pairs.same, 0.9, 0.1).astype(np.float32)
    who = np.array([int(picture.person) for picture in pictures])
    lookalikes = (who[pairs.portraits] == 2) & (who[pairs.lives] == 3)
    similar[lookalikes] = 0.8
    lines = by_group(similar, pairs, pictures, of, 0.5).splitlines()
    assert lines[2] == "| a | 2 | 0.00 % | 4 | 0.0e+00 |"
    assert lines[3] == "| b | 2 | 0.00 % | 4 | 1.0e+00 |"
