"""The clock of a lane: one moment, one civil date, and whether both can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from importlib.resources import files
from typing import Final

from edge.border.clock import TOLERANCE, examine_clock
from edge.checks import Check, Result
from edge.contract.events import DurableFacts, remembered
from edge.contract.fields import date_time
from edge.host.build_date import built
from edge.trust import TrustStore

BUILT: Final = built(files("edge.host"))
"""No clock that shows an earlier moment is right."""
KNOWN = "clock"
"""The durable fact that holds the last moment the gate knows to have passed."""


def is_plausible(moment: datetime) -> bool:
    """Whether a moment can be now, for all that is known before anything was read."""
    return moment >= BUILT - TOLERANCE


class LaneClock:
    """Tells the time of a lane, and learns which moments have passed.

    `known` has passed for certain: `last_known` finds it.  `error_s` bounds the clock's error.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        zone: tzinfo,
        known: datetime,
        error_s: Callable[[], float | None],
    ) -> None:
        self.now = now
        self._zone = zone
        self._error_s = error_s
        self.known = known
        """The last moment that has passed for certain."""

    def date_of(self, moment: datetime) -> date:
        """The civil date of the lane at a moment: every rule of the border counts in it."""
        return moment.astimezone(self._zone).date()

    def learn(self, moment: datetime) -> None:
        """Learn that a moment has passed."""
        self.known = max(self.known, moment)

    def is_plausible(self, moment: datetime) -> bool:
        """Whether a moment can be now: it is not before one that has passed."""
        return moment >= self.known - TOLERANCE

    def examine(self, moment: datetime) -> Check:
        """Judge the clock at a moment it showed; one that is trusted has passed."""
        # How wrong a clock may be that cannot be right is no question: whoever sets it right does
        # not set it wrong.
        error_s = self._error_s() if self.is_plausible(moment) else None
        found = examine_clock(moment, self._zone, self.known, error_s)
        if found.result is Result.SUCCESSFUL:
            self.learn(moment)
        return found

    def known_after(self, moment: datetime) -> DurableFacts:
        """The last moment that has passed, once the clock has shown this one; to be remembered.

        It is this one if the clock is trusted.
        """
        self.examine(moment)
        return DurableFacts(KNOWN, self.known.isoformat())


def last_known(facts: Mapping[str, str], newest: datetime | None, store: TrustStore) -> datetime:
    """The last moment that has passed for certain, by what this gate holds at its start.

    That is when the program was built, what it remembered, and when the newest list of its trust
    store was signed.  The journal's newest event counts only where nothing is remembered: nobody
    knows whether the clock that dated it was trusted.

    Raises:
        DamagedJournal: what it remembered is no moment.
    """
    told = remembered(facts, KNOWN, date_time) or newest
    listed = [each.this_update for each in store.revocation_lists]
    return max([BUILT, *listed] if told is None else [BUILT, told, *listed])
