"""Nobody can tell a small count from what is published, not even who knows how it was hidden."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from itertools import product
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.checks import Reason
from edge.contract.messages import STEPS, Statistics
from edge.management.disclosure import among, disclosed, merged, parts
from edge.management.tally import BOUNDS_MS, Hour, Tally

NINE = datetime(2026, 11, 25, 9, tzinfo=UTC)
BUCKETS = len(BOUNDS_MS) + 1
NONE = (None,) * BUCKETS
Counts = tuple[int, ...]
T = TypeVar("T", bound=Hashable)


def told(tally: Tally, k: int = 5) -> Statistics:
    return disclosed(Hour(NINE, True, tally), k, simulated=False)


def possible(every: Iterable[Counts], message_of: Callable[[Counts], T]) -> dict[T, list[set[int]]]:
    """For each message the values that each count can have, for all its reader knows."""
    found: dict[T, list[set[int]]] = {}
    for counts in every:
        values = found.setdefault(message_of(counts), [set() for _ in counts])
        for place, count in enumerate(counts):
            values[place].add(count)
    return found


# Every table there can be, up to a size


@pytest.mark.parametrize(("k", "width", "most"), [(2, 3, 9), (3, 3, 14), (2, 4, 10)])
def test_a_part_that_is_hidden_can_be_any_small_number(k: int, width: int, most: int) -> None:
    """Of all tables with a sum that is not too large to have been tried as a whole."""
    every = [c for c in product(range(most + 1), repeat=width) if k <= sum(c) <= most]
    found = possible(every, lambda counts: (sum(counts), parts(counts, k)))
    assert any(message[1].count(None) == 0 for message in found)
    assert any(0 < message[1].count(None) < width for message in found)
    for message, values in found.items():
        for count, can_be in zip(message[1], values, strict=True):
            if count is None:
                assert len(can_be) > 1
                if min(can_be) < k:
                    assert can_be >= set(range(k)), (message, values)
            else:
                assert count >= k


@pytest.mark.parametrize(("k", "width", "most"), [(2, 4, 11), (3, 3, 15), (2, 3, 12), (3, 4, 15)])
def test_a_bucket_that_is_hidden_can_be_any_small_number(k: int, width: int, most: int) -> None:
    every = [c for c in product(range(most + 1), repeat=width) if sum(c) <= most]
    found = possible(every, lambda counts: (sum(counts) if merged(counts, k) else -1,
                                            merged(counts, k)))  # fmt: skip
    assert any(message[1] and message[1].count(None) == 0 for message in found)
    for message, values in found.items():
        for count, can_be in zip(message[1] or [None] * width, values, strict=True):
            if count is None:
                assert can_be >= set(range(k)), (message, values)
            else:
                assert count >= k


def test_a_share_that_is_hidden_can_be_any_small_number() -> None:
    for k, whole in product((2, 3, 5), range(2, 30)):
        hidden = {count for count in range(whole + 1) if among(count, whole, k) is None}
        small = set(range(min(k, whole + 1)))
        assert hidden >= small | {whole - count for count in small}
        assert len(hidden) > 1


def test_a_whole_message_leaves_every_small_number_possible() -> None:
    """Outcomes, a reason, times of a step in two buckets: what of one says nothing of another."""
    k, most = 2, 8
    found: dict[str, dict[str, set[int]]] = {}
    every = (counts for counts in product(range(most + 1), repeat=3) if sum(counts) <= most)
    for opened, referred, undecided in every:
        for reason, quick in product(range(referred + 1), range(opened + 1)):
            for slow in range(opened - quick + 1):
                tally = Tally(opened, referred, undecided)
                tally.reasons[Reason.LIST_HIT] = reason
                tally.durations["chip"] = [quick, slow] + [0] * (BUCKETS - 2)
                message = _key(told(tally, k))
                values = found.setdefault(message, defaultdict(set))
                counts = {
                    "passages": tally.passages, "opened": opened, "referred": referred,
                    "undecided": undecided, "reason": reason, "quick": quick, "slow": slow,
                }  # fmt: skip
                for name, count in counts.items():
                    values[name].add(count)
    for message, values in found.items():
        shown = dict(zip(KEYS, message.split("|"), strict=True))
        for name, can_be in values.items():
            if shown[name] == "None" and min(can_be) < k:
                assert can_be >= set(range(k)), (message, name, can_be)
            assert shown[name] != "None" or len(can_be) > 1 or min(can_be) >= k


KEYS = ("passages", "opened", "referred", "undecided", "reason", "quick", "slow")


def _key(message: Statistics) -> str:
    chip = message.durations["chip"] or NONE
    reason = message.reasons[Reason.LIST_HIT]
    found = (message.passages, message.opened, message.referred, message.undecided, reason)
    return "|".join(map(str, (*found, *chip[:2])))


# Large tables, by their next of kin


def tallies() -> st.SearchStrategy[Tally]:
    count = st.integers(0, 12) | st.integers(0, 300)

    @st.composite
    def build(draw: st.DrawFn) -> Tally:
        tally = Tally(draw(count), draw(count), draw(count))
        some = st.integers(0, tally.referred)
        tally.released = draw(some)
        tally.reasons = Counter(draw(st.dictionaries(st.sampled_from(Reason), some)))
        for step in draw(st.sets(st.sampled_from(STEPS))):
            left, buckets = tally.opened, []
            for _ in range(BUCKETS):
                buckets.append(draw(st.integers(0, left)))
                left -= buckets[-1]
            tally.durations[step] = buckets
        return tally

    return build()


@given(tallies(), st.integers(3, 12), st.data())
def test_another_hour_with_any_other_small_number_says_the_same(
    tally: Tally, k: int, data: st.DataObject
) -> None:
    """The witness: one hidden outcome becomes any small number, another one takes the rest."""
    names = ("opened", "referred", "undecided")
    message = told(tally, k)
    hidden = [name for name in names if getattr(message, name) is None]
    if not hidden or message.passages is None:
        return
    small = data.draw(st.sampled_from([n for n in hidden if getattr(tally, n) < k]))
    number = data.draw(st.integers(0, k - 1))
    missing = sum(getattr(tally, name) for name in hidden)
    others = []
    for taker in set(hidden) - {small}:
        other = Tally(tally.opened, tally.referred, tally.undecided, tally.released)
        for name in hidden:
            setattr(other, name, 0)
        setattr(other, small, number)
        setattr(other, taker, missing - number)
        other.reasons, other.durations = tally.reasons, tally.durations
        others.append(told(other, k))
    assert message in others


@given(tallies(), st.integers(3, 12))
def test_what_is_told_is_large_and_what_is_missing_from_a_sum_as_well(tally: Tally, k: int) -> None:
    message = told(tally, k)
    outcomes = [message.opened, message.referred, message.undecided]
    reasons = list(message.reasons.values())
    times = [c for step in message.durations.values() for c in step or ()]
    shown = [message.passages, message.released, *outcomes, *reasons, *times]
    assert all(count >= k for count in shown if count is not None)
    if message.passages is not None and None in outcomes:
        missing = message.passages - sum(count or 0 for count in outcomes)
        assert missing >= 2 * k or outcomes == [None] * 3
    for part in (message.released, *reasons):
        assert part is None or (message.referred is not None and message.referred - part >= k)
    for step in filter(None, message.durations.values()):
        assert message.opened is not None
        without = message.opened - sum(count or 0 for count in step)
        assert without == 0 or without >= k


# As it reads


def histogram(*counts: int) -> list[int]:
    return [*counts, *[0] * (BUCKETS - len(counts))]


def test_an_ordinary_hour() -> None:
    tally = Tally(opened=90, referred=12, undecided=3, released=6)
    tally.reasons.update({Reason.FACE_NOMATCH: 7, Reason.CHIP_ABSENT: 3})
    tally.durations["chip"] = histogram(0, 0, 0, 0, 0, 0, 2, 60, 27, 1)
    message = told(tally)
    assert (message.passages, message.opened) == (105, 90)
    assert message.referred is message.undecided is message.released is None
    assert set(message.reasons.values()) == {None}
    assert set(message.reasons) == set(Reason)
    assert message.durations["chip"] == (*[None] * 7, 62, 28, *[None] * 3)
    assert message.durations["mrz"] is None


def test_a_busy_hour() -> None:
    tally = Tally(opened=90, referred=20, undecided=8, released=15)
    tally.reasons.update({Reason.FACE_NOMATCH: 7, Reason.CHIP_ABSENT: 18})
    message = told(tally)
    assert (message.opened, message.referred, message.undecided) == (90, 20, 8)
    assert message.released == 15
    assert message.reasons[Reason.FACE_NOMATCH] == 7
    assert message.reasons[Reason.CHIP_ABSENT] is None  # only two came for something else


def test_nobody_and_few_read_alike() -> None:
    assert told(Tally()) == told(Tally(opened=1, referred=1)) == told(Tally(undecided=4))


def test_small_counts_never_hide_behind_each_other_alone() -> None:
    """Two of four at most each, and eight are missing: both are four."""
    assert parts((4, 4, 90), 5) == (None, None, None)


def test_the_last_number_leaves_room_for_what_is_counted_in_it() -> None:
    assert merged([9, 9, 5, 0], 5) == (9, 14, None, None)
    assert merged([9, 9, 10, 0], 5) == (9, 9, 10, None)
    assert merged([9, 0, 0, 0], 5) is None


def test_few_that_went_without_a_step_hide_it() -> None:
    tally = Tally(opened=20, referred=20, undecided=20)
    for missing, hidden in ((0, False), (1, True), (4, True), (5, False)):
        tally.durations["match"] = histogram(20 - missing)
        assert (told(tally).durations["match"] is None) is hidden
