"""The chip portraits of the last travellers, as templates: with whom a live face must not match.

Personal: in memory only, so many and for so long as the settings say, and overwritten then.
BSI TR-03121-3-1 v6.0 §3.12.2.1, step 4: a cache of non-mated references.
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from edge.contract.rates.groups import Group
from edge.face import FaceTemplate
from edge.mrz import MachineReadableZone

KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Somebody:
    """The holder of an authentic document, as far as strangers are told apart by it.

    `person` is a keyed hash of the date of birth: whoever has the same one may be the same person
    with another document.  Empty where the date is not known: then anybody may be.
    """

    group: Group
    person: bytes

    @override
    def __repr__(self) -> str:
        """Hide whose it is."""
        return "Somebody(<redacted>)"


@dataclass(frozen=True, slots=True, repr=False)
class _Kept:
    template: FaceTemplate
    who: Somebody
    until_s: float


class Strangers:
    """Keeps `most` templates for `keep_s` seconds each; none at all when `most` is 0.

    Times are of the monotonic clock.
    """

    def __init__(self, most: int, keep_s: float, random: Callable[[int], bytes]) -> None:
        self._most = most
        self._keep_s = keep_s
        self._key = random(KEY_BYTES)
        self._kept: deque[_Kept] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    def somebody(self, zone: MachineReadableZone, group: Group) -> Somebody:
        """The holder of an authentic document; without strangers nobody need be told apart."""
        date = zone.birth_date
        if not self._most or date.year is None or date.month is None or date.day is None:
            return Somebody(group, b"")
        return Somebody(group, hmac.digest(self._key, date.text.encode(), "sha256"))

    def similarities(
        self, live: FaceTemplate, who: Somebody, now_s: float
    ) -> list[tuple[float, bool]]:
        """How similar a live face is to each stranger, and whether they are of one group."""
        self.expire(now_s)
        if not who.person:
            return []
        return [
            (
                float(each.template.vector @ live.vector),
                bool(who.group.compared) and each.who.group.compared == who.group.compared,
            )
            for each in self._kept
            if each.who.person != who.person
        ]

    def keep(self, portrait: FaceTemplate, who: Somebody, now_s: float) -> None:
        """Keep a copy of a template for the travellers to come; the oldest one gives way."""
        if not who.person:
            return
        for each in [each for each in self._kept if each.who.person == who.person]:
            self._kept.remove(each)
            each.template.wipe()
        while len(self._kept) >= self._most:
            self._kept.popleft().template.wipe()
        copied = FaceTemplate(portrait.vector.copy())
        self._kept.append(_Kept(copied, who, now_s + self._keep_s))

    def expire(self, now_s: float) -> None:
        """Overwrite those whose time is over."""
        while self._kept and self._kept[0].until_s <= now_s:
            self._kept.popleft().template.wipe()

    def wipe(self) -> None:
        """Overwrite all of them."""
        while self._kept:
            self._kept.popleft().template.wipe()
