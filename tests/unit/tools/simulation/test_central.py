"""The small central system keeps its feet whatever somebody publishes to it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.contract.canonical import canonical
from edge.contract.event_types import EventType
from edge.contract.events import FIRST_HASH, EventDraft
from edge.keys.device_key import DeviceKey
from tests.support.announcements import info_of
from tests.support.event_stream import NOON, Writer
from tools.central.leaving import leave
from tools.simulation.broker import VirtualBroker
from tools.simulation.central import VirtualCentral

ROOT = "egate/v1/site/lane"
STUCK_S = 60.0


@pytest.fixture(scope="module")
def broker() -> Iterator[VirtualBroker]:
    with VirtualBroker() as found:
        yield found


class Stranger:
    """Publishes whatever it likes."""

    def __init__(self, port: int) -> None:
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="stranger", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, topic: str, body: bytes) -> None:
        self._client.publish(topic, body, qos=1).wait_for_publish(STUCK_S)

    def close(self) -> None:
        leave(self._client)


@pytest.fixture
def stranger(broker: VirtualBroker) -> Iterator[Stranger]:
    found = Stranger(broker.port)
    yield found
    found.close()


@pytest.fixture
def central(broker: VirtualBroker, stranger: Stranger) -> Iterator[VirtualCentral]:
    """A central system that hears the stranger already."""
    with VirtualCentral("127.0.0.1", broker.port) as found:
        deadline_s = time.monotonic() + STUCK_S
        while not found.wait_for(lambda c: bool(c.retained), 0.05):
            assert time.monotonic() < deadline_s
            stranger.say(f"{ROOT}/health", b"{}")
        yield found


@pytest.fixture
def gate() -> Writer:
    return Writer(source=f"/{ROOT}")


def info(gate: Writer, **more: object) -> bytes:
    said = info_of(gate.source, gate.journal, gate.key.public_jwk(gate.source))
    return json.dumps(said.model_dump(mode="json") | more).encode()


def hostile_events(gate: Writer) -> list[bytes]:
    other = Writer(source="/egate/v1/other/lane")
    forged = json.loads(replace(gate).write()) | {"simulated": False}
    values: list[Any] = [
        None, 7, [], {}, {"source": f"/{ROOT}"}, {"source": 5, "sequence": "1"},
        {"source": "/a/#", "sequence": "1"}, {"source": f"/{ROOT}", "sequence": None},
    ]  # fmt: skip
    return [
        *(json.dumps(value).encode() for value in values),
        *(b"", b"\xff\xfe", b"{", b"[" * 10_000),
        canonical(forged),
        other.write(),
        replace(gate, key=DeviceKey.make()).write(),
        replace(gate, journal=other.journal).write(),
        replace(gate).write(EventDraft(EventType.GATE_PASSED, NOON)),
    ]


def test_nothing_hostile_stops_it_and_all_of_it_is_noted(
    central: VirtualCentral, stranger: Stranger, gate: Writer
) -> None:
    introductions = [
        b"\xff", b"{}", b"[]", info(gate, first_sequence="x"), info(gate, first_sequence=None),
        info(gate, keys=7), info(gate, keys=[{"kty": "oct", "k": "AAAA"}]),
    ]  # fmt: skip
    for body in introductions:
        stranger.say(f"{ROOT}/info", body)
    stranger.say(f"{ROOT}/info", info(gate))
    hostile = hostile_events(gate)
    for body in hostile:
        stranger.say(f"{ROOT}/event/gate/opened", body)
    for body in gate.many(2):
        stranger.say(f"{ROOT}/event/gate/opened", body)
    assert central.wait_for(lambda c: len(c.received) == 2, STUCK_S), central.faults
    assert [found.sequence for found in central.received] == [1, 2]
    assert len(central.faults) == len(introductions) + len(hostile)


def test_a_gate_that_goes_for_good_erases_its_info_and_that_is_no_fault(
    central: VirtualCentral, stranger: Stranger
) -> None:
    stranger.say(f"{ROOT}/info", b"")
    assert central.wait_for(lambda c: f"{ROOT}/info" in c.retained, STUCK_S)
    assert central.faults == []


def test_a_broken_chain_is_noted(central: VirtualCentral, stranger: Stranger, gate: Writer) -> None:
    first = gate.write()
    gate.previous = FIRST_HASH
    stranger.say(f"{ROOT}/info", info(gate))
    stranger.say(f"{ROOT}/event/gate/opened", first)
    stranger.say(f"{ROOT}/event/gate/opened", gate.write())
    assert central.wait_for(lambda c: len(c.received) == 2, STUCK_S)
    assert central.faults == ["link at 2: `prevhash` is not of the event before"]


def test_events_out_of_order_are_put_in_order_and_twins_are_counted(
    central: VirtualCentral, stranger: Stranger, gate: Writer
) -> None:
    first, second, third = gate.many(3)
    stranger.say(f"{ROOT}/event/gate/opened", third)  # before anybody knows the gate
    stranger.say(f"{ROOT}/info", info(gate))
    for body in (first, first, second):
        stranger.say(f"{ROOT}/event/gate/opened", body)
    assert central.wait_for(lambda c: len(c.received) == 3, STUCK_S)
    assert [found.sequence for found in central.received] == [1, 2, 3]
    assert central.duplicates == 1
    assert central.faults == []


def test_a_journal_made_anew_is_a_new_chain(
    central: VirtualCentral, stranger: Stranger, gate: Writer
) -> None:
    for journal in (gate, Writer(source=f"/{ROOT}")):
        stranger.say(f"{ROOT}/info", info(journal))
        for body in journal.many(2):
            stranger.say(f"{ROOT}/event/gate/opened", body)
    assert central.wait_for(lambda c: len(c.received) == 4, STUCK_S)
    assert [found.sequence for found in central.received] == [1, 2, 1, 2]
    assert central.faults == []
