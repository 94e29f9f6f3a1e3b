"""The small central system keeps its feet whatever somebody publishes to it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.virtual.broker import VirtualBroker
from drivers.virtual.central import VirtualCentral

ROOT = "egate/v1/site/lane"
STUCK_S = 60.0
FIRST = "0" * 64


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
        self._client.disconnect()
        self._client.loop_stop()


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


def event(sequence: int, previous: str) -> bytes:
    content = {"source": f"/{ROOT}", "sequence": f"{sequence:020}", "prevhash": previous}
    return json.dumps(content).encode()


HOSTILE_EVENTS: list[Any] = [
    None,
    7,
    [],
    {},
    {"source": f"/{ROOT}"},
    {"source": 5, "sequence": "1"},
    {"source": [], "sequence": "1"},
    {"source": "/a/#", "sequence": "1"},
    {"source": "/egate/v1/other/lane", "sequence": "1"},
    {"source": f"/{ROOT}", "sequence": float("inf")},
    {"source": f"/{ROOT}", "sequence": "one"},
    {"source": f"/{ROOT}", "sequence": None},
]


def test_nothing_hostile_stops_it_and_all_of_it_is_noted(
    central: VirtualCentral, stranger: Stranger
) -> None:
    hostile = [json.dumps(content).encode() for content in HOSTILE_EVENTS]
    hostile += [b"", b"\xff\xfe", b"{", b"[" * 10_000]
    for body in hostile:
        stranger.say(f"{ROOT}/event/gate/opened", body)
    for body in (b"\xff", b"{}", b"[]", b'{"first_sequence": "x"}', b'{"first_sequence": null}'):
        stranger.say(f"{ROOT}/info", body)
    stranger.say(f"{ROOT}/info", b'{"first_sequence": 1}')
    body = event(1, FIRST)
    stranger.say(f"{ROOT}/event/gate/opened", body)
    stranger.say(f"{ROOT}/event/gate/opened", event(2, hashlib.sha256(body).hexdigest()))
    assert central.wait_for(lambda c: len(c.received) == 2, STUCK_S), central.faults
    assert [found.sequence for found in central.received] == [1, 2]
    assert len(central.faults) == len(hostile) + 5
    assert all("unreadable message on" in fault for fault in central.faults)


def test_a_gate_that_goes_for_good_erases_its_info_and_that_is_no_fault(
    central: VirtualCentral, stranger: Stranger
) -> None:
    stranger.say(f"{ROOT}/info", b"")
    assert central.wait_for(lambda c: f"{ROOT}/info" in c.retained, STUCK_S)
    assert central.faults == []


def test_a_broken_chain_is_noted(central: VirtualCentral, stranger: Stranger) -> None:
    stranger.say(f"{ROOT}/info", b'{"first_sequence": 1}')
    stranger.say(f"{ROOT}/event/gate/opened", event(1, FIRST))
    stranger.say(f"{ROOT}/event/gate/opened", event(2, FIRST))
    assert central.wait_for(lambda c: len(c.received) == 2, STUCK_S)
    assert central.faults == ["the chain breaks at 2"]


def test_events_out_of_order_are_put_in_order_and_twins_are_counted(
    central: VirtualCentral, stranger: Stranger
) -> None:
    first = event(1, FIRST)
    second = event(2, hashlib.sha256(first).hexdigest())
    third = event(3, hashlib.sha256(second).hexdigest())
    stranger.say(f"{ROOT}/info", b'{"first_sequence": 1}')
    for body in (third, first, first, second):
        stranger.say(f"{ROOT}/event/gate/opened", body)
    assert central.wait_for(lambda c: len(c.received) == 3, STUCK_S)
    assert [found.sequence for found in central.received] == [1, 2, 3]
    assert central.duplicates == 1
    assert central.faults == []
