"""What is sent next, after silence, after a new connection, and when somebody asks again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract.event_types import EventType
from edge.contract.events import EventDraft, hash_of
from edge.contract.sync import LARGEST_SEQUENCE
from edge.errors import DamagedJournal, DeliveryError
from edge.journal.journal import Journal
from edge.journal.outbox import Topics
from edge.mqtt.backlog import (
    LONGEST_RESEND_S,
    MOST_REPLAYS,
    PAGE,
    RESEND_AFTER_S,
    RETRY_S,
    OutboxReader,
)
from tests.support.signing import SIGN

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    """A monotonic clock that goes on when told."""

    def __init__(self) -> None:
        self.now_s = 5.0

    def __call__(self) -> float:
        return self.now_s


def unexpected(error: DamagedJournal) -> None:
    raise error


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(
        tmp_path / "journal.db",
        source="/egate/v1/site/lane",
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=SIGN,
    ) as found:
        yield found


@pytest.fixture
def reader(journal: Journal, clock: Clock, tmp_path: Path) -> Iterator[OutboxReader]:
    journal.append([EventDraft(EventType.GATE_OPENED, NOON)] * 5)
    found = OutboxReader(tmp_path / "journal.db", clock, unexpected)
    yield found
    found.close()


def happen(journal: Journal, reader: OutboxReader, count: int) -> None:
    journal.append([EventDraft(EventType.GATE_OPENED, NOON)] * count)
    reader.notify()


def taken(reader: OutboxReader) -> list[int]:
    """Everything there is to send now."""
    found = []
    while (row := reader.next_row()) is not None:
        found.append(row.sequence)
    return found


def acknowledge(reader: OutboxReader, sequence: int) -> bool:
    """By the hash of what the journal has there."""
    rows = reader._outbox.between(sequence, sequence, limit=1)
    return reader.acknowledge(sequence, hash_of(rows[0].body) if rows else "0" * 64)


def test_what_waits_is_sent_once_and_in_order(journal: Journal, reader: OutboxReader) -> None:
    assert taken(reader) == [1, 2, 3, 4, 5]
    assert taken(reader) == []
    happen(journal, reader, PAGE * 2 + 3)
    assert taken(reader) == list(range(6, PAGE * 2 + 9))


def test_a_new_connection_begins_with_the_first_that_is_not_acknowledged(
    reader: OutboxReader,
) -> None:
    taken(reader)
    assert acknowledge(reader, 2)
    reader.start_over()
    assert taken(reader) == [3, 4, 5]


def test_a_later_daemon_goes_on_where_the_acknowledgements_ended(
    journal: Journal, clock: Clock, tmp_path: Path
) -> None:
    journal.append([EventDraft(EventType.GATE_OPENED, NOON)] * 9)
    journal.append([], acknowledged=7)
    later = OutboxReader(tmp_path / "journal.db", clock, unexpected)
    assert not acknowledge(later, 7)
    assert taken(later) == [8, 9]
    later.close()


def test_what_an_earlier_daemon_sent_may_be_acknowledged_late(reader: OutboxReader) -> None:
    assert acknowledge(reader, 5)
    with pytest.raises(ValueError, match="never sent"):
        acknowledge(reader, 6)


def test_what_was_not_sent_cannot_be_acknowledged(journal: Journal, reader: OutboxReader) -> None:
    """Whoever forges acknowledgements of the future would make events leave unsent."""
    happen(journal, reader, 3)
    with pytest.raises(ValueError, match="never sent"):
        acknowledge(reader, 8)
    taken(reader)
    assert acknowledge(reader, 8)


def test_an_acknowledgement_of_less_than_before_is_no_news(reader: OutboxReader) -> None:
    assert acknowledge(reader, 4)
    assert not acknowledge(reader, 4)
    assert not acknowledge(reader, 3)


def test_the_acknowledgement_of_a_copy_of_the_journal_lets_nothing_go(
    journal: Journal, reader: OutboxReader
) -> None:
    """A copied card has the same journal id and the same sequences, and other events."""
    taken(reader)
    assert acknowledge(reader, 2)
    hashes = [hash_of(row.body) for row in reader._outbox.between(1, 5, limit=5)]
    for sequence, digest in ((4, "0" * 64), (4, hashes[4]), (5, hashes[3]), (1, hashes[1])):
        with pytest.raises(ValueError, match="another event"):
            reader.acknowledge(sequence, digest)
    reader.start_over()
    assert taken(reader) == [3, 4, 5]
    assert acknowledge(reader, 5)
    assert journal.last_hash == hashes[4]


def test_the_acknowledgement_of_what_is_erased_is_no_news(
    journal: Journal, clock: Clock, tmp_path: Path
) -> None:
    """Whatever its hash: nothing is left to compare it with, and nothing leaves."""
    journal.append([EventDraft(EventType.GATE_OPENED, NOON)] * 9)
    journal.append([], acknowledged=7)
    assert journal.forget_before(NOON + timedelta(days=1)) == 7
    reader = OutboxReader(tmp_path / "journal.db", clock, unexpected)
    for sequence in (0, 1, 7):
        assert not reader.acknowledge(sequence, "0" * 64)
    assert taken(reader) == [8, 9]
    reader.close()


def test_silence_is_answered_by_sending_again_ever_more_patiently(
    reader: OutboxReader, clock: Clock
) -> None:
    assert taken(reader) == [1, 2, 3, 4, 5]
    wait_s = RESEND_AFTER_S
    for _ in range(8):
        clock.now_s += wait_s - 0.1
        reader.resend_when_unheard()
        assert taken(reader) == []
        clock.now_s += 0.2
        reader.resend_when_unheard()
        assert taken(reader) == [1, 2, 3, 4, 5]
        wait_s = min(wait_s * 2, LONGEST_RESEND_S)
    acknowledge(reader, 1)
    clock.now_s += RESEND_AFTER_S + 0.1
    reader.resend_when_unheard()
    assert taken(reader) == [2, 3, 4, 5]


def test_nothing_is_sent_again_when_all_is_acknowledged(reader: OutboxReader, clock: Clock) -> None:
    taken(reader)
    acknowledge(reader, 5)
    clock.now_s += 10 * LONGEST_RESEND_S
    reader.resend_when_unheard()
    assert taken(reader) == []


def test_a_replay_takes_turns_with_what_is_new(journal: Journal, reader: OutboxReader) -> None:
    happen(journal, reader, 3 * PAGE)
    taken(reader)
    reader.replay(1, 2 * PAGE)
    happen(journal, reader, 2 * PAGE)
    order = taken(reader)
    new = 3 * PAGE + 6
    pages = [order[start] for start in range(0, len(order), PAGE)]
    assert sorted(pages[:2]) == [1, new]
    assert sorted(order) == [*range(1, 2 * PAGE + 1), *range(new, new + 2 * PAGE)]


def test_a_replay_of_what_was_acknowledged_is_sent_from_the_journal(reader: OutboxReader) -> None:
    taken(reader)
    acknowledge(reader, 5)
    reader.replay(2, 4)
    assert taken(reader) == [2, 3, 4]


@pytest.mark.parametrize(("first", "last"), [(6, 9), (2**60, 2**61)])
def test_a_replay_of_what_was_never_sent_is_nothing(
    reader: OutboxReader, first: int, last: int
) -> None:
    taken(reader)
    reader.replay(first, last)
    assert taken(reader) == []


def test_a_replay_of_what_was_erased_long_ago_costs_one_look(
    journal: Journal, clock: Clock, tmp_path: Path
) -> None:
    """The central system asks from the first event on; all but the last few may be gone."""
    journal.append([EventDraft(EventType.GATE_OPENED, NOON)] * 3)
    with sqlite3.connect(tmp_path / "journal.db") as changed:
        for table in ("outbox", "journal"):
            changed.execute(f"UPDATE {table} SET sequence = sequence + 1000000000000")  # noqa: S608
    changed.close()
    reader = OutboxReader(tmp_path / "journal.db", clock, unexpected)
    waiting = taken(reader)
    reader.replay(1, LARGEST_SEQUENCE)
    assert taken(reader) == waiting
    assert len(waiting) == 3
    reader.close()


def test_an_event_of_a_later_program_is_sent_as_well(
    journal: Journal, reader: OutboxReader, tmp_path: Path
) -> None:
    """After an update was rolled back the journal holds types this program has never heard of."""
    with sqlite3.connect(tmp_path / "journal.db") as changed:
        changed.execute(
            "UPDATE journal SET type = 'int.egate.gate.polished.twice' WHERE sequence = 3"
        )
    changed.close()
    rows = list(iter(reader.next_row, None))
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5]
    assert Topics("site", "lane").event(rows[2].type) == (
        "egate/v1/site/lane/event/gate/polished.twice"
    )


def test_replays_without_end_are_few(reader: OutboxReader) -> None:
    taken(reader)
    for _ in range(1000):
        reader.replay(1, 5)
    assert taken(reader) == [1, 2, 3, 4, 5]
    for _ in range(10 * MOST_REPLAYS):
        for first in (5, 4, 3, 2, 1):
            reader.replay(first, first)
    assert len(taken(reader)) <= MOST_REPLAYS


def test_an_outbox_that_cannot_be_read_is_tried_again_a_little_later(
    reader: OutboxReader, clock: Clock
) -> None:
    connection = reader._outbox._connection
    connection.set_progress_handler(lambda: 1, 1)
    with pytest.raises(DeliveryError, match="cannot be opened or read now"):
        reader.next_row()
    assert reader.next_row() is None
    connection.set_progress_handler(None, 1)
    assert reader.next_row() is None
    clock.now_s += RETRY_S
    assert taken(reader) == [1, 2, 3, 4, 5]


def test_damage_is_told_whoever_finds_it(journal: Journal, clock: Clock, tmp_path: Path) -> None:
    journal.append([EventDraft(EventType.GATE_OPENED, NOON)] * 5)
    told: list[DamagedJournal] = []
    reader = OutboxReader(tmp_path / "journal.db", clock, told.append)
    assert taken(reader) == [1, 2, 3, 4, 5]
    with sqlite3.connect(tmp_path / "journal.db") as changed:
        changed.execute("UPDATE journal SET type = CAST(x'ff' AS TEXT) WHERE sequence = 3")
    changed.close()
    with pytest.raises(DeliveryError, match="is damaged"):
        reader.acknowledge(3, "0" * 64)
    reader.replay(1, 5)
    with pytest.raises(DeliveryError, match="is damaged"):
        reader.next_row()
    assert len(told) == 2
    reader.close()


def test_a_journal_that_is_not_there_is_told(tmp_path: Path, clock: Callable[[], float]) -> None:
    with pytest.raises(DeliveryError, match="cannot be opened or read now"):
        OutboxReader(tmp_path / "none.db", clock, unexpected)
