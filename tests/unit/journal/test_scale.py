"""Nothing the gate waits for grows with the journal: counted in steps of SQLite, not in seconds."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.journal.journal import ACKNOWLEDGE_AT_A_TIME, FORGET_AT_A_TIME, Journal
from edge.journal.outbox import Outbox
from tests.support.signing import SIGN

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DRAFT = EventDraft(EventType.GATE_OPENED, NOON)
FEW, MANY = 3_000, 100_000
WAITING = 2_500


def made(folder: Path, events: int) -> Path:
    """A journal of so many events, made with plain SQL; the last of them wait."""
    opened(folder).close()
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?)"
            " INSERT INTO journal (sequence, type, recorded, octets, body)"
            " SELECT x, 'int.egate.gate.opened', ?, x * 100, zeroblob(100) FROM n",
            (events, NOON.isoformat()),
        )
        connection.execute(
            "INSERT INTO outbox SELECT sequence FROM journal WHERE sequence > ?",
            (events - WAITING,),
        )
        connection.execute("COMMIT")
    return folder


def opened(folder: Path) -> Journal:
    return Journal(
        folder / "journal.db",
        source="/egate/v1/site/lane",
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=SIGN,
    )


@contextmanager
def counted(connection: sqlite3.Connection) -> Iterator[list[int]]:
    """How many steps SQLite's machine makes, in tens."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    connection.set_progress_handler(count, 10)
    yield steps
    connection.set_progress_handler(None, 10)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return (
        made(tmp_path_factory.mktemp("few"), FEW),
        made(tmp_path_factory.mktemp("many"), MANY),
    )


WORK: dict[str, Callable[[Journal], object]] = {
    "append": lambda journal: journal.append([DRAFT] * 10),
    "backlog": lambda journal: journal.backlog(),
    "first sequence": lambda journal: journal.first_sequence,
    "acknowledgement": lambda journal: journal.append([], acknowledged=journal.last_sequence),
    "retention": lambda journal: journal.forget_before(NOON + timedelta(days=1)),
    "nothing to forget": lambda journal: journal.forget_before(NOON - timedelta(days=1)),
    "durable facts": lambda journal: journal.durable_facts(),
}


@pytest.mark.parametrize("work", WORK)
def test_the_work_of_the_writer_does_not_grow(folders: tuple[Path, Path], work: str) -> None:
    found = []
    for folder in folders:
        with opened(folder) as journal, counted(journal._connection) as steps:
            WORK[work](journal)
            found.append(steps[0])
    few, many = found
    assert many <= few * 1.2 + 3


@pytest.mark.parametrize("work", ["waiting", "between", "first_waiting", "last_sequence"])
def test_the_work_of_the_sender_does_not_grow(folders: tuple[Path, Path], work: str) -> None:
    found = []
    for folder, events in zip(folders, (FEW, MANY), strict=True):
        with Outbox(folder / "journal.db") as outbox, counted(outbox._connection) as steps:
            match work:
                case "waiting":
                    assert outbox.waiting(after=events - 1000, limit=100)
                case "between":
                    assert len(outbox.between(events - 100, events, limit=200)) >= 100
                case _:
                    assert getattr(outbox, work)()
            found.append(steps[0])
    few, many = found
    assert many <= few * 1.2 + 3


def test_no_statement_is_long_however_much_was_acknowledged_or_is_old(tmp_path: Path) -> None:
    """Somebody may be waiting for the lane's next decision behind each of them."""
    with opened(made(tmp_path, 20_000)) as journal:
        before = journal.backlog().events
        journal.append([], acknowledged=journal.last_sequence)
        assert journal.backlog().events == before - ACKNOWLEDGE_AT_A_TIME
        assert journal.forget_before(NOON + timedelta(days=1)) == FORGET_AT_A_TIME
        assert journal.first_sequence == FORGET_AT_A_TIME + 1


def test_what_was_written_while_the_clock_was_wrong_does_not_keep_the_rest(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        for day in (0, 20_000, 1, 2, 3):
            journal._clock = lambda day=day: NOON + timedelta(days=day)  # type: ignore[misc]
            journal.append([DRAFT])
        journal.append([], acknowledged=5)
        now = NOON + timedelta(days=4)
        assert journal.forget_before(now - timedelta(days=2, hours=1), now + timedelta(days=1)) == 3
        assert journal.first_sequence == 4


def test_a_clock_that_jumps_forward_erases_nothing_that_waits(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([DRAFT] * 5)
        journal.append([], acknowledged=2)
        assert journal.forget_before(NOON + timedelta(days=20_000)) == 2
        assert journal.first_sequence == 3
        assert journal.backlog().events == 3


def test_room_that_erased_events_left_is_counted(tmp_path: Path) -> None:
    with opened(made(tmp_path, 5_000)) as journal:
        assert journal.free_bytes() == 0
        while journal.forget_before(NOON + timedelta(days=1)) == FORGET_AT_A_TIME:
            pass
        assert journal.free_bytes() > 50_000
