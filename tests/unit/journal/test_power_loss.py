"""What a commit promised is there after the power went, whatever part of the rest was written.

A disk keeps everything that was synchronised, and of what was written since any sectors in any
order.  The files are compared before and after each append, and mixed accordingly.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from edge.contract.event_types import EventType
from edge.contract.events import FIRST_HASH, Event, EventDraft, hash_of
from edge.journal.journal import Journal
from tests.support.examples import examples
from tests.support.signing import SIGN

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECTOR = 512
LOG = "journal.db-wal"
Files = dict[str, bytes]


def opened(folder: Path) -> Journal:
    return Journal(
        folder / "journal.db",
        source="/egate/v1/site/lane",
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=SIGN,
    )


def files(folder: Path) -> Files:
    """What is on the disk; the index of the log (-shm) is memory, and gone with the power."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.name in {"journal.db", LOG}
    }


def restored(folder: Path, found: Files) -> list[bytes]:
    """The events after the power came back; the chain is proven, and the journal goes on."""
    for name, content in found.items():
        (folder / name).write_bytes(content)
    with opened(folder) as journal:
        journal.append([EventDraft(EventType.GATE_CLOSED, NOON)])
    with sqlite3.connect(folder / "journal.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = connection.execute("SELECT body FROM journal ORDER BY sequence").fetchall()
        waiting = connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
    connection.close()
    bodies = [row[0] for row in rows]
    assert waiting == len(bodies)
    previous = FIRST_HASH
    for number, body in enumerate(bodies, 1):
        event = Event.model_validate_json(body)
        assert int(event.sequence) == number
        assert event.prevhash == previous
        previous = hash_of(body)
    return bodies[:-1]


def mixed(before: bytes, after: bytes, lottery: Iterator[int]) -> bytes:
    """Some of the sectors that were written reached the disk, others did not."""
    result = bytearray(before.ljust(len(after), b"\0"))
    for start in range(0, len(after), SECTOR):
        sector = slice(start, start + SECTOR)
        if before[sector] != after[sector] and next(lottery) % 2:
            result[sector] = after[sector].ljust(len(result[sector]), b"\0")
    return bytes(result)


def lottery_of(seed: bytes) -> Iterator[int]:
    number = 0
    while True:
        yield from sha256(seed + number.to_bytes(4)).digest()
        number += 1


@pytest.fixture(scope="module")
def moments(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[list[bytes], Files, Files]]:
    """What was promised, the disk at that moment, and after the next append.

    The log is written back after every few pages, so that many appends do that as well.
    """
    folder = tmp_path_factory.mktemp("power")
    found: list[tuple[list[bytes], Files, Files]] = []
    promised: list[bytes] = []
    with opened(folder) as journal:
        journal._connection.execute("PRAGMA wal_autocheckpoint = 12")
        for number in range(1, 40):
            before = files(folder)
            kept = list(promised)
            drafts = [EventDraft(EventType.GATE_OPENED, NOON)] * (number % 4 + 1)
            promised += [stored.body for stored in journal.append(drafts)]
            found.append((kept, before, files(folder)))
    return found


def test_some_appends_wrote_the_log_back_and_began_it_anew(
    moments: list[tuple[list[bytes], Files, Files]],
) -> None:
    written_back = [before["journal.db"] != after["journal.db"] for _, before, after in moments]
    assert 3 < sum(written_back) < len(moments) - 3
    begun_anew = [before[LOG][:32] != after[LOG][:32] for _, before, after in moments[1:]]
    assert sum(begun_anew) > 3


@examples(150, HealthCheck.function_scoped_fixture)
@given(which=st.integers(0, 38), seed=st.binary(min_size=8, max_size=8), late=st.booleans())
def test_power_lost_while_writing_costs_nothing_that_was_promised(
    moments: list[tuple[list[bytes], Files, Files]],
    tmp_path_factory: pytest.TempPathFactory,
    which: int,
    seed: bytes,
    late: bool,
) -> None:
    promised, before, after = moments[which]
    lottery = lottery_of(seed)
    if late:  # the log was synchronised, and was being written back
        cut = after | {"journal.db": mixed(before["journal.db"], after["journal.db"], lottery)}
    else:
        cut = before | {LOG: mixed(before.get(LOG, b""), after[LOG], lottery)}
    found = restored(tmp_path_factory.mktemp("cut"), cut)
    assert found[: len(promised)] == promised


@examples(60, HealthCheck.function_scoped_fixture)
@given(which=st.integers(0, 38), length=st.integers(0, 40_000))
def test_a_log_that_was_cut_short_while_it_grew_costs_nothing_that_was_promised(
    moments: list[tuple[list[bytes], Files, Files]],
    tmp_path_factory: pytest.TempPathFactory,
    which: int,
    length: int,
) -> None:
    promised, before, after = moments[which]
    old, new = before.get(LOG, b""), after[LOG]
    keep = max(length, len(old))
    cut = before | {LOG: old + new[len(old) : keep]}
    assert restored(tmp_path_factory.mktemp("cut"), cut)[: len(promised)] == promised


WRITER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from edge.keys.device_key import DeviceKey
from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.journal.journal import Journal
now = datetime(2026, 11, 24, tzinfo=UTC)
with Journal(Path(sys.argv[1]) / "journal.db", source="/egate/v1/site/lane", simulated=True,
             clock=lambda: now, random=os.urandom, sign=DeviceKey.make().sign) as journal:
    journal._connection.execute("PRAGMA wal_autocheckpoint = 12")
    while True:
        stored = journal.append([EventDraft(EventType.GATE_OPENED, now)] * 3)
        print(stored[-1].sequence, flush=True)
"""


def test_the_disk_as_it_is_at_any_moment_holds_what_was_promised(tmp_path: Path) -> None:
    """A writer is frozen at random moments; its files are copied; in the end it is killed."""
    state = tmp_path / "state"
    state.mkdir()
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", WRITER, str(state)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for number in range(12):
            promised = int(writer.stdout.readline())
            time.sleep(0.001 * (number * 7 % 10))
            writer.send_signal(signal.SIGSTOP)
            _until_frozen(writer.pid)
            folder = tmp_path / f"cut-{number}"
            folder.mkdir()
            copied = files(state)
            writer.send_signal(signal.SIGCONT)
            assert len(restored(folder, copied)) >= promised
        promised = int(writer.stdout.readline())
        writer.kill()
    (tmp_path / "end").mkdir()
    assert len(restored(tmp_path / "end", files(state))) >= promised


def _until_frozen(pid: int) -> None:
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.001)
