"""A journal as it lies on the disk, read beside the daemon that writes it; nothing is changed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from typing_extensions import override

from edge.contract.event_types import PREFIX
from edge.contract.events import FIRST_HASH, hash_of
from edge.errors import DamagedJournal, DeliveryError, SettingsError
from edge.journal.database import APPLICATION_ID, SCHEMA_VERSION, blob, reading, text
from edge.ports import Closeable

PAGE: Final = 500
SEALED: Final = b'"sealed":"'


@dataclass(frozen=True, slots=True)
class Kind:
    """What a journal holds of one type of events."""

    type: str
    count: int
    oldest: str
    """When the first was recorded, RFC 3339."""
    sealed: int
    """How many of them carry a sealed field."""


Row: TypeAlias = tuple[Any, ...]  # the statement says of which types


class JournalFile(Closeable):
    """Reads a journal; `with` closes it.

    Raises:
        SettingsError: there is none, or it is no journal of this version.
        DamagedJournal: it is not what was written; also by every method.
        DeliveryError: it cannot be read now; also by every method.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise SettingsError(f"there is no journal {path}: has this gate ever run?")
        with reading(path):
            self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)
        self._connection.text_factory = text
        try:
            self._check()
            self.journal_id = str(self._one("SELECT id FROM chain")[0])
        except (SettingsError, DeliveryError):
            self._connection.close()
            raise

    @override
    def close(self) -> None:
        self._connection.close()

    def ends(self) -> tuple[int, int, str]:
        """First and last sequence and the hash of the last event; (1, 0, zeros) when empty."""
        first, last, body = self._one(
            "SELECT min(sequence), max(sequence),"
            " (SELECT body FROM journal ORDER BY sequence DESC LIMIT 1) FROM journal"
        )
        if first is None:
            return 1, 0, FIRST_HASH
        with reading(self._path):
            return int(first), int(last), hash_of(blob(body))

    def bodies(self, first: int, last: int) -> Iterator[bytes]:
        """The events from `first` to `last`, in order; a page at a time."""
        rows = [(first - 1, b"")]
        while rows:
            rows = self._all(
                "SELECT sequence, body FROM journal WHERE sequence > ? AND sequence <= ?"
                " ORDER BY sequence LIMIT ?",
                (rows[-1][0], last, PAGE),
            )
            for _, body in rows:
                with reading(self._path):
                    yield blob(body)

    def kinds(self) -> list[Kind]:
        """What it holds, type by type."""
        rows = self._all(
            "SELECT type, count(*), min(recorded), sum(instr(body, ?) > 0) FROM journal"
            " GROUP BY type ORDER BY type",
            (SEALED,),
        )
        return [
            Kind(str(kind).removeprefix(PREFIX), count, oldest, sealed)
            for kind, count, oldest, sealed in rows
        ]

    def waiting(self) -> tuple[int, str | None]:
        """How many events the central system has not acknowledged, and since when."""
        count, oldest = self._one(
            "SELECT count(*), min(recorded) FROM outbox JOIN journal USING (sequence)"
        )
        return int(count), oldest

    def overdue(self, before: str) -> int:
        """How many acknowledged events were recorded before a moment, but for the newest."""
        (count,) = self._one(
            "SELECT count(*) FROM journal WHERE recorded < ?"
            " AND sequence < (SELECT max(sequence) FROM journal)"
            " AND sequence NOT IN (SELECT sequence FROM outbox)",
            (before,),
        )
        return int(count)

    def durable_facts(self) -> dict[str, str]:
        """What is remembered beside the events."""
        return {str(n): str(v) for n, v in self._all("SELECT name, value FROM memory")}

    def _check(self) -> None:
        (application,) = self._one("PRAGMA application_id")
        (version,) = self._one("PRAGMA user_version")
        if application != APPLICATION_ID:
            raise SettingsError(f"{self._path} is no journal of egate")
        if version != SCHEMA_VERSION:
            raise SettingsError(
                f"the journal {self._path} has version {version}, this program knows"
                f" {SCHEMA_VERSION}"
            )

    def _one(self, statement: str, arguments: tuple[object, ...] = ()) -> Row:
        found = self._all(statement, arguments)
        if not found:
            raise DamagedJournal("a row is gone", self._path)
        return found[0]

    def _all(self, statement: str, arguments: tuple[object, ...] = ()) -> list[Row]:
        with (
            reading(self._path),
            contextlib.closing(self._connection.execute(statement, arguments)) as cursor,
        ):
            return cursor.fetchall()
