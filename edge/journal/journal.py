"""The journal: every event of this gate, in order, on the disk before the door moves.

One SQLite database, WAL, synchronous=FULL.  A journal row and its outbox row are written in one
transaction; an outbox row goes only when the central system has acknowledged the event.  Used from
one thread; `edge.journal.outbox` reads beside it.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, takewhile
from pathlib import Path

from typing_extensions import override

from edge.contract.event_types import PREFIX
from edge.contract.events import (
    FIRST_HASH,
    DurableFacts,
    Event,
    EventDraft,
    Sign,
    UnsignedEvent,
    hash_of,
)
from edge.contract.fields import UUID, date_time
from edge.errors import DamagedJournal, DeliveryError, SettingsError
from edge.journal.database import (
    LARGEST_NUMBER,
    blob,
    fault_of,
    open_database,
    reading,
    take_lock,
)
from edge.ports import Closeable

ACKNOWLEDGE_AT_A_TIME = 1_000
"""Most outbox rows that leave in one transaction, because a decision may wait behind it."""
FORGET_AT_A_TIME = 200
"""Most journal rows that are erased in one transaction."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The events that wait for an acknowledgement of the central system."""

    events: int
    octets: int
    first: int | None = None
    """The oldest sequence; None when nothing waits."""
    oldest: datetime | None = None
    """When it was recorded."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One event as it stands in the journal."""

    sequence: int
    event: Event
    body: bytes


