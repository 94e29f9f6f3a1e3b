"""What is counted of a comparison, and when it may be told: nobody can be found in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from edge.checks import Check, CheckId, Result
from edge.contract.rates.counts import GroupCounts, Sums
from edge.contract.rates.groups import OTHERS, Group
from edge.lane.error_rates import MANY, WAITS, ErrorRates, outcome
from edge.lane.strangers import Strangers

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
K = 5
THRESHOLDS = {"1e-3": 0.5, "1e-4": 0.55}
WOMEN = Group("GTM", "F", "30 to 49")
FEW = Group("LIE", "F", "30 to 49")
Similarities = Sequence[tuple[float, bool]]


def checks(
    detect: Result = Result.SUCCESSFUL,
    quality: Result = Result.SUCCESSFUL,
    pad: Result = Result.SUCCESSFUL,
    match: Result = Result.SUCCESSFUL,
) -> tuple[Check, ...]:
    return (
        Check(CheckId.FACE_DETECT, detect),
        Check(CheckId.FACE_QUALITY, quality),
        Check(CheckId.FACE_PAD, pad),
        Check(CheckId.FACE_MATCH, match),
    )


MATCHED = checks()
NOT_MATCHED = checks(match=Result.FAILED)
POOR = checks(quality=Result.FAILED, pad=Result.NOT_PERFORMED, match=Result.NOT_PERFORMED)


class Watch:
    """Error rates to which travellers come."""

    def __init__(self) -> None:
        self.rates = ErrorRates(THRESHOLDS, K, Strangers(0, 1.0, os.urandom))
        self.now = NOON

    def come(
        self,
        times: int,
        found: tuple[Check, ...] = MATCHED,
        group: Group = WOMEN,
        similarities: Similarities = (),
        *,
        released: bool = False,
    ) -> None:
        for _ in range(times):
            self.rates.count(group, found, similarities, self.now, released=released)

    def take(self) -> list[GroupCounts]:
        return list(self.rates.take(self.now))


@pytest.mark.parametrize(
    ("found", "counted"),
    [
        (MATCHED, Sums(1)),
        (checks(pad=Result.NOT_PERFORMED), Sums(1)),
        (checks(pad=Result.FAILED), Sums(1, suspected=1)),
        (checks(pad=Result.UNDETERMINED), Sums(1, suspected=1)),
        (NOT_MATCHED, Sums(1, not_matched=1)),
        (checks(pad=Result.FAILED, match=Result.FAILED), Sums(1, not_matched=1)),
        (POOR, Sums(1, poor=1)),
        (
            checks(Result.FAILED, Result.NOT_PERFORMED, Result.NOT_PERFORMED, Result.NOT_PERFORMED),
            Sums(1, poor=1),
        ),
    ],
)
def test_a_traveller_is_counted_once(found: tuple[Check, ...], counted: Sums) -> None:
    assert outcome(found) == counted


def test_nobody_is_counted_whose_capture_broke_off() -> None:
    not_yet = Result.NOT_PERFORMED
    assert outcome(checks(not_yet, not_yet, not_yet, not_yet)) is None
    assert outcome(checks(match=not_yet)) is None  # no portrait to compare with
    assert outcome(()) is None
    watch = Watch()
    watch.come(9, checks(not_yet, not_yet, not_yet, not_yet))
    assert watch.take() == []


def test_a_group_is_told_once_so_many_of_it_matched_and_then_not_again() -> None:
    watch = Watch()
    watch.come(3, NOT_MATCHED)
    watch.come(K - 1)
    assert watch.take() == []
    assert watch.rates.told == {}
    watch.come(1, POOR)
    assert watch.take() == []
    watch.come(1)
    (told,) = watch.take()
    assert (told.population, told.sex, told.age) == ("GTM", "F", "30 to 49")
    assert (told.travellers, told.not_matched, told.poor) == (K + 4, 3, 1)
    assert watch.take() == []
    assert watch.rates.told[WOMEN].travellers == K + 4
    watch.come(K)
    assert [each.travellers for each in watch.take()] == [K]
    assert watch.rates.told[WOMEN].travellers == 2 * K + 4


def test_a_large_group_is_told_even_if_nobody_of_it_matched() -> None:
    """Whom the comparison fails altogether is the last to be hidden."""
    watch = Watch()
    watch.come(MANY * K - 1, NOT_MATCHED)
    assert watch.take() == []
    watch.come(1, NOT_MATCHED)
    assert [each.not_matched for each in watch.take()] == [MANY * K]


def test_a_small_group_is_counted_with_others_after_a_day_and_nobody_is_lost() -> None:
    watch = Watch()
    watch.come(2, group=FEW)
    watch.come(1, NOT_MATCHED, FEW)
    watch.come(3, group=Group("AND", "F", "30 to 49"))
    watch.come(4, group=Group("AND", "M", "30 to 49"))
    watch.now += WAITS - timedelta(seconds=1)
    assert watch.take() == []
    watch.now += timedelta(seconds=1)
    (told,) = watch.take()
    assert told.group == Group(OTHERS, "F", "30 to 49")
    assert (told.travellers, told.not_matched) == (6, 1)
    watch.now += WAITS
    assert watch.take() == []  # the men go on waiting, by no name
    watch.come(1, group=Group("MCO", "M", "30 to 49"))
    watch.now += WAITS
    assert [(each.population, each.travellers) for each in watch.take()] == [(OTHERS, 5)]


def test_an_officers_release_is_counted_of_those_who_were_refused() -> None:
    watch = Watch()
    watch.come(K, released=True)  # released for another reason than the face
    watch.come(2, NOT_MATCHED, released=True)
    watch.come(1, POOR)
    (told,) = watch.take()
    assert told.released == 2


def test_strangers_are_counted_by_rate_and_by_group() -> None:
    watch = Watch()
    watch.come(K - 1, similarities=[(0.1, True), (0.2, False)])
    watch.come(1, similarities=[(0.56, True), (0.52, True), (0.55, False), (0.1, True)])
    (told,) = watch.take()
    assert told.anybody.comparisons == 2 * (K - 1) + 4
    assert told.alike.comparisons == K - 1 + 3
    matches = {m.rate: (m.comparisons, m.travellers) for m in told.anybody.matches}
    assert matches == {"1e-3": (3, 1), "1e-4": (2, 1)}
    matches = {m.rate: (m.comparisons, m.travellers) for m in told.alike.matches}
    assert matches == {"1e-3": (2, 1), "1e-4": (1, 1)}
