"""Which commands were used: remembered in the journal, so that none counts twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from edge.contract.events import DurableFacts, remembered
from edge.contract.verified_command import SKEW_S, VerifiedCommand
from edge.errors import DamagedJournal

PREFIX = "command/"
FLOOR = "commands-forgotten-until"


class Ledger:
    """Remembers the id of every command until it has expired; `facts` are the journal's.

    Raises, on construction:
        DamagedJournal: a fact about commands is no moment, or the one beside every id is gone.
    """

    def __init__(self, facts: Mapping[str, str]) -> None:
        self._expiries = {
            name.removeprefix(PREFIX): expiry
            for name in facts
            if name.startswith(PREFIX) and (expiry := remembered(facts, name, _seconds)) is not None
        }
        floor = remembered(facts, FLOOR, _seconds)
        if floor is None and self._expiries:
            raise DamagedJournal(f"its fact `{FLOOR}` is gone")
        self._floor = floor or 0.0
        """What expires until then is refused, whatever this clock says: ids were forgotten, or the
        central system's own clock has gone on.  A clock that is set back revives nothing."""

    def is_used(self, verified: VerifiedCommand) -> bool:
        """Whether a command was used, or cannot be distinguished from one that was."""
        return verified.id in self._expiries or verified.expires.timestamp() <= self._floor

    def use(self, verified: VerifiedCommand, now: datetime) -> tuple[DurableFacts, ...]:
        """Note that a command is used; what to write down with its event."""
        expired = {id_: end for id_, end in self._expiries.items() if end <= now.timestamp()}
        for id_ in expired:
            del self._expiries[id_]
        issued = verified.issued.timestamp() - SKEW_S
        self._floor = max(self._floor, issued, *expired.values())
        expiry = verified.expires.timestamp()
        self._expiries[verified.id] = expiry
        return (
            DurableFacts(PREFIX + verified.id, repr(expiry)),
            DurableFacts(FLOOR, repr(self._floor)),
            *(DurableFacts(PREFIX + id_, None) for id_ in expired),
        )


def _seconds(value: str) -> float:
    """Read a moment as `use` writes it; nothing is before or after NaN."""
    found = float(value)
    if not math.isfinite(found):
        raise ValueError("no moment")
    return found
