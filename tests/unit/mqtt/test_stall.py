"""The event that all others wait for is noticed, told once, and forgotten when it is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge.contract.events import hash_of
from edge.contract.messages import Stall
from edge.mqtt.backlog import RESEND_AFTER_S
from edge.mqtt.stall import AGE_BEFORE_TOLD_S, SENT_BEFORE_TOLD, StallWatch
from edge.settings.delivery import Broker
from tests.support.scripted_broker import Script, ScriptedBroker, message
from tests.support.sending_gate import PATIENCE_S, TOPICS, SendingGate


class Clock:
    """A monotonic clock that goes on when told."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def until(met: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def order(broker: ScriptedBroker, name: str, **content: object) -> None:
    broker.say(message(f"{TOPICS.root}/sync/{name}", json.dumps(content).encode()))


def send_in_vain(
    broker: ScriptedBroker, gate: SendingGate, clock: Clock, met: Callable[[Stall], object]
) -> Stall:
    """Let the gate send its events until it tells of a stall as expected; what it tells."""

    def told() -> object:
        """Once a pause is over the gate sends again, however often it is looked at meanwhile."""
        clock.now_s += RESEND_AFTER_S
        gate.publisher.notify()
        found = gate.publisher.stall
        return found is not None and met(found)

    gate.happen(3)
    broker.until(lambda _: any("event" in packet.topic for packet in broker.published()))
    until(told)
    found = gate.publisher.stall
    assert found is not None
    return found


def test_an_event_that_is_never_acknowledged_is_told_once_and_until_it_is(tmp_path: Path) -> None:
    clock = Clock()
    with (
        capture_logs() as logs,
        ScriptedBroker() as broker,
        SendingGate(tmp_path, Broker(port=broker.port), seconds=clock) as gate,
    ):
        found = send_in_vain(broker, gate, clock, lambda stall: stall.delivered >= 2)
        assert found.sequence == 1
        assert found.sent >= SENT_BEFORE_TOLD
        assert found.requested == 0
        assert found.age_s >= AGE_BEFORE_TOLD_S
        order(broker, "replay", **{"from": 1, "to": 3})
        until(lambda: (stall := gate.publisher.stall) and stall.requested == 1)
        first, *_ = gate.journal.newest_bodies(3)
        order(broker, "ack", journal=gate.journal.journal_id, sequence=3, hash=hash_of(first))
        gate.until(lambda: gate.acknowledged == 3)
        assert gate.publisher.stall is None
    told = [line for line in logs if line["event"].startswith("delivery_")]
    assert [(line["event"], line["log_level"], line["sequence"]) for line in told] == [
        ("delivery_stalled", "warning", 1),
        ("delivery_resumed", "info", 3),
    ]


@pytest.mark.parametrize("puback", [None, 0x87], ids=["silent", "refuses"])
def test_an_event_that_the_broker_never_takes_is_told_as_such(
    tmp_path: Path, puback: int | None
) -> None:
    clock = Clock()
    with (
        ScriptedBroker(Script(puback=puback)) as broker,
        SendingGate(tmp_path, Broker(port=broker.port), seconds=clock) as gate,
    ):
        assert send_in_vain(broker, gate, clock, lambda _: True).delivered == 0


def test_a_line_that_breaks_often_is_no_stall_at_once() -> None:
    clock = Clock()
    watch = StallWatch(0, clock)
    for _ in range(10):
        watch.sent(1)
    assert watch.stall is None
    clock.now_s += AGE_BEFORE_TOLD_S
    watch.sent(1)
    assert watch.stall == Stall(
        sequence=1, sent=11, delivered=0, requested=0, age_s=AGE_BEFORE_TOLD_S
    )


def test_only_the_first_event_that_is_not_acknowledged_counts() -> None:
    clock = Clock()
    watch = StallWatch(4, clock)
    watch.requested(1, 9)
    for _ in range(SENT_BEFORE_TOLD):
        for sequence in (5, 6):
            watch.sent(sequence)
            watch.delivered(sequence)
        watch.requested(6, 9)
        watch.requested(1, 4)
        clock.now_s += AGE_BEFORE_TOLD_S
    watch.requested(5, 5)
    stall = watch.stall
    assert stall is not None
    assert (stall.sequence, stall.sent, stall.delivered, stall.requested) == (5, 3, 3, 1)
    watch.acknowledged(5)
    assert watch.stall is None
