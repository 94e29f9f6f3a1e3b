"""Which commands were used: remembered in the journal, so that none counts twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from edge.contract.events import DurableFacts
from edge.contract.verified_command import SKEW_S, VerifiedCommand

PREFIX = "command/"
FLOOR = "commands-forgotten-until"


class Ledger:
    """Remembers the id of every command until it has expired; `facts` are the journal's."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self._expiries = {
            name.removeprefix(PREFIX): float(value)
            for name, value in facts.items()
            if name.startswith(PREFIX)
        }
        self._floor = float(facts.get(FLOOR, "0"))
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
