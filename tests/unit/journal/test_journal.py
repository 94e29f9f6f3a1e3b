"""The journal keeps every event, in order, chained, through whatever happens to the process."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from edge.contract import signature
from edge.contract.event_types import EventType
from edge.contract.events import FIRST_HASH, DurableFacts, Event, EventDraft, hash_of
from edge.contract.payloads import Peripheral
from edge.errors import DamagedJournal, DeliveryError, SettingsError
from edge.journal.database import APPLICATION_ID
from edge.journal.journal import Backlog, Journal, Stored
from edge.journal.outbox import Outbox
from tests.support.signing import SIGN

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OPENED = EventDraft(EventType.GATE_OPENED, NOON, correlation_id="t1")
Open = Callable[[], Journal]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def open_journal(path: Path) -> Open:
    return lambda: Journal(
        path, source="/site/lane", simulated=True, clock=lambda: NOON, random=os.urandom, sign=SIGN
    )


def bodies(path: Path) -> list[bytes]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT body FROM journal ORDER BY sequence")]


def assert_chained(found: list[bytes]) -> None:
    events = [Event.model_validate_json(body) for body in found]
    assert [int(event.sequence) for event in events] == list(range(1, len(events) + 1))
    assert not events or events[0].prevhash == FIRST_HASH
    for (before, _), (_, after) in pairwise(zip(found, events, strict=True)):
        assert after.prevhash == hash_of(before)


def test_an_event_says_what_the_contract_says(open_journal: Open) -> None:
    with open_journal() as journal:
        (stored,) = journal.append([OPENED])
    content = json.loads(stored.body)
    uuid.UUID(content.pop("id"))
    uuid.UUID(content.pop("journalid"))
    assert re.fullmatch(signature.PATTERN, content.pop("signature"))
    assert content == {
        "correlationid": "t1",
        "data": {},
        "datacategory": "passage",
        "dataclassification": "confidential",
        "datacontenttype": "application/json",
        "prevhash": FIRST_HASH,
        "recordedtime": "2026-11-24T12:00:00Z",
        "sequence": "00000000000000000001",
        "simulated": True,
        "source": "/site/lane",
        "specversion": "1.0",
        "time": "2026-11-24T12:00:00Z",
        "type": "int.egate.gate.opened",
    }


def test_an_event_names_its_cause_by_the_id_the_cause_was_drafted_with(open_journal: Open) -> None:
    name = str(uuid.uuid4())
    cause = EventDraft(EventType.GATE_AUTHORISED, NOON, correlation_id="t1", id=name)
    with open_journal() as journal:
        stored = journal.append([cause, replace(OPENED, causation_id=name), OPENED])
    authorised, opened, other = (json.loads(each.body) for each in stored)
    assert authorised["id"] == opened["causationid"] == name
    assert "causationid" not in authorised.keys() | other.keys()
    assert len({event["id"] for event in (authorised, opened, other)}) == 3


def test_sequence_and_chain_go_on_over_batches_and_restarts(open_journal: Open, path: Path) -> None:
    with open_journal() as journal:
        assert journal.first_sequence == 1
        journal.append([OPENED, OPENED])
        journal.append([OPENED])
    with open_journal() as journal:
        assert journal.last_sequence == 3
        assert journal.first_sequence == 1
        journal.append([OPENED])
    assert len(bodies(path)) == 4
    assert_chained(bodies(path))


def test_a_payload_must_fit_its_type() -> None:
    with pytest.raises(TypeError, match="carries Nothing"):
        EventDraft(EventType.GATE_OPENED, NOON, Peripheral(role="gate", driver="x"))


def test_rows_leave_the_outbox_only_on_acknowledgement(open_journal: Open, path: Path) -> None:
    with open_journal() as journal, Outbox(path) as outbox:
        journal.append([OPENED] * 5)
        size = sum(len(body) for body in bodies(path))
        assert journal.backlog() == Backlog(5, size, first=1, oldest=NOON)
        assert [row.sequence for row in outbox.waiting(after=0, limit=3)] == [1, 2, 3]
        journal.append([], acknowledged=2)
        left = sum(len(body) for body in bodies(path)[2:])
        assert journal.backlog() == Backlog(3, left, first=3, oldest=NOON)
        assert [row.sequence for row in outbox.waiting(after=0, limit=9)] == [3, 4, 5]
        assert [row.sequence for row in outbox.between(1, 2, limit=9)] == [1, 2]
        journal.append([], acknowledged=5)
        assert journal.backlog() == Backlog(0, 0)


def test_only_acknowledged_events_are_forgotten(open_journal: Open, path: Path) -> None:
    with open_journal() as journal:
        journal.append([OPENED] * 4)
        journal.append([], acknowledged=3)
        assert journal.first_sequence == 1
        assert journal.forget_before(NOON + timedelta(days=3)) == 3
        assert journal.first_sequence == 4
        assert journal.backlog().events == 1
    with open_journal() as journal:
        assert journal.last_sequence == 4


def test_a_second_daemon_is_refused(open_journal: Open) -> None:
    with open_journal(), pytest.raises(SettingsError, match="in use by another egated"):
        open_journal()
    with open_journal():
        pass


@pytest.mark.parametrize("damage", [b"not a database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_refused_and_kept(open_journal: Open, path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    with pytest.raises(SettingsError, match="damaged"):
        open_journal()
    assert path.read_bytes() == damage


def test_a_folder_in_its_place_is_told(open_journal: Open, path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(DeliveryError, match="cannot be opened"):
        open_journal()


def test_damage_behind_the_first_page_is_told(open_journal: Open, path: Path) -> None:
    with open_journal() as journal:
        journal.append([OPENED] * 50)
    content = path.read_bytes()
    sound = 8 * 1024
    path.write_bytes(content[:sound] + b"\xff" * (len(content) - sound))
    with pytest.raises(SettingsError, match="damaged"):
        open_journal()


def test_an_outbox_that_cannot_be_read_is_told(open_journal: Open, path: Path) -> None:
    with open_journal() as journal, Outbox(path) as outbox:
        journal.append([OPENED])
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE outbox")
        connection.close()
        with pytest.raises(DamagedJournal, match="no such table"):
            outbox.waiting(after=0, limit=1)


def test_a_foreign_database_is_refused(open_journal: Open, path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    with pytest.raises(SettingsError, match="not a journal"):
        open_journal()


def test_a_journal_of_another_version_is_refused(open_journal: Open, path: Path) -> None:
    with open_journal():
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SettingsError, match="version 99"):
        open_journal()


def test_a_journal_of_before_signatures_is_refused_and_says_what_to_do(
    open_journal: Open, path: Path
) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE journal (sequence INTEGER PRIMARY KEY)")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(SettingsError, match="not signed: let the egate that wrote it deliver"):
        open_journal()


def test_a_journal_keeps_its_name_and_another_has_another(
    open_journal: Open, path: Path, tmp_path: Path
) -> None:
    with open_journal() as journal:
        name = journal.journal_id
        (stored,) = journal.append([OPENED])
        assert stored.event.journalid == name
    with open_journal() as journal:
        assert journal.journal_id == name
    path.rename(tmp_path / "moved-away.db")
    with open_journal() as journal:
        assert journal.journal_id != name


def test_a_journal_that_has_lost_its_name_is_damaged(open_journal: Open, path: Path) -> None:
    with open_journal():
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM chain")
    connection.close()
    with pytest.raises(SettingsError, match="damaged"):
        open_journal()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be opened"):
        Journal(
            tmp_path / "file" / "journal.db",
            source="/s", simulated=True, clock=lambda: NOON, random=os.urandom, sign=SIGN,
        )  # fmt: skip


def test_a_full_disk_is_told_and_nothing_is_half_written(open_journal: Open, path: Path) -> None:
    with open_journal() as journal:
        journal.append([OPENED])
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DeliveryError, match="full"):
            journal.append([OPENED] * 500)
        journal._connection.execute("PRAGMA max_page_count = 1000000")
        journal.append([OPENED])
        assert journal.last_sequence == 2
    assert_chained(bodies(path))


WRITER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.keys.device_key import DeviceKey
from edge.journal.journal import Journal
now = datetime(2026, 11, 24, tzinfo=UTC)
with Journal(Path(sys.argv[1]), source="/s", simulated=True, clock=lambda: now,
             random=os.urandom, sign=DeviceKey.make().sign) as journal:
    while True:
        stored = journal.append([EventDraft(EventType.GATE_OPENED, now)] * 3)
        print(stored[-1].sequence, flush=True)
"""


