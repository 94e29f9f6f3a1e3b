"""Measures the journal: bursts, what ten million events change, and a start with a long outbox.

The big journal is made with plain SQL, in minutes, in the folder for temporary files.  Its events
are as good as real ones to the database, which never looks into them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.journal.journal import Journal
from edge.journal.outbox import Outbox
from edge.journal.writer import JournalWriter
from edge.keys.device_key import DeviceKey
from edge.lane.clock import is_plausible
from edge.mqtt.backlog import OutboxReader

EVENTS = int(os.environ.get("EGATE_BENCH_EVENTS", "10000000"))
FEW = 2_000
WAITING = 1_000_000
BODY_BYTES = 240
BURST = 500
BURSTS = 10
ROUNDS = 60
PAGE = 200
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = DeviceKey.make()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an operation costs in a big and in a small journal, medians of one run, in seconds."""

    name: str
    big_s: float
    small_s: float


def bursts(folder: Path) -> float:
    """Events a second, durable, in bursts through the journal_writer."""
    return asyncio.run(_bursts(folder / "bursts"))


async def _bursts(folder: Path) -> float:
    journal_writer = JournalWriter(open_journal(folder), is_plausible)
    began_s = time.perf_counter()
    for _ in range(BURSTS):
        for _ in range(BURST):
            journal_writer.put(EventDraft(EventType.GATE_OPENED, NOON, correlation_id="0" * 32))
        await journal_writer.commit()
    elapsed_s = time.perf_counter() - began_s
    await journal_writer.close()
    return BURSTS * BURST / elapsed_s


def open_journal(folder: Path) -> Journal:
    """The journal of a gate that does not exist."""
    return Journal(
        folder / "journal.db",
        source="/egate/v1/bench/lane",
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=KEY.sign,
    )


def build(folder: Path, events: int, waiting: int) -> Path:
    """Make a journal of so many events, the last of which wait."""
    open_journal(folder).close()
    path = folder / "journal.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute("BEGIN")
        connection.execute(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?1)"
            " INSERT INTO journal (sequence, type, recorded, octets, body)"
            " SELECT x, 'int.egate.gate.opened', ?2, x * ?3, zeroblob(?3) FROM n",
            (events, NOON.isoformat(), BODY_BYTES),
        )
        connection.execute(
            "INSERT INTO outbox (sequence) SELECT sequence FROM journal WHERE sequence > ?",
            (events - waiting,),
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    _forget_cache(path)
    return path


def start_s(folder: Path) -> float:
    """Seconds from a journal nobody has opened to the first event that is to be sent."""
    path = folder / "journal.db"
    _forget_cache(path)
    began_s = time.perf_counter()
    with open_journal(folder) as journal:
        journal.backlog()
        reader = OutboxReader(path, time.monotonic, lambda _: None)
        row = reader.next_row()
        elapsed_s = time.perf_counter() - began_s
        reader.close()
    if row is None:
        raise RuntimeError("nothing waits")
    return elapsed_s


def compare(big: Path, small: Path) -> Iterator[Comparison]:
    """The same work in both journals, in turns, so that the machine's moods hit both."""
    with (
        open_journal(big) as much,
        open_journal(small) as little,
        Outbox(big / "journal.db") as much_out,
        Outbox(small / "journal.db") as little_out,
    ):
        draft = EventDraft(EventType.GATE_OPENED, NOON)
        yield _in_turns(
            "append of ten events",
            lambda: much.append([draft] * 10),
            lambda: little.append([draft] * 10),
        )
        last, end = much.last_sequence, little.last_sequence
        yield _in_turns(
            "page of the outbox",
            lambda: much_out.waiting(after=last - 2 * PAGE, limit=PAGE),
            lambda: little_out.waiting(after=end - 2 * PAGE, limit=PAGE),
        )
        yield _in_turns("depth, size and age", much.backlog, little.backlog)
        yield _in_turns(
            "acknowledgement",
            _acknowledging(much),
            _acknowledging(little),
        )
    yield _in_turns("start", lambda: _open_and_close(big), lambda: _open_and_close(small))


def _acknowledging(journal: Journal) -> Callable[[], object]:
    """Ten events more are stored centrally, at every call."""
    sequences = itertools.count(journal.backlog().first or 1, 10)
    return lambda: journal.append([], acknowledged=next(sequences) + 9)


def _open_and_close(folder: Path) -> None:
    with open_journal(folder) as journal:
        journal.backlog()


def _in_turns(name: str, big: Callable[[], object], small: Callable[[], object]) -> Comparison:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, found in zip((big, small), times, strict=True):
            began_s = time.perf_counter()
            call()
            found.append(time.perf_counter() - began_s)
    return Comparison(name, statistics.median(times[0]), statistics.median(times[1]))


def _forget_cache(path: Path) -> None:
    """As after a restart of the machine: nothing of the file is in memory."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def folder() -> tempfile.TemporaryDirectory[str]:
    """Where the journals are made; some three gigabytes for ten million events."""
    return tempfile.TemporaryDirectory(prefix="egate-bench-journal-")
