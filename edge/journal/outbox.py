"""The outbox for its sender: a reader beside the journal, and the topics."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from edge.contract.event_types import PREFIX
from edge.contract.events import hash_of
from edge.journal.database import blob, reading, text
from edge.ports import Closeable


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one device; lower case, nothing personal."""

    site: str
    device: str

    @property
    def root(self) -> str:
        """The beginning of every topic."""
        return f"egate/v1/{self.site}/{self.device}"

    @property
    def source(self) -> str:
        """The CloudEvents source of this device."""
        return f"/{self.root}"

    def event(self, kind: str) -> str:
        """The topic for events of a type; the type without its prefix."""
        return f"{self.root}/event/{kind.replace('.', '/', 1)}"


@dataclass(frozen=True, slots=True)
class Row:
    """One event to send."""

    sequence: int
    type: str
    """Without the prefix.  In the journal of a later version it may be an unknown type."""
    body: bytes


class Outbox(Closeable):
    """Reads waiting events on its own connection; one thread uses it at a time.

    Raises, on construction and by every method:
        DamagedJournal: it is not what was written.
        DeliveryError: it cannot be read now.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with reading(self._path):
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
        self._connection.text_factory = text

    @override
    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def waiting(self, *, after: int, limit: int) -> list[Row]:
        """The next unacknowledged events after a sequence, in order."""
        return self._rows(
            "SELECT outbox.sequence, type, body FROM outbox CROSS JOIN journal USING (sequence)"
            " WHERE outbox.sequence > ? ORDER BY outbox.sequence LIMIT ?",
            (after, limit),
        )

    def between(self, first: int, last: int, *, limit: int) -> list[Row]:
        """The first events from `first` to `last` that are still kept, in order."""
        return self._rows(
            "SELECT sequence, type, body FROM journal WHERE sequence BETWEEN ? AND ?"
            " ORDER BY sequence LIMIT ?",
            (first, last, limit),
        )

    def hash_of(self, sequence: int) -> str | None:
        """The hash of an event; None when it is no longer kept."""
        rows = self.between(sequence, sequence, limit=1)
        return hash_of(rows[0].body) if rows else None

    def first_waiting(self) -> int | None:
        """The oldest unacknowledged sequence."""
        with reading(self._path):
            row = self._connection.execute("SELECT min(sequence) FROM outbox").fetchone()
            return None if row[0] is None else int(row[0])

    def last_sequence(self) -> int:
        """The newest sequence of the journal, 0 before the first."""
        with reading(self._path):
            row = self._connection.execute("SELECT max(sequence) FROM journal").fetchone()
            return int(row[0] or 0)

    def _rows(self, statement: str, arguments: tuple[int, ...]) -> list[Row]:
        with reading(self._path):
            found = self._connection.execute(statement, arguments).fetchall()
            return [Row(int(s), str(t).removeprefix(PREFIX), blob(b)) for s, t, b in found]
