"""What a gate has written so far, read from its journal while it runs."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.event_types import PREFIX
from edge.contract.json_object import JsonObject

BUSY_S: Final = 1.0
STARTED: Final = "transaction.started"
CLOSED: Final = "transaction.closed"
DECIDED: Final = "decision.made"
PASSED: Final = "gate.passed"


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the journal."""

    sequence: int
    kind: str
    """Its type without the prefix."""
    transaction: str | None
    data: JsonObject


class Witness:
    """Reads one journal beside the daemon that writes it.  Thread-safe."""

    def __init__(self, journal: Path) -> None:
        self._uri = f"{journal.absolute().as_uri()}?mode=ro"
        self._newest = 0
        self.looking_away = threading.Lock()
        """Whoever holds it knows that nothing is read: a reader may make files for SQLite."""

    @property
    def newest(self) -> int:
        """The sequence of the newest event; the last one known while none can be read."""
        self._newest = self._number("SELECT max(sequence) FROM journal") or self._newest
        return self._newest

    @property
    def undelivered(self) -> int | None:
        """How many events wait for the central system; None while that cannot be read."""
        return self._number("SELECT count(*) FROM outbox")

    def since(self, sequence: int) -> list[Told]:
        """The events after a sequence; none while the journal cannot be read."""
        with suppress(sqlite3.Error), self.looking_away, self._connected() as connection:
            rows = connection.execute(
                "SELECT sequence, body FROM journal WHERE sequence > ? ORDER BY sequence",
                (sequence,),
            )
            found = [_told(number, body) for number, body in rows]
            self._newest = max([self._newest, *(each.sequence for each in found)])
            return found
        return []

    def _number(self, statement: str) -> int | None:
        """The number that a statement asks for; None while there is none."""
        with suppress(sqlite3.Error), self.looking_away, self._connected() as connection:
            found: int | None = connection.execute(statement).fetchone()[0]
            return found
        return None

    def _connected(self) -> closing[sqlite3.Connection]:
        """A connection; sqlite3.Error while the daemon comes or goes, or the disk refuses."""
        return closing(sqlite3.connect(self._uri, uri=True, timeout=BUSY_S))


def _told(sequence: int, body: bytes) -> Told:
    event = json.loads(body)
    kind = str(event["type"]).removeprefix(PREFIX)
    return Told(sequence, kind, event.get("correlationid"), event["data"])
