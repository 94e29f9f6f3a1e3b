"""One thread keeps a gate connected: when it gives a broker up, and how it ends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge.contract.messages import BrokerHealth
from edge.mqtt.back_off import FIRST_PAUSE_S
from edge.mqtt.connection import ANSWER_S, STABLE_S
from edge.mqtt.window import STUCK_S
from edge.settings.delivery import Broker, Tls
from tests.support.scripted_broker import DISCONNECT, PUBLISH, Script, ScriptedBroker
from tests.support.sending_gate import PATIENCE_S, SendingGate
from tests.support.tls_authority import Authority
from tools.simulation.broker import free_port

LONG_S = 10.0
"""More than a stop may take, less than a test may."""


def until(met: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "broker"]


class Clock:
    """Seconds that a test lets pass; the thread of the gate looks at them when it is woken."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def past(self, seconds: float, gate: SendingGate) -> None:
        self.now_s += seconds + 1
        gate.publisher.notify()


def said(logs: Sequence[Mapping[str, object]]) -> list[str]:
    """Event and cause of what the publisher logged."""
    return [f"{line['event']} {line.get('cause', '')}".strip() for line in logs]


def test_a_broker_that_accepts_and_never_answers_is_logged_once(tmp_path: Path) -> None:
    """The port is open, the program behind it hangs: an operator must read so, and only once."""
    clock, script = Clock(), Script(connack=None)
    with (
        capture_logs() as logs,
        ScriptedBroker(script) as broker,
        SendingGate(tmp_path, Broker(port=broker.port), seconds=clock) as gate,
    ):
        for number in (1, 2, 3):
            broker.until(lambda received: len(received) == number)  # noqa: B023
            clock.past(ANSWER_S, gate)
            until(lambda: gate.publisher.health().fault)
        assert gate.publisher.health() == BrokerHealth(
            connected=False, fault="the broker does not answer", denied={}
        )
        script.connack = b"\x00\x00\x00"
        gate.until(lambda: gate.is_connected)
        assert gate.publisher.health().fault == ""
    assert said(logs) == [
        "broker_connection_failed the broker does not answer",
        "broker_connected",
    ]


def test_a_broker_that_confirms_nothing_is_left_and_tried_again(tmp_path: Path) -> None:
    """Its window is full for ever: without a new connection nothing would leave the gate again."""
    clock, script = Clock(), Script(puback=None)
    with (
        capture_logs() as logs,
        ScriptedBroker(script) as broker,
        SendingGate(tmp_path, Broker(port=broker.port, inflight=3), seconds=clock) as gate,
    ):
        gate.happen(5)
        broker.until(lambda _: len(broker.published()) == 3)
        script.puback = 0
        clock.past(STUCK_S, gate)
        gate.until(lambda: gate.connections == [True, False])
        assert gate.publisher.health().fault == "the broker confirms nothing"
        gate.until(lambda: gate.is_connected)
        broker.until(lambda _: sum("event" in p.topic for p in broker.published()) >= 5)
    assert "broker_connection_lost the broker confirms nothing" in said(logs)


def test_each_cause_is_logged_once_until_the_broker_is_there_again(tmp_path: Path) -> None:
    with (
        capture_logs() as logs,
        ScriptedBroker(Script(connack=b"\x00\x86\x00")) as broker,
        SendingGate(tmp_path, Broker(port=broker.port)) as gate,
    ):
        until(lambda: broker.connections == 3)
        broker.script.connack = b"\x00\x00\x00"
        gate.until(lambda: gate.is_connected)
        broker.cut()
        gate.until(lambda: gate.connections == [True, False])
    refused, connected, lost, *_ = said(logs)
    assert (
        refused == "broker_connection_failed it refuses the connection: Bad user name or password"
    )
    assert connected == "broker_connected"
    assert lost.startswith("broker_connection_lost ")


