"""The real daemon says what it counted in an hour, and nothing of anybody."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jsonschema import Draft202012Validator
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.daemon import now
from edge.settings.statistics import StatisticsSettings
from edge.settings.tree import Settings
from tools.central.leaving import leave
from tools.contract.schemas import messages_schema
from tools.simulation import lane

DESCRIBED = Draft202012Validator(messages_schema() | {"$ref": "#/$defs/Statistics"})
STUCK_S = 120.0


@contextmanager
def heard(port: int) -> Iterator[queue.Queue[MQTTMessage]]:
    """What gates publish on `stats/` while entered."""
    messages: queue.Queue[MQTTMessage] = queue.Queue()
    subscribed = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)

    def subscribe(*_: object) -> None:
        client.subscribe("egate/v1/+/+/stats/#", 1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _data, message: messages.put(message)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        assert subscribed.wait(STUCK_S)
        yield messages
    finally:
        leave(client)


def test_the_hour_is_told_when_it_is_over(quick_lane: Settings, tmp_path: Path) -> None:
    ahead = timedelta(minutes=30 - now().minute)  # no hour ends by itself meanwhile
    few = quick_lane.model_copy(update={"statistics": StatisticsSettings(suppress_below=3)})

    def clock() -> datetime:
        return now() + ahead

    async def an_hour_with_three() -> tuple[MQTTMessage, datetime, list[str]]:
        nonlocal ahead
        async with lane.running(few, tmp_path, clock) as running, asyncio.timeout(STUCK_S):
            with heard(running.daemon.settings.broker.port) as messages:
                central = running.training.central
                assert central is not None
                # What is said to nobody is lost: the gate is to have found its broker.
                assert await asyncio.to_thread(
                    central.wait_for, lambda c: bool(c.retained), STUCK_S
                )
                ahead += timedelta(minutes=30)
                await asyncio.to_thread(messages.get, timeout=STUCK_S)
                hour = clock().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
                passed = [await running.passage("genuine") for _ in range(3)]
                ahead += timedelta(hours=1)
                message = await asyncio.to_thread(messages.get, timeout=STUCK_S)
                assert messages.empty()
        return message, hour, [passage["transaction"] for passage in passed]

    message, hour, transactions = asyncio.run(an_hour_with_three())
    assert message.topic == "egate/v1/training/lane-1/stats/hour"
    assert not message.retain
    told = json.loads(message.payload)
    DESCRIBED.validate(told)
    assert datetime.fromisoformat(told["begin"]) == hour
    assert told["passages"] == 3
    assert not told["complete"]  # its clock was set
    assert told["simulated"]
    assert told["suppress_below"] == 3
    assert told["opened"] is told["referred"] is told["undecided"] is None
    assert set(told["durations"].values()) == {None}
    assert not any(transaction in message.payload.decode() for transaction in transactions)
