"""How often this gate's comparison errs, by group: counts, told once nobody can be found in them.

BSI TR-03121-3-1 v6.0, PAP EVA-VER-nCIR-1 (§3.12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from edge.checks import Check, CheckId, Result
from edge.contract.rates.counts import GroupCounts, StrangerSums, Sums
from edge.contract.rates.groups import OTHERS, Group
from edge.lane.strangers import Strangers

WAITS: Final = timedelta(days=1)
"""After so long a small group is counted with those of other populations."""
MANY: Final = 10
"""Of so many times the smallest group it may be told that few or none matched."""


@dataclass(slots=True)
class _Waiting:
    """What was counted of a group and is not told yet."""

    since: datetime
    sums: Sums = field(default_factory=Sums)


class ErrorRates:
    """Counts by group.

    Args:
        thresholds: the similarity of each false match rate of the models' manifest.
        smallest: in a group that is told at least so many travellers matched.
        strangers: with whom travellers must not match.
    """

    def __init__(
        self, thresholds: Mapping[str, float], smallest: int, strangers: Strangers
    ) -> None:
        self.strangers = strangers
        self.smallest = smallest
        self.told: dict[Group, Sums] = {}
        """All that was told since the daemon began its work."""
        self._thresholds = thresholds
        self._waiting: dict[Group, _Waiting] = {}

    def count(
        self,
        group: Group,
        checks: Iterable[Check],
        similarities: Iterable[tuple[float, bool]],
        now: datetime,
        *,
        released: bool,
    ) -> None:
        """A traveller with a genuine document was compared, or had no picture good enough.

        Nobody is counted whose capture broke off.

        Args:
            group: of the traveller.
            checks: those of the face.
            similarities: with strangers, and whether each is of the same group.
            now: when it was.
            released: an officer let the traveller pass though the face was refused.
        """
        found = outcome(checks)
        if found is None:
            return
        found.released = int(released and bool(found.refused))
        found.anybody, found.alike = self._strangers(list(similarities))
        self._waiting.setdefault(group, _Waiting(now)).sums.add(found)

    def take(self, now: datetime) -> tuple[GroupCounts, ...]:
        """What may be told by now; it is not told again."""
        self._gather(now)
        told = [group for group, each in self._waiting.items() if self._may_be_told(each.sums)]
        found = {group: self._waiting.pop(group).sums for group in told}
        for group, sums in found.items():
            self.told.setdefault(group, Sums()).add(sums)
        return tuple(sums.told(group) for group, sums in found.items())

    def _gather(self, now: datetime) -> None:
        """Count small groups that have waited for long with those of other populations."""
        late = [
            group
            for group, each in self._waiting.items()
            if group.population != OTHERS and abs(now - each.since) >= WAITS
            if not self._may_be_told(each.sums)
        ]
        for group in late:
            others = Group(OTHERS, group.sex, group.age)
            sums = self._waiting.pop(group).sums
            self._waiting.setdefault(others, _Waiting(now)).sums.add(sums)

    def _may_be_told(self, sums: Sums) -> bool:
        """Whether so many matched that nobody of the group is known to be refused."""
        return sums.matched >= self.smallest or sums.travellers >= MANY * self.smallest

    def _strangers(
        self, similarities: list[tuple[float, bool]]
    ) -> tuple[StrangerSums, StrangerSums]:
        every = [similarity for similarity, _ in similarities]
        alike = [similarity for similarity, is_alike in similarities if is_alike]
        return self._matches(every), self._matches(alike)

    def _matches(self, similarities: list[float]) -> StrangerSums:
        found = StrangerSums(len(similarities))
        for rate, threshold in self._thresholds.items():
            matches = sum(similarity >= threshold for similarity in similarities)
            found.matches[rate] = matches
            found.travellers[rate] = int(matches > 0)
        return found


def outcome(checks: Iterable[Check]) -> Sums | None:
    """One traveller by the checks of the face; None when the capture broke off."""
    results = {check.id: check.result for check in checks}
    quality, match = results.get(CheckId.FACE_QUALITY), results.get(CheckId.FACE_MATCH)
    if Result.FAILED in {results.get(CheckId.FACE_DETECT), quality}:
        return Sums(1, poor=1)
    if match is Result.FAILED:
        return Sums(1, not_matched=1)
    if match is not Result.SUCCESSFUL:
        return None
    doubt = results.get(CheckId.FACE_PAD) in {Result.FAILED, Result.UNDETERMINED}
    return Sums(1, suspected=int(doubt))