def test_kill_9_loses_nothing_that_was_promised(open_journal: Open, path: Path) -> None:
    path.parent.mkdir()
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        promised = [int(writer.stdout.readline()) for _ in range(5)][-1]
        writer.send_signal(signal.SIGKILL)
    with open_journal() as journal:
        assert journal.last_sequence >= promised
        assert journal.last_sequence % 3 == 0
        journal.append([OPENED])
    assert_chained(bodies(path))


def test_copies_made_at_any_moment_open_and_are_chained(open_journal: Open, path: Path) -> None:
    """A power cut, as a copy of the files between any two appends."""
    kept: list[dict[str, bytes]] = []
    promised: list[Stored] = []
    with open_journal() as journal:
        for _ in range(5):
            promised += journal.append([OPENED] * 2)
            kept.append(
                {
                    file.name: file.read_bytes()
                    for file in path.parent.iterdir()
                    if file.suffix != ".lock"
                }
            )
    for number, files in enumerate(kept, 1):
        folder = path.parent.parent / f"cut-{number}"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        with Journal(
            folder / path.name,
            source="/s", simulated=True, clock=lambda: NOON, random=os.urandom, sign=SIGN,
        ) as journal:  # fmt: skip
            assert journal.last_sequence == 2 * number
        assert bodies(folder / path.name) == [s.body for s in promised[: 2 * number]]


def test_what_is_remembered_is_on_the_disk_with_its_event_or_not_at_all(
    open_journal: Open,
) -> None:
    def remembering(*facts: DurableFacts) -> EventDraft:
        return EventDraft(EventType.GATE_OPENED, NOON, remember=facts)

    with open_journal() as journal:
        journal.append([remembering(DurableFacts("a", "1"), DurableFacts("b", "1")), OPENED])
        journal.append([remembering(DurableFacts("a", "2")), remembering(DurableFacts("b", None))])
        journal._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(DeliveryError):
            journal.append([remembering(DurableFacts("a", "3"))])
        assert journal.durable_facts() == {"a": "2"}
    with open_journal() as journal:
        assert journal.durable_facts() == {"a": "2"}
        assert journal.last_sequence == 4


def test_a_memory_is_in_no_event(open_journal: Open, path: Path) -> None:
    with open_journal() as journal:
        journal.append(
            [EventDraft(EventType.GATE_OPENED, NOON, remember=(DurableFacts("n", "xyzzy"),))]
        )
    assert not any(b"xyzzy" in body for body in bodies(path))


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    """Every write to a file fails, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_disk_without_room_at_the_start_is_no_damage(path: Path, open_journal: Open) -> None:
    """Damage ends the service for good; this is tried again until somebody has made room."""
    with no_room(), pytest.raises(DeliveryError, match="make room"):
        open_journal()
    with open_journal() as journal:
        assert journal.last_sequence == 0
