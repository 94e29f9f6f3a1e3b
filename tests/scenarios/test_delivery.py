"""Events arrive once, in order, none lost, whatever happens to the broker; on real brokers."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from edge.contract.event_types import EventType
from edge.contract.events import EventDraft, hash_of
from edge.contract.messages import State
from edge.journal.journal import Journal
from edge.journal.outbox import Topics
from edge.mqtt.publisher import Listeners, Publisher
from edge.settings.delivery import Broker
from tests.support import mosquitto
from tests.support.announcements import info_of
from tests.support.signing import KEY, SIGN
from tools.central.leaving import leave
from tools.fleet.mosquitto import Mosquitto
from tools.simulation.broker import VirtualBroker
from tools.simulation.central import VirtualCentral

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOPICS = Topics("site", "lane")
PATIENCE_S = 60.0
Protocol = Literal["5", "3.1.1"]
AnyBroker = VirtualBroker | Mosquitto


@pytest.fixture(
    params=["iotcore-5", "iotcore-3.1.1", pytest.param("mosquitto", marks=pytest.mark.mosquitto)]
)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyBroker]:
    if request.param == "mosquitto":
        if mosquitto.missing():
            pytest.skip(mosquitto.missing())
        with Mosquitto(tmp_path) as real:
            yield real
    else:
        with VirtualBroker(protocol=request.param.removeprefix("iotcore-")) as virtual:
            yield virtual


@pytest.fixture
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return "3.1.1" if "3.1.1" in request.node.name else "5"


class Gate:
    """A journal and its publisher, as the daemon wires them."""

    def __init__(self, folder: Path, port: int, protocol: Protocol) -> None:
        self.path = folder / "journal.db"
        self.journal = Journal(
            self.path,
            source=TOPICS.source,
            simulated=True,
            clock=lambda: NOON,
            random=os.urandom,
            sign=SIGN,
        )
        self.refused: list[str] = []
        self.heard = threading.Condition()
        self.acknowledged = 0
        self.publisher = Publisher(
            self.path,
            TOPICS,
            Broker(port=port, protocol=protocol),
            Listeners(
                acknowledged=self._acknowledged,
                refused=self._refused,
                connected=lambda _: None,
                damaged=lambda _: None,
                command=lambda _: None,
            ),
            journal_id=self.journal.journal_id,
        )
        self.publisher.announce(State(state="online"))
        key = KEY.public_jwk(TOPICS.source)
        self.publisher.announce(info_of(TOPICS.source, self.journal.journal_id, key))
        self.publisher.start()

    def _acknowledged(self, sequence: int) -> None:
        with self.heard:
            self.acknowledged = sequence
            self.heard.notify_all()

    def _refused(self, why: str) -> None:
        with self.heard:
            self.refused.append(why)
            self.heard.notify_all()

    def happen(self, count: int) -> None:
        for _ in range(count):
            self.journal.append([EventDraft(EventType.GATE_OPENED, NOON)])
        self.publisher.notify()

    def close(self) -> None:
        self.publisher.stop()
        self.journal.close()


@pytest.fixture
def gate(tmp_path: Path, broker: AnyBroker, protocol: Protocol) -> Iterator[Gate]:
    found = Gate(tmp_path, broker.port, protocol)
    yield found
    found.close()


@pytest.fixture
def central(broker: AnyBroker, protocol: Protocol) -> Iterator[VirtualCentral]:
    with VirtualCentral("127.0.0.1", broker.port, protocol) as found:
        yield found


def assert_complete(central: VirtualCentral, count: int) -> None:
    assert [received.sequence for received in central.received] == list(range(1, count + 1))
    assert central.faults == []


def test_a_broker_that_is_killed_loses_nothing(
    gate: Gate, central: VirtualCentral, broker: AnyBroker
) -> None:
    gate.happen(5)
    assert central.wait_for(lambda c: len(c.received) == 5, PATIENCE_S)
    for _ in range(2):
        broker.kill()
        gate.happen(20)
        broker.start()
        gate.happen(5)
    assert central.wait_for(lambda c: len(c.received) >= 55, PATIENCE_S)
    assert_complete(central, 55)


def test_acknowledged_rows_leave_and_are_not_sent_again(
    gate: Gate, central: VirtualCentral, tmp_path: Path, broker: AnyBroker, protocol: Protocol
) -> None:
    gate.happen(10)
    with gate.heard:
        assert gate.heard.wait_for(lambda: gate.acknowledged == 10, PATIENCE_S)
    gate.journal.append([], acknowledged=gate.acknowledged)
    gate.close()
    again = Gate(tmp_path, broker.port, protocol)
    again.happen(1)
    assert central.wait_for(lambda c: len(c.received) == 11, PATIENCE_S)
    assert_complete(central, 11)
    again.close()


def test_what_nobody_acknowledged_is_sent_again_by_the_next_start(
    tmp_path: Path, broker: AnyBroker, protocol: Protocol
) -> None:
    with VirtualCentral("127.0.0.1", broker.port, protocol, acknowledge=False) as deaf:
        gate = Gate(tmp_path, broker.port, protocol)
        gate.happen(7)
        assert deaf.wait_for(lambda c: len(c.received) == 7, PATIENCE_S)
        gate.close()
    with VirtualCentral("127.0.0.1", broker.port, protocol) as central:
        gate = Gate(tmp_path, broker.port, protocol)
        assert central.wait_for(lambda c: len(c.received) == 7, PATIENCE_S)
        assert_complete(central, 7)
        gate.close()


def test_the_state_is_told_again_after_the_broker_forgot_it(
    gate: Gate, central: VirtualCentral, broker: AnyBroker
) -> None:
    topic = f"{TOPICS.root}/state"
    online = b'{"state":"online"}'
    assert central.wait_for(lambda c: c.retained.get(topic) == online, PATIENCE_S)
    broker.kill()
    central.retained.clear()
    broker.start()
    assert central.wait_for(lambda c: c.retained.get(topic) == online, PATIENCE_S)


def test_a_clean_stop_says_offline(gate: Gate, central: VirtualCentral) -> None:
    topic = f"{TOPICS.root}/state"
    assert central.wait_for(lambda c: topic in c.retained, PATIENCE_S)
    gate.publisher.stop()
    assert central.wait_for(lambda c: c.retained[topic] == b'{"state":"offline"}', PATIENCE_S)


ANOTHER = "sync/ack: acknowledges another event than this journal has there"
HOSTILE = [
    ("ack", b"\xff\xfe"),
    ("ack", b"[1]"),
    ("ack", b'{"sequence": 1}'),
    ("ack", b'{"journal": "%s", "sequence": 1}'),
    ("ack", b'{"journal": "%s", "sequence": 1, "hash": "' + b"0" * 64 + b'"}'),
    ("ack", b'{"journal": "%s", "sequence": 999999, "hash": "' + b"0" * 64 + b'"}'),
    ("ack", b'{"sequence": true}'),
    ("ack", b'{"sequence": -1}'),
    ("ack", b"[" * 3000),
    ("ack", b" " * 5000),
    ("replay", b'{"from": 3, "to": "9"}'),
    ("replay", b'{"from": 0, "to": 3}'),
]


def test_hostile_messages_are_refused(
    gate: Gate, central: VirtualCentral, broker: AnyBroker, protocol: Protocol
) -> None:
    gate.happen(3)
    assert central.wait_for(lambda c: len(c.received) == 3, PATIENCE_S)
    client = Client(CallbackAPIVersion.VERSION2, protocol=central._client.protocol)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for name, body in HOSTILE:
        body = body.replace(b"%s", gate.journal.journal_id.encode())  # noqa: PLW2901
        client.publish(f"{TOPICS.root}/sync/{name}", body, qos=1).wait_for_publish(PATIENCE_S)
    with gate.heard:
        assert gate.heard.wait_for(lambda: len(gate.refused) == len(HOSTILE), PATIENCE_S)
    leave(client)
    gate.happen(1)
    assert central.wait_for(lambda c: len(c.received) == 4, PATIENCE_S)


def test_a_retained_acknowledgement_is_refused(
    tmp_path: Path, broker: AnyBroker, protocol: Protocol, central: VirtualCentral
) -> None:
    body = json.dumps({"sequence": 1}).encode()
    client = Client(CallbackAPIVersion.VERSION2, protocol=central._client.protocol)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish(f"{TOPICS.root}/sync/ack", body, qos=1, retain=True).wait_for_publish(PATIENCE_S)
    gate = Gate(tmp_path, broker.port, protocol)
    with gate.heard:
        assert gate.heard.wait_for(lambda: set(gate.refused) == {"sync/ack: retained"}, PATIENCE_S)
    leave(client)
    gate.close()


@pytest.mark.mosquitto
@mosquitto.needed
def test_an_acknowledgement_is_refused_the_moment_it_is_retained(tmp_path: Path) -> None:
    """Who is there when it comes learns only by MQTT 5 that the broker keeps it."""
    listening, came = threading.Event(), threading.Semaphore(0)
    bodies: list[bytes] = []
    client = Client(CallbackAPIVersion.VERSION2)

    def listen(*_: object) -> None:
        client.subscribe(f"{TOPICS.root}/event/#", 1)

    def hear(_client: Client, _data: object, message: MQTTMessage) -> None:
        bodies.append(bytes(message.payload))
        came.release()

    with Mosquitto(tmp_path) as broker:
        client.on_connect = listen
        client.on_subscribe = lambda *_: listening.set()
        client.on_message = hear
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        assert listening.wait(PATIENCE_S)
        gate = Gate(tmp_path, broker.port, "5")
        gate.happen(3)
        for _ in range(3):  # sent after the gate has subscribed
            assert came.acquire(timeout=PATIENCE_S)
        said = {"journal": gate.journal.journal_id, "sequence": 3, "hash": hash_of(bodies[2])}
        body = json.dumps(said).encode()
        for retain in (True, False):
            sent = client.publish(f"{TOPICS.root}/sync/ack", body, qos=1, retain=retain)
            sent.wait_for_publish(PATIENCE_S)
        with gate.heard:
            assert gate.heard.wait_for(lambda: gate.acknowledged == 3, PATIENCE_S)
            assert gate.refused == ["sync/ack: retained"]
        leave(client)
        gate.close()


@pytest.mark.mosquitto
@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_ten_megabytes_retained_on_every_topic_keep_nobody_from_delivering(
    tmp_path: Path, version: Protocol
) -> None:
    """With MQTT 5 the broker does not even send them; with 3.1.1 they come with every connect."""
    if mosquitto.missing():
        pytest.skip(mosquitto.missing())
    names = ("sync/ack", "sync/replay", "cmd/release")
    came = {"cmd: too large", "sync/ack: retained", "sync/replay: retained"}
    refused = came if version == "3.1.1" else set()
    with Mosquitto(tmp_path) as broker:
        flooder = Client(CallbackAPIVersion.VERSION2)
        flooder.connect("127.0.0.1", broker.port)
        flooder.loop_start()
        for name in names:
            sent = flooder.publish(f"{TOPICS.root}/{name}", b"{" * 10_000_000, 1, retain=True)
            sent.wait_for_publish(PATIENCE_S)
        with VirtualCentral("127.0.0.1", broker.port, version) as central:
            gate = Gate(tmp_path, broker.port, version)
            gate.happen(10)
            assert central.wait_for(lambda c: len(c.received) == 10, PATIENCE_S)
            with gate.heard:
                assert gate.heard.wait_for(lambda: gate.acknowledged == 10, PATIENCE_S)
                assert gate.heard.wait_for(lambda: set(gate.refused) == refused, PATIENCE_S)
            gate.close()
        leave(flooder)


def test_a_journal_that_was_turned_back_lets_nothing_go_that_nobody_has(
    tmp_path: Path, broker: AnyBroker, protocol: Protocol, central: VirtualCentral
) -> None:
    """Its id is the same, its sequences are the same, and its events are not."""
    path, saved = tmp_path / "journal.db", tmp_path / "saved.db"
    for written in (5, 10):
        gate = Gate(tmp_path, broker.port, protocol)
        gate.happen(5)
        assert central.wait_for(lambda c: len(c.received) == written, PATIENCE_S)  # noqa: B023
        gate.close()
        if not saved.exists():
            shutil.copy(path, saved)
    shutil.copy(saved, path)
    gate = Gate(tmp_path, broker.port, protocol)
    gate.happen(5)
    with gate.heard:
        assert gate.heard.wait_for(lambda: ANOTHER in gate.refused, PATIENCE_S)
        assert gate.acknowledged <= 5  # what both histories share
    assert central.wait_for(lambda c: len(c.faults) >= 5, PATIENCE_S)
    assert "fork at 6: another event has this sequence" in central.faults
    assert [received.sequence for received in central.received] == list(range(1, 11))
    gate.close()


def test_a_replay_sends_a_range_again(
    gate: Gate, central: VirtualCentral, broker: AnyBroker
) -> None:
    gate.happen(250)
    assert central.wait_for(lambda c: len(c.received) == 250, PATIENCE_S)
    before = central.duplicates
    body = json.dumps({"from": 11, "to": 230})
    central._client.publish(f"{TOPICS.root}/sync/replay", body, qos=1)
    assert central.wait_for(lambda c: c.duplicates >= before + 220, PATIENCE_S)
    assert_complete(central, 250)
