"""What is erased is gone from the files, and the chain says so and holds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.contract.chain import ChainVerifier
from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.contract.payloads import Peripheral
from edge.contract.verification import Fault
from edge.errors import DeliveryError
from edge.journal.erasure import ERASED, Erasure
from edge.journal.journal import FORGET_AT_A_TIME, Journal
from edge.journal.writer import JournalWriter
from tests.support.bench import settled, tell, until
from tests.support.clocks import is_plausible
from tests.support.event_stream import NOON
from tests.support.signing import SIGN, keys_of
from tools.gatectl.journal_file import JournalFile

SOURCE = "/egate/v1/site/lane-1"
MARK = "MARK-OF-WHAT-IS-ERASED"
LATER = NOON + timedelta(days=4)
KEEP = timedelta(days=3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(
        path, source=SOURCE, simulated=True, clock=lambda: NOON, random=os.urandom, sign=SIGN
    ) as found:
        yield found


def marked(size: int = 0) -> EventDraft:
    """An event one finds again in any file; large ones fill overflow pages."""
    lost = Peripheral(role="camera", driver=MARK + "x" * size)
    return EventDraft(EventType.DEVICE_PERIPHERAL_LOST, NOON, lost)


def marks(path: Path) -> dict[str, int]:
    """How often the mark stands in each file of the journal."""
    found = {file.name: file.read_bytes().count(MARK.encode()) for file in path.parent.iterdir()}
    return {name: count for name, count in found.items() if count}


def faults(path: Path) -> list[Fault]:
    verifier = ChainVerifier(keys_of(SOURCE))
    with JournalFile(path) as file:
        first, last, _ = file.ends()
        findings = [f for body in file.bodies(first, last) for f in verifier.take(body)]
    return [finding.fault for finding in findings + verifier.end()]


def test_erased_events_are_in_no_file_any_more(journal: Journal, path: Path) -> None:
    journal.append([marked(size) for size in (0, 10, 5_000, 50_000)] * 30)
    journal.append([EventDraft(EventType.DEVICE_STOPPED, NOON)], acknowledged=120)
    assert marks(path)
    assert journal.forget_before(LATER) == 120
    journal.scrub()
    assert marks(path) == {}
    assert journal.first_sequence == 121


def test_a_reader_only_delays_the_emptying_of_the_log(journal: Journal, path: Path) -> None:
    journal.append([marked()] * 20)
    journal.append([EventDraft(EventType.DEVICE_STOPPED, NOON)], acknowledged=20)
    with JournalFile(path) as reader:
        held = reader._connection.execute("SELECT body FROM journal")
        held.fetchone()
        journal.forget_before(LATER)
        assert journal.scrub() is False
        held.close()
    assert journal.scrub() is True
    assert marks(path) == {}


def test_a_log_that_cannot_be_emptied_is_told(journal: Journal, path: Path) -> None:
    path.rename(path.with_name("moved-away.db"))
    with pytest.raises(DeliveryError, match="cannot be emptied"):
        journal.scrub()


def test_the_gate_erases_while_it_runs_and_says_so_once(journal: Journal, path: Path) -> None:
    journal.append([marked()] * (FORGET_AT_A_TIME + 50))
    journal.append([EventDraft(EventType.GATE_OPENED, LATER)], acknowledged=FORGET_AT_A_TIME + 50)

    async def story() -> None:
        journal_writer = JournalWriter(journal, is_plausible)
        writing = asyncio.create_task(journal_writer.run())
        tidying = asyncio.create_task(journal_writer.tidy(lambda: LATER, KEEP, 0.01))
        await until(lambda: ERASED in journal.durable_facts())
        for _ in range(3):  # other turns, with nothing to erase
            await asyncio.sleep(0.02)
        await settled(tidying)
        await settled(writing)
        await journal_writer.commit()
        assert journal_writer.first_sequence == FORGET_AT_A_TIME + 51

    tell(story())
    assert marks(path) == {}
    assert journal.durable_facts()[ERASED] == str(FORGET_AT_A_TIME + 50)
    with JournalFile(path) as file:
        assert [kind.count for kind in file.kinds() if kind.type == "audit.erased"] == [1]
    assert faults(path) == []


def test_what_the_daemon_before_could_not_say_any_more_is_said_by_the_next(
    journal: Journal, path: Path
) -> None:
    """Killed between erasing and saying so: until then the front is missing."""
    journal.append([marked()] * 10)
    journal.append([EventDraft(EventType.GATE_OPENED, LATER)], acknowledged=10)
    journal.forget_before(LATER)
    assert faults(path) == [Fault.FRONT]

    async def story() -> None:
        journal_writer = JournalWriter(journal, is_plausible)
        tidying = asyncio.create_task(journal_writer.tidy(lambda: LATER, KEEP))
        await until(lambda: journal_writer.unwritten)
        await settled(tidying)
        await journal_writer.commit()

    tell(story())
    assert journal.durable_facts()[ERASED] == "10"
    assert faults(path) == []


def test_more_than_was_stated_is_missed(journal: Journal, path: Path) -> None:
    journal.append([marked()] * 10)
    journal.append([Erasure(5, 5, NOON).draft(NOON, "retention")], acknowledged=10)
    journal.forget_before(LATER)
    verifier = ChainVerifier(keys_of(SOURCE))
    with JournalFile(path) as file:
        for body in file.bodies(1, 100):
            verifier.take(body)
    (front,) = verifier.end()
    assert (front.fault, front.sequence, front.last) == (Fault.FRONT, 6, 10)
