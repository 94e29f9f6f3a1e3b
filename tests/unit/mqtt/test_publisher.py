"""What a gate tells its broker, and what it makes of the answers; against a scripted broker."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge.contract.answers import Answer
from edge.contract.commands import Code
from edge.contract.messages import State
from edge.mqtt.commands import ReceivedCommand
from edge.settings.delivery import Broker
from tests.support.scripted_broker import (
    CONNECT,
    PUBLISH,
    SUBSCRIBE,
    Packet,
    Script,
    ScriptedBroker,
    message,
)
from tests.support.sending_gate import PATIENCE_S, TOPICS, SendingGate

WILL_DELAY, SESSION_EXPIRY, RECEIVE_MAXIMUM = 0x18, 0x11, 0x21
MAXIMUM_PACKET_SIZE = 0x27
ACCEPTED = Answer(id=None, status="accepted", code=Code.ACCEPTED)
DONE = Answer(id=None, status="done", code=Code.DONE)


def at(broker: ScriptedBroker, **settings: Any) -> Broker:
    return Broker.model_validate({"port": broker.port, **settings})


def until(met: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def topics(packets: list[Packet]) -> list[str]:
    return [packet.topic.removeprefix(f"{TOPICS.root}/") for packet in packets]


def bodies(packets: list[Packet], name: str) -> list[bytes]:
    """What was published on a topic; behind topic, identifier and no properties."""
    topic = f"{TOPICS.root}/{name}"
    return [p.body[2 + len(topic) + 3 :] for p in packets if p.kind == PUBLISH and p.topic == topic]


def test_the_connection_asks_for_a_session_and_leaves_a_will_that_waits(tmp_path: Path) -> None:
    with ScriptedBroker() as broker, SendingGate(tmp_path, at(broker)) as gate:
        gate.until(lambda: gate.connections)
        connect = broker.script.received[0]
        assert connect.kind == CONNECT
        assert connect.body[:7] == b"\x00\x04MQTT\x05"
        flags, keepalive = connect.body[7], int.from_bytes(connect.body[8:10])
        assert not flags & 0x02, "a session that is there is kept"
        assert flags & 0x04, "there is a will"
        assert flags >> 3 & 3 == 1, "of QoS 1"
        assert flags & 0x20, "retained"
        assert keepalive == 15
        assert bytes([SESSION_EXPIRY]) + (3600).to_bytes(4) in connect.body
        assert bytes([WILL_DELAY]) + (5).to_bytes(4) in connect.body
        assert f"{TOPICS.root}/state".encode() in connect.body
        assert b'{"state":"offline"}' in connect.body


def test_a_session_of_mqtt_3_is_kept_as_well(tmp_path: Path) -> None:
    with ScriptedBroker(Script(v5=False)) as broker:
        with SendingGate(tmp_path, at(broker, protocol="3.1.1")) as gate:
            gate.until(lambda: gate.connections)
        assert not broker.script.received[0].body[7] & 0x02
    with ScriptedBroker(Script(v5=False)) as broker:
        settings = at(broker, protocol="3.1.1", session_expiry_s=0)
        with SendingGate(tmp_path, settings) as gate:
            gate.until(lambda: gate.connections)
        assert broker.script.received[0].body[7] & 0x02


@pytest.mark.parametrize("present", [0, 1])
def test_everything_is_subscribed_and_told_on_every_connect(tmp_path: Path, present: int) -> None:
    """Whether or not the broker still knows the session: it may be wrong."""
    script = Script(connack=bytes([present, 0, 0]))
    with ScriptedBroker(script) as broker, SendingGate(tmp_path, at(broker)) as gate:
        for number in (1, 2):
            broker.until(partial(_was_told, number))
            broker.cut()
        gate.until(lambda: len(gate.connections) >= 3)
        subscribe = next(p for p in script.received if p.kind == SUBSCRIBE)
        for name in ("sync/ack", "sync/replay", "cmd/+"):
            assert f"{TOPICS.root}/{name}".encode() in subscribe.body


def test_an_old_state_never_follows_a_new_one(tmp_path: Path) -> None:
    """What the last connection left unconfirmed is not sent after what is true now."""
    script = Script(puback=None)
    with ScriptedBroker(script) as broker, SendingGate(tmp_path, at(broker)) as gate:
        broker.until(lambda received: bodies(received, "state"))
        gate.publisher.announce(State(state="degraded"))
        broker.until(lambda received: len(bodies(received, "state")) == 2)
        script.received.clear()
        broker.cut()
        gate.until(lambda: gate.connections[-1:] == [False])
        gate.publisher.announce(State(state="maintenance"))
        broker.until(lambda received: bodies(received, "state"))
        gate.happen(1)
        broker.until(lambda received: any("event" in t for t in topics(broker.published())))
        assert bodies(script.received, "state") == [b'{"state":"maintenance"}']


def test_no_more_is_on_the_way_than_the_broker_bears(tmp_path: Path) -> None:
    most = 7
    properties = bytes([RECEIVE_MAXIMUM]) + most.to_bytes(2)
    script = Script(connack=b"\x00\x00" + bytes([len(properties)]) + properties, puback=None)
    with ScriptedBroker(script) as broker, SendingGate(tmp_path, at(broker)) as gate:
        gate.happen(50)
        broker.until(lambda _: len(broker.published()) == most)
        gate.happen(1)
        for count in (1, 2):  # once the second is heard, the gate has sent what it could
            broker.say(message(f"{TOPICS.root}/cmd/look", b"x"))
            gate.until(lambda: len(gate.commands) == count)  # noqa: B023
        assert len(broker.published()) == most


def test_a_subscription_that_is_refused_is_told(tmp_path: Path) -> None:
    with (
        ScriptedBroker(Script(suback=0x87)) as broker,
        SendingGate(tmp_path, at(broker)) as gate,
    ):
        until(lambda: gate.publisher.health().denied)
        health = gate.publisher.health()
        assert health.denied == {"subscribe": "Not authorized"}


def test_a_broker_that_passes_on_too_little_is_told(tmp_path: Path) -> None:
    """It ends the connection at the first longer event, again and again, and never says why."""
    properties = bytes([MAXIMUM_PACKET_SIZE]) + (4096).to_bytes(4)
    script = Script(connack=b"\x00\x00" + bytes([len(properties)]) + properties)
    with ScriptedBroker(script) as broker, SendingGate(tmp_path, at(broker)) as gate:
        gate.until(lambda: gate.connections)
        health = gate.publisher.health()
        assert health.denied == {"publish": "passes on no more than 4096 bytes"}


def test_events_that_are_refused_are_told_and_stay(tmp_path: Path) -> None:
    with (
        ScriptedBroker(Script(puback=0x87)) as broker,
        SendingGate(tmp_path, at(broker)) as gate,
    ):
        gate.happen(3)
        until(lambda: gate.publisher.health().denied)
        assert gate.publisher.health().denied == {"publish": "Not authorized"}
        assert gate.journal.backlog().events == 3


def test_a_broker_that_does_not_know_the_gate_is_told_and_tried_again(tmp_path: Path) -> None:
    script = Script(connack=b"\x00\x86\x00")
    with ScriptedBroker(script) as broker, SendingGate(tmp_path, at(broker)) as gate:
        until(lambda: broker.connections == 2)
        assert not gate.publisher.connected
        assert gate.connections == []
        script.connack = b"\x00\x00\x00"
        gate.until(lambda: gate.connections == [True])


def test_the_acknowledgement_of_another_journal_or_event_is_not_obeyed(tmp_path: Path) -> None:
    with ScriptedBroker() as broker, SendingGate(tmp_path, at(broker)) as gate:
        gate.happen(5)
        broker.until(lambda _: sum("event" in t for t in topics(broker.published())) == 5)
        ack, mine = f"{TOPICS.root}/sync/ack", gate.journal.journal_id
        for content in (
            {"journal": "0e9b1c52-0000-4000-8000-000000000000", "sequence": 5, "hash": "0" * 64},
            {"sequence": 4},
            {"journal": mine, "sequence": 3},
            {"journal": mine, "sequence": 4, "hash": gate.journal.last_hash},
            {"journal": mine, "sequence": 5, "hash": gate.journal.last_hash},
        ):
            broker.say(message(ack, json.dumps(content).encode()))
        gate.until(lambda: gate.acknowledged == 5)
        assert gate.refused == [
            "sync/ack: `journal` is not as the contract says",
            "sync/ack: `hash` is not as the contract says",
            "sync/ack: acknowledges another event than this journal has there",
        ]


def test_an_acknowledgement_that_cannot_be_compared_is_let_go(tmp_path: Path) -> None:
    """The disk does not answer: nothing leaves, and the next one will do."""
    with ScriptedBroker() as broker, SendingGate(tmp_path, at(broker)) as gate:
        gate.happen(5)
        broker.until(lambda _: sum("event" in t for t in topics(broker.published())) == 5)
        content = {"journal": gate.journal.journal_id, "sequence": 5}
        body = json.dumps(content | {"hash": gate.journal.last_hash}).encode()
        gate.journal._connection.execute("ALTER TABLE journal RENAME TO elsewhere")
        broker.say(message(f"{TOPICS.root}/sync/ack", body))
        broker.say(message(f"{TOPICS.root}/cmd/first", b"x"))
        gate.until(lambda: gate.commands)
        assert (gate.acknowledged, gate.refused) == (0, [])
        gate.journal._connection.execute("ALTER TABLE elsewhere RENAME TO journal")
        broker.say(message(f"{TOPICS.root}/sync/ack", body))
        gate.until(lambda: gate.acknowledged == 5)


def test_a_listener_that_fails_costs_neither_the_connection_nor_the_next_message(
    tmp_path: Path,
) -> None:
    """The broker would send the same message again, and the gate would be cut off for ever."""
    heard: list[str] = []

    def fail(command: ReceivedCommand) -> None:
        heard.append(command.name)
        raise KeyError(command.name)

    with ScriptedBroker() as broker, SendingGate(tmp_path, at(broker)) as gate:
        gate.until(lambda: gate.connections)
        gate.publisher._incoming._command = fail
        for name in ("first", "second"):
            broker.say(message(f"{TOPICS.root}/cmd/{name}", b"x"))
        gate.until(lambda: len(gate.refused) == 2)
        assert heard == ["first", "second"]
        assert gate.refused == ["a message the gate could not handle"] * 2
        assert gate.connections == [True]


@pytest.mark.parametrize(
    ("topic", "body", "why"),
    [
        ("cmd/Reboot", b"{}", "cmd: no name of a command"),
        ("cmd/reboot", b"x" * 20_000, "cmd: too large"),
        ("sync/ack", b"\xff", "sync/ack: not JSON"),
        ("sync/replay", b"[]", "sync/replay: not an object"),
        ("other/thing", b"{}", "another topic: no such order"),
    ],
)
def test_what_must_not_be_obeyed_is_refused_in_words_of_our_own(
    tmp_path: Path, topic: str, body: bytes, why: str
) -> None:
    body = b"1" if topic == "other/thing" else body
    with ScriptedBroker() as broker, SendingGate(tmp_path, at(broker)) as gate:
        gate.until(lambda: gate.connections)
        broker.say(message(f"{TOPICS.root}/{topic}", body))
        gate.until(lambda: gate.refused)
        assert gate.refused == [why]
        assert gate.commands == []


def test_an_answer_brings_its_correlation_back(tmp_path: Path) -> None:
    with ScriptedBroker() as broker, SendingGate(tmp_path, at(broker)) as gate:
        gate.until(lambda: gate.connections)
        command = ReceivedCommand("reboot", b"", retained=False, correlation=b"ab")
        gate.publisher.answer(command, DONE)
        broker.until(lambda _: any(p.topic.endswith("response") for p in broker.published()))
        answer = next(p for p in broker.published() if p.topic.endswith("response"))
        assert b"\x09\x00\x02ab" in answer.body


def test_an_answer_the_broker_did_not_confirm_is_given_again(tmp_path: Path) -> None:
    own = f"{TOPICS.root}/cmd/reboot/response"
    script = Script(puback=None)
    with ScriptedBroker(script) as broker, SendingGate(tmp_path, at(broker)) as gate:
        gate.until(lambda: gate.connections)
        for answer in (ACCEPTED, DONE):
            command = ReceivedCommand("reboot", b"", retained=False)
            gate.publisher.answer(command, answer)
        broker.until(lambda _: len(bodies(script.received, "cmd/reboot/response")) == 2)
        script.received.clear()
        script.puback = 0
        broker.cut()
        broker.until(lambda _: len(bodies(script.received, "cmd/reboot/response")) == 2)
        gate.until(lambda: gate.is_connected)
        given = bodies(script.received, "cmd/reboot/response")
        assert [json.loads(body)["status"] for body in given] == ["accepted", "done"]
        assert own in [packet.topic for packet in broker.published()]


def _was_told(times: int, received: list[Packet]) -> bool:
    return _count(received, SUBSCRIBE) == times and all(
        len(bodies(received, name)) == times for name in ("state", "info")
    )


def _count(received: list[Packet], kind: int) -> int:
    return sum(packet.kind == kind for packet in received)
