"""Counts for a message that anybody may read: it gives away no count below `k`.

Hiding small counts is not enough: a total less its other parts gives them away, and so does a
reader's knowledge of what is hidden when.  The rules here leave for every count that is hidden as
small each value from 0 to `k` - 1 possible, for a reader who knows them; a test tries them all.
They are simpler, and hide more, than those for tables with many groups in `tools.central`: there
is one group, and a count of zero is hidden as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.checks import Reason
from edge.contract.messages import STEPS, Statistics
from edge.management.tally import BOUNDS_MS, Hour, Tally


def disclosed(hour: Hour, k: int, *, simulated: bool) -> Statistics:
    """What may be published of an hour; None stands for what is hidden.

    Details of a part (reasons and releases of the referred, times of the opened) are published only
    where the count of the part is: they would show how large a hidden count is at least.
    """
    tally = hour.tally
    passages = tally.passages if tally.passages >= k else None
    undecided, referred, opened = parts((tally.undecided, tally.referred, tally.opened), k)
    return Statistics(
        period="hour",
        begin=hour.begin,
        complete=hour.complete,
        simulated=simulated,
        suppress_below=k,
        passages=passages,
        opened=opened,
        referred=referred,
        undecided=undecided,
        released=among(tally.released, referred, k),
        reasons={reason: among(tally.reasons[reason], referred, k) for reason in Reason},
        bounds_ms=BOUNDS_MS,
        durations={step: _histogram(tally, step, opened, k) for step in STEPS},
    )


def parts(counts: Sequence[int], k: int) -> tuple[int | None, ...]:
    """The parts of a sum that may be known: with small ones others hide, the first ones first.

    At least one that is not small, and until they are 2 `k` together, if there are so many: what is
    missing from the sum then says nothing about those that are small.
    """
    hidden = {place for place, count in enumerate(counts) if count < k}
    if hidden:
        for place in (place for place, count in enumerate(counts) if count >= k):
            hidden.add(place)
            if sum(counts[place] for place in hidden) >= 2 * k:
                break
    return tuple(None if place in hidden else count for place, count in enumerate(counts))


def among(count: int, whole: int | None, k: int) -> int | None:
    """How many of a whole, unless they or all the others are few."""
    return count if whole is not None and k <= count <= whole - k else None


def merged(buckets: Sequence[int], k: int) -> tuple[int | None, ...] | None:
    """A histogram whose sum may be known: where few are, they are counted in the next bucket.

    A number stands for its bucket and those before it that have none; the last number also for
    those behind it, and is at least 2 `k`.  None when they are fewer altogether.
    """
    if sum(buckets) < 2 * k:
        return None
    told: dict[int, int] = {}
    gathered = 0
    for place, count in enumerate(buckets):
        gathered += count
        if gathered >= k:
            told[place], gathered = gathered, 0
    place, last = told.popitem()
    while last + gathered < 2 * k:
        gathered += last
        place, last = told.popitem()
    told[place] = last + gathered
    return tuple(told.get(place) for place in range(len(buckets)))


def _histogram(
    tally: Tally, step: str, opened: int | None, k: int
) -> tuple[int | None, ...] | None:
    """The times of a step, unless few of the opened went without it."""
    buckets = tally.durations.get(step, [])
    without = tally.opened - sum(buckets)
    return None if opened is None or 0 < without < k else merged(buckets, k)