class Journal(Closeable):
    """Opens or continues the journal in a file; `with` closes it.

    Raises:
        SettingsError: the file is in use, damaged, or no journal; it stays as it is.
        DeliveryError: the disk has no room for it.
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
        self._lock = take_lock(path)
        try:
            self._connection = open_database(path, self._uuid)
            self._file = _identity(path)
            try:
                self._id, self._sequence, self._hash, self._octets = self._last()
            except (SettingsError, DeliveryError):
                self._connection.close()
                raise
        except (SettingsError, DeliveryError):
            self._lock.close()
            raise

    @override
    def close(self) -> None:
        """Close the file; all appended events are on the disk already."""
        self._connection.close()
        self._lock.close()

    @property
    def journal_id(self) -> str:
        """The name of this journal's chain: a UUID, made with the file."""
        return self._id

    @property
    def last_sequence(self) -> int:
        """Sequence of the newest event, 0 before the first."""
        return self._sequence

    @property
    def last_hash(self) -> str:
        """Hash of the newest event, sixty-four zeros before the first."""
        return self._hash

    @property
    def first_sequence(self) -> int:
        """Sequence of the oldest event still kept, or of the next one when there is none."""
        with reading(self._path):
            first = self._connection.execute("SELECT min(sequence) FROM journal").fetchone()[0]
            return self._sequence + 1 if first is None else int(first)

    @property
    def newest(self) -> datetime | None:
        """When the newest event was recorded; None before the first."""
        with reading(self._path):
            row = self._connection.execute(
                "SELECT recorded FROM journal WHERE sequence = ?", (self._sequence,)
            ).fetchone()
            return None if row is None else date_time(row[0])

    def newest_bodies(self, most: int) -> Iterator[bytes]:
        """The newest events, the newest first."""
        with reading(self._path):
            rows = self._connection.execute(
                "SELECT body FROM journal ORDER BY sequence DESC LIMIT ?", (most,)
            )
            for (body,) in rows:
                yield blob(body)

    def append(self, drafts: Sequence[EventDraft], acknowledged: int = 0) -> list[Stored]:
        """Write events and acknowledgements in one durable transaction.

        All of it is on the disk when this returns.  At most `ACKNOWLEDGE_AT_A_TIME` acknowledged
        rows leave at a time; `backlog` says how many are left.

        Raises:
            DeliveryError: the disk refused it, or another file is in its place; nothing of it is
                written.
        SettingsError: the file is damaged.
        """
        if _identity(self._path) != self._file:
            raise DeliveryError(
                f"the journal {self._path} was moved or replaced while the gate runs: put it back"
            )
        stored, sequence, previous = [], self._sequence, self._hash
        octets = self._octets
        for draft in drafts:
            sequence += 1
            event = self._event(draft, sequence, previous)
            body = event.to_bytes()
            previous = hash_of(body)
            stored.append(Stored(sequence, event, body))
            octets += len(body)
        facts = [fact for draft in drafts for fact in draft.remember]
        self._write(stored, acknowledged, facts)
        self._sequence, self._hash, self._octets = sequence, previous, octets
        return stored

    def durable_facts(self) -> dict[str, str]:
        """The durable facts beside the events: values by name."""
        with reading(self._path):
            rows = self._connection.execute("SELECT name, value FROM memory").fetchall()
            return {str(name): str(value) for name, value in rows}

    def backlog(self) -> Backlog:
        """The events that wait; they are one piece, because rows leave at the front only."""
        with reading(self._path):
            row = self._connection.execute(
                "SELECT sequence, recorded, octets - length(body)"
                " FROM outbox LEFT JOIN journal USING (sequence) ORDER BY sequence LIMIT 1"
            ).fetchone()
            if row is None:
                return Backlog(0, 0)
            first, recorded, before = row
            return Backlog(
                _counted(self._sequence - first + 1),
                _counted(self._octets - before),
                first,
                date_time(recorded),
            )

    def free_bytes(self) -> int:
        """Free room inside the file, from erased events."""
        with reading(self._path):
            pages = self._connection.execute("PRAGMA freelist_count").fetchone()[0]
            return int(pages) * int(self._connection.execute("PRAGMA page_size").fetchone()[0])

    def forget_before(self, moment: datetime, until: datetime | None = None) -> int:
        """Erase the oldest acknowledged events that were recorded before a moment.

        The newest event stays, for the chain.  At most `FORGET_AT_A_TIME` events go at a time:
        call again until it returns less.  An event with a date after `until` was written while
        the clock was wrong; it does not protect the events behind it.
        """
        latest = "~" if until is None else until.isoformat()
        with self._transaction() as connection:
            first = self.backlog().first
            end = self._sequence if first is None else min(first, self._sequence)
            with reading(self._path):
                rows = connection.execute(
                    "SELECT sequence, recorded FROM journal WHERE sequence < ?"
                    " ORDER BY sequence LIMIT ?",
                    (end, FORGET_AT_A_TIME),
                ).fetchall()
                old = [
                    sequence
                    for sequence, _ in takewhile(
                        lambda row: row[1] < moment.isoformat() or row[1] > latest, rows
                    )
                ]
            if old:
                connection.execute("DELETE FROM journal WHERE sequence <= ?", (old[-1],))
        return len(old)

    def scrub(self) -> bool:
        """Empty the write-ahead log: it may still hold erased events.

        False when a reader prevented it: try again later.

        Raises:
            DeliveryError: the disk refused it.
        """
        try:
            # This connection waits for no lock: a decision may wait behind it.
            with contextlib.closing(
                sqlite3.connect(f"file:{self._path}?mode=rw", uri=True, timeout=0)
            ) as impatient:
                row = impatient.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise DeliveryError(f"the journal's log cannot be emptied: {error}") from error
        return not row[0]

    def _event(self, draft: EventDraft, sequence: int, previous: str) -> Event:
        return UnsignedEvent(
            id=draft.id or self._uuid(),
            source=self._source,
            type=PREFIX + draft.type,
            time=draft.occurred,
            journalid=self._id,
            sequence=f"{sequence:020}",
            prevhash=previous,
            recordedtime=self._clock(),
            dataclassification=draft.category.classification,
            datacategory=draft.category,
            simulated=self._simulated,
            correlationid=draft.correlation_id,
            causationid=draft.causation_id,
            data=draft.data,
        ).signed(self._sign)

    def _uuid(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))

    def _write(
        self, stored: Sequence[Stored], acknowledged: int, facts: Sequence[DurableFacts]
    ) -> None:
        ends = accumulate((len(s.body) for s in stored), initial=self._octets)
        next(ends)
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO journal (sequence, type, recorded, octets, body)"
                " VALUES (?, ?, ?, ?, ?)",
                [
                    (s.sequence, s.event.type, s.event.recordedtime.isoformat(), end, s.body)
                    for s, end in zip(stored, ends, strict=True)
                ],
            )
            connection.executemany(
                "INSERT INTO outbox (sequence) VALUES (?)", [(s.sequence,) for s in stored]
            )
            for fact in facts:
                _keep(connection, fact)
            if acknowledged:
                connection.execute(
                    "DELETE FROM outbox WHERE sequence <= min(?, ? +"
                    " (SELECT min(sequence) FROM outbox))",
                    (acknowledged, ACKNOWLEDGE_AT_A_TIME - 1),
                )

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
            raise _unwritten(self._path, error) from error

    def _last(self) -> tuple[str, int, str, int]:
        with reading(self._path):
            name = self._connection.execute("SELECT id FROM chain").fetchone()
            row = self._connection.execute(
                "SELECT sequence, octets, body FROM journal ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
            if name is None or re.fullmatch(UUID, str(name[0])) is None:
                raise DamagedJournal("it has lost its name", self._path)
            if row is None:
                return str(name[0]), 0, FIRST_HASH, 0
            sequence, octets, body = row
            return str(name[0]), _counted(sequence), hash_of(blob(body)), _counted(octets)


def _counted(value: int) -> int:
    """A number of events or bytes; ValueError for one that nobody counted."""
    if not 0 < value < LARGEST_NUMBER:
        raise ValueError("no count")
    return value


def _identity(path: Path) -> tuple[int, int] | None:
    """The identity of the file at a path; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _unwritten(path: Path, error: sqlite3.Error) -> SettingsError | DeliveryError:
    found = fault_of(path, error)
    if isinstance(found, DeliveryError):
        return DeliveryError(f"the journal cannot be written: {error}")
    return found


def _keep(connection: sqlite3.Connection, fact: DurableFacts) -> None:
    if fact.value is None:
        connection.execute("DELETE FROM memory WHERE name = ?", (fact.name,))
    else:
        connection.execute(
            "INSERT INTO memory (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (fact.name, fact.value),
        )
