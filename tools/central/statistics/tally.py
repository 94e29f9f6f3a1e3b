"""Passages to counts, by group; what is kept is small, however many there are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from edge.contract.messages import STEPS
from tools.central.statistics.passages import Passage

COUNTS = (
    "opened", "face", "other", "undecided", "genuine", "proven", "unproven", "first", "again",
)  # fmt: skip
PER_E_FOLD = 100
"""Steps are kept to one per cent."""

GroupOf = Callable[[Passage], str]


class Durations:
    """How long a step took, each to one per cent."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()

    def __len__(self) -> int:
        return self._buckets.total()

    def add(self, value_ms: float) -> None:
        """Note one."""
        self._buckets[round(math.log(value_ms) * PER_E_FOLD)] += 1

    def percentile(self, share: float) -> float:
        """The duration, in milliseconds, that a share of all did not exceed."""
        left = max(1, math.ceil(share * len(self)))
        for bucket in sorted(self._buckets):
            left -= self._buckets[bucket]
            if left <= 0:
                break
        return round(math.exp(bucket / PER_E_FOLD), 1)


@dataclass(slots=True)
class Tally:
    """What was counted of one group."""

    opened: int = 0
    face: int = 0
    """Referred for the face and nothing else."""
    other: int = 0
    """Referred for something else, or that too."""
    undecided: int = 0
    """Left, or broken off, before a decision."""
    genuine: int = 0
    """Of `face`: an officer let them pass after all."""
    proven: int = 0
    """Of the documents whose chip was read: signature and chain hold."""
    unproven: int = 0
    first: int = 0
    """Of those whose document gave them a pseudonym: at this gate for the first time that day."""
    again: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    durations: dict[str, Durations] = field(default_factory=dict)

    @property
    def transactions(self) -> int:
        """All of them."""
        return self.opened + self.face + self.other + self.undecided

    @property
    def referred(self) -> int:
        """For whatever reason."""
        return self.face + self.other

    def add(self, passage: Passage, *, admitted: bool) -> None:
        """Count one passage."""
        self._decided(passage, admitted=admitted)
        if passage.chip is not None:
            self.proven += passage.chip
            self.unproven += not passage.chip
        if passage.again is not None:
            self.first += not passage.again
            self.again += passage.again
        for step, value_ms in passage.timings_ms.items():
            if step in STEPS:
                self.durations.setdefault(step, Durations()).add(value_ms)

    def _decided(self, passage: Passage, *, admitted: bool) -> None:
        if passage.decision == "refer":
            self.reasons.update(set(passage.reasons))
        if passage.decision == "open":
            self.opened += 1
        elif passage.decision != "refer":
            self.undecided += 1
        elif passage.face_only:
            self.face += 1
            self.genuine += admitted
        else:
            self.other += 1

    def merge(self, other: Tally) -> None:
        """Take another group in."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.reasons.update(other.reasons)
        for step, durations in other.durations.items():
            mine = self.durations.setdefault(step, Durations())
            mine._buckets.update(durations._buckets)  # noqa: SLF001  # of its own kind


def tally(
    passages: Iterable[Passage], group_of: GroupOf, admitted: Collection[tuple[str, str]]
) -> dict[str, Tally]:
    """Count passages by group."""
    groups: dict[str, Tally] = {}
    for passage in passages:
        group = groups.setdefault(group_of(passage), Tally())
        group.add(passage, admitted=(passage.source, passage.transaction) in admitted)
    return groups
