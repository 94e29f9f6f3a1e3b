"""Measures that the gate does not wait for the broker, and how fast a backlog is sent.

The broker and the central system are processes of their own, as they are in life.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.virtual.gate import VirtualGate
from edge.border.decision import Open
from edge.border.policy import Policy
from edge.checks import Check, CheckId, Result
from edge.contract.event_types import EventType
from edge.contract.events import EventDraft, hash_of
from edge.contract.sync import Acknowledgement
from edge.gate.states import Door, Sign
from edge.host.device_thread import DeviceThread
from edge.journal.journal import Journal
from edge.journal.outbox import Topics
from edge.journal.writer import JournalWriter
from edge.keys.device_key import DeviceKey
from edge.lane.clock import BUILT, LaneClock, is_plausible
from edge.lane.event_log import EventLog
from edge.mqtt.client import without_delay
from edge.mqtt.publisher import Listeners, Publisher
from edge.settings.delivery import Broker
from tools.simulation.broker import VirtualBroker

TOPICS = Topics("bench", "lane")
BACKLOG = int(os.environ.get("EGATE_BENCH_BACKLOG", "20000"))
ROUNDS = 12
DECISIONS = 15
"""In each half of a round."""
PAUSE_S = 0.02
ACKNOWLEDGE_EVERY_S = 0.02
STORIES = 12
"""Events of a passage that nobody waits for."""
PATIENCE_S = 300.0
CHECKS = tuple(Check(check, Result.SUCCESSFUL) for check in CheckId)
SHUT: frozenset[Door] = frozenset()
FREE = frozenset({Door.EXIT})


def now() -> datetime:
    """The clock of the bench."""
    return datetime.now(UTC)  # noqa: TID251  # it is injected from here


class Gate:
    """Journal, journal writer and publisher as in the daemon, and a cabinet; runs while entered."""

    def __init__(self, folder: Path, port: int) -> None:
        self.journal = Journal(
            folder / "journal.db",
            source=TOPICS.source,
            simulated=True,
            clock=now,
            random=os.urandom,
            sign=DeviceKey.make().sign,
        )
        self.journal_writer = JournalWriter(self.journal, is_plausible)
        self.acknowledged = 0
        self.publisher = Publisher(
            folder / "journal.db",
            TOPICS,
            Broker(port=port),
            Listeners(
                acknowledged=self._acknowledge,
                refused=lambda _: None,
                connected=lambda _: None,
                damaged=lambda _: None,
                command=lambda _: None,
            ),
            journal_id=self.journal.journal_id,
        )
        self.journal_writer.written.listen(self.publisher.notify)
        self._loop = asyncio.get_running_loop()

    def _acknowledge(self, sequence: int) -> None:
        self.acknowledged = sequence
        self._loop.call_soon_threadsafe(self.journal_writer.acknowledge, sequence)

    async def until(self, what: str, met: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not met():
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{what} does not come")
            await asyncio.sleep(0.01)


def decision_to_door_s(folder: Path) -> tuple[float, float]:
    """From the decision to the order to the door, medians in seconds: broker dead, and alive."""
    return asyncio.run(_decision_to_door(folder))


async def _decision_to_door(folder: Path) -> tuple[float, float]:
    dead: list[float] = []
    alive: list[float] = []
    with VirtualBroker() as broker, _central(broker.port):
        gate = Gate(folder, broker.port)
        writing = asyncio.create_task(gate.journal_writer.run())
        gate.publisher.start()
        thread = DeviceThread("gate")
        cabinet = VirtualGate(VirtualGate.Settings(stage="bench", door_travel_s=0.01))
        try:
            await thread.call(cabinet.__enter__)
            for _ in range(ROUNDS):
                broker.start()
                await gate.until("the broker", lambda: gate.publisher.connected)
                alive += [await _passage(gate, thread, cabinet) for _ in range(DECISIONS)]
                broker.kill()
                await gate.until("its end", lambda: not gate.publisher.connected)
                dead += [await _passage(gate, thread, cabinet) for _ in range(DECISIONS)]
        finally:
            await thread.call(cabinet.__exit__, None, None, None)
            thread.close()
            await asyncio.to_thread(gate.publisher.stop)
            writing.cancel()
            await gate.journal_writer.close()
    return statistics.median(dead), statistics.median(alive)


async def _passage(gate: Gate, thread: DeviceThread, cabinet: VirtualGate) -> float:
    """One traveller's events; seconds from the decision until the order to open the door."""
    clock = LaneClock(now, UTC, BUILT, lambda: 0.0)
    event_log = EventLog(
        gate.journal_writer, clock, {"sface": "0" * 64}, lambda: str(uuid.uuid4()), None
    )
    transaction = os.urandom(16).hex()
    began_s = time.perf_counter()
    await event_log.decided(transaction, Open(), CHECKS, _policy(), {"decision": 900.0})
    await thread.call(cabinet.take, FREE, Sign.GO)
    elapsed_s = time.perf_counter() - began_s
    await thread.call(cabinet.take, SHUT, Sign.WAIT)
    for _ in range(STORIES):
        event_log.authorised(transaction)
        await asyncio.sleep(PAUSE_S / STORIES)
    return elapsed_s


