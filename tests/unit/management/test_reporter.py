"""What a gate counted arrives at the broker when the hour is over, once, and not retained."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from edge.border.decision import Open
from edge.contract.messages import State, Statistics
from edge.lane.passages import Passage, Passages
from edge.management.reporter import Reporter
from edge.settings.delivery import Broker
from tests.support.scripted_broker import PUBLISH, Packet, Script, ScriptedBroker
from tests.support.sending_gate import TOPICS, SendingGate
from tools.contract.schemas import messages_schema

NINE = datetime(2026, 11, 25, 9, tzinfo=UTC)
DESCRIBED = Draft202012Validator(messages_schema() | {"$ref": "#/$defs/Statistics"})


class Clock:
    def __init__(self, now: datetime = NINE) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def passage(clock: Clock) -> Passage:
    timings_ms = {"chip": 1500.0, "decision": 2500.0}
    return Passage("4711", clock.now, Open(), passed=True, checks=(), timings_ms=timings_ms)


def statistics(packets: list[Packet]) -> list[Packet]:
    return [p for p in packets if p.kind == PUBLISH and "/stats/" in p.topic]


def content_of(packet: Packet) -> Any:
    """Behind topic, identifier and no properties."""
    return json.loads(packet.body[2 + len(packet.topic) + 3 :])


def test_an_hour_arrives_once_when_it_is_over(tmp_path: Path) -> None:
    clock, passages = Clock(), Passages()
    broker = ScriptedBroker()
    with broker, SendingGate(tmp_path, Broker(port=broker.port)) as gate:
        gate.until(lambda: gate.is_connected)
        reporter = Reporter(gate.publisher.tell, 5, clock, simulated=True)
        passages.added.listen(reporter.count)
        for _ in range(12):
            passages.add(passage(clock))
        reporter.look()
        clock.now += timedelta(hours=1)
        passages.add(passage(clock))  # of the next hour already
        reporter.look()
        broker.until(statistics)
        gate.happen(1)
        broker.until(lambda _: any("/event/" in p.topic for p in broker.published()))
        (packet,) = statistics(broker.published())
    assert packet.topic == f"{TOPICS.root}/stats/hour"
    assert packet.flags >> 1 & 3 == 1, "QoS 1"
    assert not packet.flags & 1, "not retained"
    told = content_of(packet)
    DESCRIBED.validate(told)
    assert (told["passages"], told["opened"], told["simulated"]) == (12, None, True)
    assert told["begin"] == "2026-11-25T09:00:00Z"
    assert "4711" not in json.dumps(told)


def test_what_is_told_while_the_broker_is_away_is_lost(tmp_path: Path) -> None:
    """The central system counts events, which are not."""
    script = Script(connack=b"\x00\x87\x00")
    with ScriptedBroker(script) as broker, SendingGate(tmp_path, Broker(port=broker.port)) as gate:
        broker.until(len)
        gate.publisher.tell("stats/hour", State(state="online"))
        script.connack = Script().connack
        gate.until(lambda: gate.is_connected)
        gate.happen(1)
        broker.until(lambda _: any("/event/" in p.topic for p in broker.published()))
        assert statistics(broker.published()) == []


def test_it_looks_at_the_clock_by_itself() -> None:
    clock, told = Clock(), asyncio.Queue[str]()

    def publish(name: str, content: Statistics) -> None:
        told.put_nowait(f"{name} {content.begin.isoformat()}")

    async def runs() -> str:
        reporter = Reporter(publish, 5, clock, simulated=True)
        clock.now += timedelta(hours=1)
        async with asyncio.timeout(60):
            work = asyncio.create_task(reporter.run())
            found = await told.get()
            work.cancel()
        return found

    assert asyncio.run(runs()) == "stats/hour 2026-11-25T09:00:00+00:00"