def test_a_connection_that_lasted_makes_the_next_pause_the_first_again(tmp_path: Path) -> None:
    clock, script = Clock(), Script(connack=b"\x00\x86\x00")
    with (
        ScriptedBroker(script) as broker,
        SendingGate(tmp_path, Broker(port=broker.port), seconds=clock) as gate,
    ):
        back_off = gate.publisher._connection._back_off
        until(lambda: broker.connections == 1 and gate.publisher.health().fault)
        script.connack = b"\x00\x00\x00"
        gate.until(lambda: gate.is_connected)
        assert back_off._pause_s > FIRST_PAUSE_S
        clock.past(STABLE_S, gate)
        until(lambda: back_off._pause_s == FIRST_PAUSE_S)


def test_a_gate_has_one_thread_for_its_broker_whatever_it_does(tmp_path: Path) -> None:
    before = set(threads())
    with SendingGate(tmp_path, Broker(port=free_port())) as gate:
        until(lambda: gate.publisher.health().fault)
        assert len(set(threads()) - before) == 1
    with ScriptedBroker() as broker, SendingGate(tmp_path, Broker(port=broker.port)) as gate:
        gate.until(lambda: gate.is_connected)
        assert len(set(threads()) - before) == 1
    assert set(threads()) <= before


def test_a_stop_says_offline_and_disconnects(tmp_path: Path) -> None:
    with ScriptedBroker() as broker:
        with SendingGate(tmp_path, Broker(port=broker.port)) as gate:
            gate.until(lambda: gate.is_connected)
        broker.until(lambda received: received[-1].kind == DISCONNECT)
        last = broker.published()[-1]
        assert last.topic.endswith("/state")
        assert last.body.endswith(b'{"state":"offline"}')
        assert last.flags & 1, "retained"


def test_a_stop_does_not_wait_for_a_broker_that_confirms_nothing(tmp_path: Path) -> None:
    """The connection is cut, and the broker publishes the will."""
    with ScriptedBroker(Script(puback=None)) as broker:
        with SendingGate(tmp_path, Broker(port=broker.port)) as gate:
            gate.until(lambda: gate.is_connected)
            before = threads()
            gate.publisher.stop(0.1)
            assert not any(thread.is_alive() for thread in before)
        assert all(packet.kind != DISCONNECT for packet in broker.script.received)


def test_a_stop_waits_for_room_before_it_says_offline(tmp_path: Path) -> None:
    """One message more than the broker takes would end the connection instead."""
    with ScriptedBroker(Script(puback=None)) as broker:
        with SendingGate(tmp_path, Broker(port=broker.port, inflight=1)) as gate:
            broker.until(lambda _: broker.published())
            gate.publisher.stop(0.1)
        assert len(broker.published()) == 1


# Paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("stage", ["tls", "mqtt"])
def test_a_stop_does_not_wait_for_a_broker_that_never_answers(tmp_path: Path, stage: str) -> None:
    """Neither for its handshake nor for its CONNACK; what is left of the thread ends by itself."""
    tls = Tls(ca=Authority(tmp_path).certificate) if stage == "tls" else None
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with SendingGate(tmp_path, Broker(port=port, tls=tls)) as gate:
            client, _ = silent.accept()
            with client:
                assert client.recv(1)
                began_s = time.monotonic()
                gate.publisher.stop(0.1)
                assert time.monotonic() - began_s < LONG_S
        until(lambda: not threads())
    assert gate.connections == []


def test_an_error_nobody_foresaw_costs_the_connection_and_not_the_thread(tmp_path: Path) -> None:
    class Fault(Exception):
        """Of a listener."""

    with (
        capture_logs() as logs,
        ScriptedBroker() as broker,
        SendingGate(tmp_path, Broker(port=broker.port), seconds=time.monotonic) as gate,
    ):
        gate.until(lambda: gate.is_connected)
        hear = gate.publisher._session._changed

        def fail(up: bool) -> None:
            hear(up)
            raise Fault

        gate.publisher._session._changed = fail
        broker.cut()  # the listener fails when the connection ends, and when there is a new one
        gate.until(lambda: gate.connections[-4:] == [True, False, True, False])
        gate.publisher._session._changed = hear
        gate.until(lambda: gate.is_connected)
        gate.happen(1)
        broker.until(
            lambda received: any(p.kind == PUBLISH and "event" in p.topic for p in received)
        )
    assert any("exc_info" in line for line in logs)
