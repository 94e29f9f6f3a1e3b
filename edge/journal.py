"""The journal: every event of this gate, in order, durable before the door moves.

One SQLite database, WAL, synchronous=FULL.  A journal row and its outbox row are written in one
transaction; an outbox row goes only when the central system has acknowledged the event.  Used from
one thread; `edge.outbox` reads beside it.
"""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from edge.errors import DeliveryError, SettingsError
from edge.events import FIRST_HASH, PREFIX, Event, EventDraft, Sign, UnsignedEvent, hash_of

APPLICATION_ID = 0x45474154  # "EGAT"
SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE chain (
    id TEXT NOT NULL
) STRICT;
CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY,
    type     TEXT NOT NULL,
    recorded TEXT NOT NULL,
    body     BLOB NOT NULL
) STRICT;
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY REFERENCES journal (sequence)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """One event as it stands in the journal."""

    sequence: int
    event: Event
    body: bytes


class Journal:
    """Opens or continues the journal in a file; `with` closes it.

    Raises:
        SettingsError: the file is in use, damaged, or no journal; it is left as it is.
    """

    def __init__(  # noqa: PLR0913  # its file, whose it is, its surroundings
        self,
        path: Path,
        *,
        source: str,
        simulated: bool,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        sign: Sign,
    ) -> None:
        self._path = path
        self._source = source
        self._simulated = simulated
        self._clock = clock
        self._random = random
        self._sign = sign
        self._lock = self._take_lock()
        try:
            self._connection = self._open()
            self._id, self._sequence, self._hash = self._last()
        except SettingsError:
            self._lock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; everything appended is already on the disk."""
        self._connection.close()
        self._lock.close()

    @property
    def journal_id(self) -> str:
        """Names this journal's chain: a UUID, made with the file."""
        return self._id

    @property
    def last_sequence(self) -> int:
        """Sequence of the newest event, 0 before the first."""
        return self._sequence

    @property
    def first_sequence(self) -> int:
        """Sequence of the oldest event still kept, or of the next one when there is none."""
        first = self._connection.execute("SELECT min(sequence) FROM journal").fetchone()[0]
        return self._sequence + 1 if first is None else int(first)

    def append(self, drafts: Sequence[EventDraft], acknowledged: int = 0) -> list[Stored]:
        """Write events, and what was acknowledged meanwhile, in one durable transaction.

        Either all of it is on the disk when this returns, or none.

        Raises:
            DeliveryError: the disk did not take it; the journal is as it was before.
        """
        stored, sequence, previous = [], self._sequence, self._hash
        for draft in drafts:
            sequence += 1
            event = self._event(draft, sequence, previous)
            body = event.to_bytes()
            previous = hash_of(body)
            stored.append(Stored(sequence, event, body))
        self._write(stored, acknowledged)
        self._sequence, self._hash = sequence, previous
        return stored

    def depth(self) -> int:
        """How many events wait for the central system's acknowledgement."""
        # Rows leave from the front only, so what waits is contiguous.
        first = self._connection.execute("SELECT min(sequence) FROM outbox").fetchone()[0]
        return 0 if first is None else self._sequence - int(first) + 1

    def oldest_waiting(self) -> datetime | None:
        """When the oldest unacknowledged event was recorded."""
        row = self._connection.execute(
            "SELECT recorded FROM journal WHERE sequence = (SELECT min(sequence) FROM outbox)"
        ).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def forget_before(self, moment: datetime) -> int:
        """Erase acknowledged events recorded before a moment, keeping the newest for the chain."""
        with self._transaction() as connection:
            erased = connection.execute(
                "DELETE FROM journal WHERE recorded < ? AND sequence < ?"
                " AND sequence NOT IN (SELECT sequence FROM outbox)",
                (moment.isoformat(), self._sequence),
            )
            return erased.rowcount

    def _event(self, draft: EventDraft, sequence: int, previous: str) -> Event:
        return UnsignedEvent(
            id=self._uuid(),
            source=self._source,
            type=PREFIX + draft.type,
            time=draft.occurred,
            journalid=self._id,
            sequence=f"{sequence:020}",
            prevhash=previous,
            recordedtime=self._clock(),
            simulated=self._simulated,
            correlationid=draft.correlation_id,
            data=draft.data,
        ).signed(self._sign)

    def _uuid(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))

    def _write(self, stored: Sequence[Stored], acknowledged: int) -> None:
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO journal (sequence, type, recorded, body) VALUES (?, ?, ?, ?)",
                [
                    (s.sequence, s.event.type, s.event.recordedtime.isoformat(), s.body)
                    for s in stored
                ],
            )
            connection.executemany(
                "INSERT INTO outbox (sequence) VALUES (?)", [(s.sequence,) for s in stored]
            )
            if acknowledged:
                connection.execute("DELETE FROM outbox WHERE sequence <= ?", (acknowledged,))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise DeliveryError(f"the journal cannot be written: {error}") from error

    def _take_lock(self) -> IO[bytes]:
        """Hold a lock file: a second daemon on the same journal would fork the chain."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = self._path.with_suffix(".lock").open("ab")
        except OSError as error:
            raise SettingsError(
                f"the journal {self._path} cannot be opened: {error.strerror}"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise SettingsError(
                f"the journal {self._path} is in use by another egated; stop that one"
            ) from error
        return lock

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._path, isolation_level=None, timeout=0.5, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise SettingsError(f"the journal {self._path} cannot be opened: {error}") from error
        try:
            self._prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise SettingsError(self._explain(error)) from error
        except SettingsError:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 5000")
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables == 0:
            connection.executescript(
                f"BEGIN; {SCHEMA} INSERT INTO chain (id) VALUES ('{self._uuid()}');"  # noqa: S608
                f" PRAGMA application_id = {APPLICATION_ID};"
                f" PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        elif application != APPLICATION_ID:
            raise SettingsError(f"{self._path} is a database, but not a journal of egate")
        elif version == 1:
            raise SettingsError(
                f"the journal {self._path} has version 1, whose events are not signed: let the"
                " egate that wrote it deliver them, then move the file away"
            )
        elif version != SCHEMA_VERSION:
            raise SettingsError(
                f"the journal {self._path} has version {version}, this program knows"
                f" {SCHEMA_VERSION}: run the egate that wrote it, or move the file away"
            )

    def _last(self) -> tuple[str, int, str]:
        try:
            name = self._connection.execute("SELECT id FROM chain").fetchone()
            row = self._connection.execute(
                "SELECT sequence, body FROM journal ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
        except sqlite3.Error as error:
            self._connection.close()
            raise SettingsError(self._explain(error)) from error
        if name is None:
            self._connection.close()
            raise SettingsError(self._explain("it has lost its name"))
        sequence, previous = (int(row[0]), hash_of(row[1])) if row else (0, FIRST_HASH)
        return name[0], sequence, previous

    def _explain(self, error: sqlite3.Error | str) -> str:
        return (
            f"the journal {self._path} is damaged ({error}); move it away, keep it for the central"
            " system, and start again"
        )
