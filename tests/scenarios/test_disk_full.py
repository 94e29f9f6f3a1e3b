"""A disk without room: the gate refers, loses nothing, and serves again when there is room."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.border.decision import Open, Refer
from edge.checks import Reason
from edge.contract.event_types import EventType
from edge.contract.events import FIRST_HASH, EventDraft, hash_of
from edge.errors import DeliveryError
from edge.gate.states import Inspecting, OutOfService
from edge.journal.journal import Journal
from edge.journal.outbox import Outbox
from edge.journal.writer import JournalWriter
from edge.lane.clock import is_plausible
from edge.lane.passages import Passage
from edge.settings.delivery import JournalSettings
from edge.settings.tree import Settings
from tests.support.bench import tell, until
from tests.support.sending_gate import NOON, PATIENCE_S
from tests.support.signing import SIGN
from tools.simulation import lane, small_disk
from tools.simulation.small_disk import SmallDisk

ROOM = "24m"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of our own, which can be filled."""
    if why := small_disk.missing():
        pytest.skip(why)
    with SmallDisk(tmp_path / "disk", ROOM) as found:
        yield found


@pytest.fixture
def disk(small: SmallDisk) -> Path:
    """Where it is mounted."""
    return small.folder


def opened(disk: Path) -> Journal:
    return Journal(
        disk / "journal.db",
        source="/egate/v1/site/lane",
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=SIGN,
    )


def bodies(path: Path) -> list[bytes]:
    with Outbox(path) as outbox:
        return [row.body for row in outbox.between(1, 100_000, limit=100_000)]


def assert_chained(found: list[bytes]) -> None:
    previous = FIRST_HASH
    for number, body in enumerate(found, 1):
        event = json.loads(body)
        assert (int(event["sequence"]), event["prevhash"]) == (number, previous)
        previous = hash_of(body)


def test_what_happens_while_the_disk_is_full_is_written_when_there_is_room(
    small: SmallDisk, disk: Path
) -> None:
    async def story() -> None:
        journal_writer = JournalWriter(opened(disk), is_plausible)
        running = asyncio.create_task(journal_writer.run())
        for _ in range(20):
            journal_writer.put(EventDraft(EventType.GATE_OPENED, NOON))
        await journal_writer.commit()
        small.fill()
        put = 20
        while journal_writer.healthy:  # what is left of the last page
            journal_writer.put(EventDraft(EventType.GATE_CLOSED, NOON))
            put += 1
            await asyncio.sleep(0)
        with pytest.raises(DeliveryError):
            await journal_writer.commit()
        small.relieve()
        await until(lambda: journal_writer.healthy and not journal_writer.unwritten)
        running.cancel()
        await journal_writer.close()
        found = bodies(disk / "journal.db")
        assert len(found) == put
        assert_chained(found)

    tell(story())


def test_a_journal_on_a_full_disk_is_no_damaged_one(small: SmallDisk, disk: Path) -> None:
    """The service manager tries again; it does not when a configuration is wrong."""
    with opened(disk) as journal:
        journal.append([EventDraft(EventType.GATE_OPENED, NOON)])
    small.fill()
    with pytest.raises(DeliveryError, match="make room"):
        opened(disk)
    small.relieve()
    with opened(disk) as journal:
        assert journal.last_sequence == 1


def test_a_gate_whose_disk_is_full_refers_and_then_serves_again(
    small: SmallDisk, disk: Path, quick_lane: Settings
) -> None:
    without_watch = quick_lane.model_copy(
        update={"journal": JournalSettings(alarm_free_mb=0, stop_free_mb=0)}
    )

    async def story() -> None:
        async with lane.running(without_watch, disk) as running:
            assert (await running.passage("genuine"))["decision"] == "open"
            passing = asyncio.create_task(
                running.witness(lambda: running.simulator.send("genuine"))
            )
            async with asyncio.timeout(PATIENCE_S):
                await running.daemon.lane.until(lambda state: isinstance(state, Inspecting))
                small.fill()
                referred = await passing
            assert isinstance(referred.decision, Refer)
            assert Reason.DEVICE_FAULT in referred.decision.reasons
            assert not referred.passed
            async with asyncio.timeout(PATIENCE_S):
                await running.daemon.lane.until(lambda state: isinstance(state, OutOfService))
                small.relieve()
                await running.daemon.until_ready()
            after: Passage = await running.witness(lambda: running.simulator.send("genuine"))
            assert isinstance(after.decision, Open)
            central = running.training.central
            assert central is not None
            delivered = await asyncio.to_thread(
                central.wait_for,
                lambda c: "transaction.closed" in c.events_of(after.transaction),
                PATIENCE_S,
            )
            assert delivered
            assert "decision.made" in central.events_of(referred.transaction)
            assert central.faults == []
            sequences = [received.sequence for received in central.received]
            assert sequences == list(range(1, len(sequences) + 1))

    asyncio.run(story())


def test_a_gate_whose_disk_is_nearly_full_says_so_and_refers(
    disk: Path, quick_lane: Settings
) -> None:
    """The bounds of [journal] are passed long before the disk refuses."""

    async def story() -> None:
        async with lane.running(quick_lane, disk) as running:
            told = await running.passage("genuine")
            assert told["decision"] == "refer"
            assert told["reasons"] == ["R-MODE-DEGRADED"]
            central = running.training.central
            assert central is not None
            root = "egate/v1/training/lane-1"
            assert await asyncio.to_thread(
                central.wait_for,
                lambda c: c.retained[f"{root}/state"] == b'{"state":"degraded"}',
                PATIENCE_S,
            )
            degraded = [
                received.content["data"]
                for received in central.received
                if received.content["type"].endswith("device.degraded")
            ]
            assert degraded == [
                {"role": "journal", "driver": "sqlite", "detail": "beyond its bounds: disk"}
            ]
            health = json.loads(central.retained[f"{root}/health"])
            assert set(health) >= {"devices", "outbox", "journal", "disk", "broker", "clock", "pki"}

    asyncio.run(story())