def drained_per_s(folder: Path) -> float:
    """Events a second from the first connection until the last of a backlog is acknowledged."""
    return asyncio.run(_drained(folder))


async def _drained(folder: Path) -> float:
    with VirtualBroker() as broker, _central(broker.port):
        gate = Gate(folder, broker.port)
        for _ in range(BACKLOG):
            gate.journal_writer.put(
                EventDraft(EventType.GATE_OPENED, now(), correlation_id="0" * 32)
            )
        await gate.journal_writer.commit()
        began_s = time.perf_counter()
        gate.publisher.start()
        await gate.until("the last event", lambda: gate.acknowledged == BACKLOG)
        elapsed_s = time.perf_counter() - began_s
        await asyncio.to_thread(gate.publisher.stop)
        await gate.journal_writer.close()
    return BACKLOG / elapsed_s


def _policy() -> Policy:
    return Policy(
        version="bench",
        digest="0" * 64,
        requirements={},
        false_match_rate="1e-4",
        minimum_age=0,
        nationalities=frozenset(),
        document_codes=frozenset(),
    )


@contextmanager
def _central(port: int) -> Iterator[None]:
    """A central system that believes everything, in a process of its own."""
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(  # noqa: S603  # our own interpreter
                [sys.executable, "-m", "tools.bench.delivery", str(port)], stdout=subprocess.PIPE
            )
        )
        stack.callback(process.send_signal, signal.SIGTERM)
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError("the central system of the bench did not start")
        yield


class _Central:
    """Acknowledges the highest contiguous sequence it has seen, for many events at a time."""

    def __init__(self) -> None:
        self._next = self._told = 1
        self._early: dict[int, bytes] = {}
        self._journal = ""
        self._last = b""

    def on_connect(self, client: Client, *_: object) -> None:
        """Listen to every gate."""
        client.subscribe("egate/v1/+/+/event/#", 1)

    def on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        """Count an event."""
        event = json.loads(message.payload)
        self._journal = event["journalid"]
        self._early[int(event["sequence"])] = bytes(message.payload)
        while self._next in self._early:
            self._last = self._early.pop(self._next)
            self._next += 1

    def acknowledge(self, client: Client) -> None:
        """Say how far it has come, when that is news."""
        if self._next != self._told:
            self._told = self._next
            stored = Acknowledgement(
                journal=self._journal, sequence=self._told - 1, hash=hash_of(self._last)
            )
            client.publish(f"{TOPICS.root}/sync/ack", stored.to_bytes(), qos=1)


def main() -> None:
    """Be the central system of the bench."""
    central = _Central()
    client = Client(CallbackAPIVersion.VERSION2, "central", protocol=MQTTProtocolVersion.MQTTv5)
    client.reconnect_delay_set(1, 1)
    client.on_connect = central.on_connect
    client.on_socket_open = lambda _client, _data, found: without_delay(found)
    client.on_message = central.on_message
    client.connect("127.0.0.1", int(sys.argv[1]))
    print("ready", flush=True)
    client.loop_start()
    while True:
        time.sleep(ACKNOWLEDGE_EVERY_S)
        central.acknowledge(client)


if __name__ == "__main__":
    main()
