"""Which commands were used: remembered in the journal, so that none counts twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from edge.contract.durable_facts import Memory
from edge.management.verified_command import SKEW_S, Warrant

PREFIX = "command/"
FLOOR = "commands-forgotten-until"


class Ledger:
    """Remembers the id of every command until it has expired; `memories` are the journal's."""

    def __init__(self, memories: Mapping[str, str]) -> None:
        self._expiries = {
            name.removeprefix(PREFIX): float(value)
            for name, value in memories.items()
            if name.startswith(PREFIX)
        }
        self._floor = float(memories.get(FLOOR, "0"))
        """What expires until then is refused, whatever this clock says: ids were forgotten, or the
        central system's own clock has gone on.  A clock that is set back revives nothing."""

    def is_used(self, warrant: Warrant) -> bool:
        """Whether a command was used, or cannot be told from one that was."""
        return warrant.id in self._expiries or warrant.expires.timestamp() <= self._floor

    def use(self, warrant: Warrant, now: datetime) -> tuple[Memory, ...]:
        """Note that a command is used; what to write down with its event."""
        expired = {id_: end for id_, end in self._expiries.items() if end <= now.timestamp()}
        for id_ in expired:
            del self._expiries[id_]
        issued = warrant.issued.timestamp() - SKEW_S
        self._floor = max(self._floor, issued, *expired.values())
        expiry = warrant.expires.timestamp()
        self._expiries[warrant.id] = expiry
        return (
            Memory(PREFIX + warrant.id, repr(expiry)),
            Memory(FLOOR, repr(self._floor)),
            *(Memory(PREFIX + id_, None) for id_ in expired),
        )
