"""A journal that is not what was written: found, named in one line, and never a crash."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from edge.contract.event_types import EventType
from edge.contract.events import DurableFacts, EventDraft
from edge.errors import DamagedJournal, DeliveryError, SettingsError
from edge.journal.database import fault_of
from edge.journal.journal import Journal
from edge.journal.outbox import Outbox
from tests.support.descriptors import limited_to
from tests.support.signing import SIGN

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
OPENED = EventDraft(EventType.GATE_OPENED, NOON, remember=(DurableFacts("clock", "now"),))
PAGE = 4096


def journal(path: Path) -> Journal:
    return Journal(
        path,
        source="/egate/v1/s/d",
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=SIGN,
    )


@cache
def written() -> bytes:
    """The file of a journal with some hundred events, half of them acknowledged."""
    folder = Path(mkdtemp())
    try:
        with journal(folder / "journal.db") as ours:
            for _ in range(30):
                ours.append([OPENED] * 5)
            ours.append([], acknowledged=60)
        return (folder / "journal.db").read_bytes()
    finally:
        shutil.rmtree(folder)


def everything(path: Path) -> None:
    """All that a daemon does with its journal."""
    with journal(path) as ours:
        ours.durable_facts()
        ours.backlog()
        ours.free_bytes()
        _ = ours.first_sequence, ours.newest
        list(ours.newest_bodies(2_000))
        ours.append([OPENED] * 3, acknowledged=70)
        with Outbox(path) as outbox:
            outbox.first_waiting()
            outbox.last_sequence()
            outbox.waiting(after=0, limit=1_000)
            outbox.between(1, 1_000, limit=1_000)
        ours.forget_before(NOON + timedelta(days=1))


def damages() -> Iterator[tuple[str, bytes]]:
    """The file with random bytes over a part of each page, and over whole pages."""
    sound = written()
    for page in range(len(sound) // PAGE):
        for length in (8, 100, PAGE):
            noise = hashlib.shake_256(f"{page} {length}".encode()).digest(length)
            start = page * PAGE + noise[0] * (PAGE - length) // 255
            yield (
                f"page {page + 1}, {length} bytes",
                sound[:start] + noise + sound[start + length :],
            )


def test_every_table_has_a_page_of_its_own() -> None:
    assert len(written()) // PAGE > 20


def said(path: Path) -> str:
    """What stands in the way of a daemon; empty when nothing does."""
    try:
        everything(path)
    except (SettingsError, DeliveryError) as error:
        return str(error)
    return ""


def test_random_bytes_over_any_page_end_in_words(tmp_path: Path) -> None:
    found = 0
    for number, (where, content) in enumerate(damages()):
        path = tmp_path / str(number) / "journal.db"
        path.parent.mkdir()
        path.write_bytes(content)
        words = said(path)
        assert "\n" not in words, where
        assert "move" not in words, where
        found += "is damaged" in words
    assert found > 20


def test_a_destroyed_page_of_events_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    sound = written()
    middle = len(sound) // PAGE // 2 * PAGE
    path.write_bytes(sound[:middle] + os.urandom(PAGE) + sound[middle + PAGE :])
    with pytest.raises(SettingsError, match="is damaged"):
        everything(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_CORRUPT", DamagedJournal),
        ("SQLITE_CORRUPT_INDEX", DamagedJournal),
        ("SQLITE_NOTADB", DamagedJournal),
        ("SQLITE_CANTOPEN", DeliveryError),
        ("SQLITE_READONLY_DIRECTORY", DeliveryError),
        ("SQLITE_IOERR_READ", DeliveryError),
        ("SQLITE_FULL", DeliveryError),
        ("SQLITE_BUSY", DeliveryError),
        (None, DeliveryError),
    ],
)
def test_what_may_pass_is_no_damage(name: str | None, kind: type[Exception]) -> None:
    error = sqlite3.OperationalError("words of SQLite")
    if name is not None:
        error.sqlite_errorname = name
    assert type(fault_of(Path("journal.db"), error)) is kind


def test_a_table_that_is_gone_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(written())
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE outbox")
    connection.close()
    with pytest.raises(SettingsError, match="no such table"):
        everything(path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE memory SET value = CAST(x'ff' AS TEXT)",
        "UPDATE memory SET name = CAST(x'ff' AS TEXT)",
        "UPDATE journal SET type = CAST(x'ff' AS TEXT)",
        "UPDATE journal SET recorded = CAST(x'ff' AS TEXT)",
        "UPDATE journal SET recorded = x'05' WHERE sequence < 10",
        "UPDATE journal SET recorded = '2026-12-01T12:00:00'",
        "UPDATE journal SET body = 1152921504606846976 WHERE sequence = 150",
        "UPDATE journal SET body = 'text' WHERE sequence = 100",
        "UPDATE journal SET octets = -1 WHERE sequence = 150",
        "UPDATE journal SET octets = 9223372036854775807 WHERE sequence = 150",
        "UPDATE journal SET octets = 1099511627776 WHERE sequence = 61",
        "UPDATE journal SET sequence = 9223372036854775807 WHERE sequence = 150",
        "UPDATE chain SET id = 'gate'",
        "DELETE FROM journal WHERE sequence = 61",
    ],
)
def test_a_row_that_nobody_wrote_is_damage(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(written())
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'STRICT', '')")
    connection.close()
    connection = sqlite3.connect(path, isolation_level=None)
    assert connection.execute(damage).rowcount > 0
    connection.close()
    words = said(path)
    assert "is damaged" in words
    assert words.isprintable()


def test_a_moment_that_nobody_wrote_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(written())
    with journal(path) as ours:
        connection = sqlite3.connect(path)
        connection.execute("UPDATE journal SET recorded = 'noon'")
        connection.commit()
        connection.close()
        with pytest.raises(SettingsError, match="a row that nobody wrote"):
            _ = ours.newest


def test_a_folder_that_is_a_file_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(SettingsError, match="cannot be opened: "):
        journal(tmp_path / "state" / "journal.db")


def test_a_process_without_descriptors_tries_again(tmp_path: Path) -> None:
    with (
        limited_to(),
        pytest.raises(DeliveryError, match="cannot be opened now") as refused,
    ):
        journal(tmp_path / "journal.db")
    assert os.strerror(errno.EMFILE) in str(refused.value)


@pytest.mark.parametrize("replaced", [False, True], ids=["moved", "replaced"])
def test_a_journal_that_is_moved_while_it_runs_takes_nothing_until_it_is_back(
    tmp_path: Path, replaced: bool
) -> None:
    path, away = tmp_path / "journal.db", tmp_path / "away.db"
    with journal(path) as ours:
        ours.append([OPENED])
        path.rename(away)
        if replaced:
            path.write_bytes(b"")
        with pytest.raises(DeliveryError, match="moved or replaced"):
            ours.append([OPENED])
        away.rename(path)
        assert [each.sequence for each in ours.append([OPENED])] == [2]
