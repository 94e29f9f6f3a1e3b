"""A small central system for the virtual lane: takes events, puts them in order, acknowledges.

It remembers nothing over a restart, so it begins with the oldest event a gate still has: the
gate's `info` names it, and a replay brings it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

KEPT = 100_000
LATEST = 2**53
PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}


@dataclass(frozen=True, slots=True)
class Received:
    """One event as it came, each sequence once and in order."""

    sequence: int
    topic: str
    content: dict[str, Any]


@dataclass(slots=True)
class Ledger:
    """What is known of one source."""

    expected: int | None = None
    """The next sequence; None until the gate has said where its journal begins."""
    previous: str | None = None
    early: dict[int, tuple[str, bytes]] = field(default_factory=dict)


class VirtualCentral:
    """Subscribes to every gate of a broker.  Thread-safe."""

    def __init__(
        self, host: str, port: int, protocol: str = "5", *, acknowledge: bool = True
    ) -> None:
        self._address = (host, port)
        self._acknowledge = acknowledge
        self._changed = threading.Condition()
        self._ledgers: dict[str, Ledger] = {}
        self.received: list[Received] = []
        self.duplicates = 0
        self.faults: list[str] = []
        """Broken chains and unreadable messages, in words."""
        self.retained: dict[str, bytes] = {}
        """The newest state, info and health by topic."""
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="egate-central", protocol=PROTOCOLS[protocol]
        )
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        self._client.connect_async(*self._address, keepalive=15)
        self._client.loop_start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait_for(self, met: Callable[[VirtualCentral], bool], timeout_s: float) -> bool:
        """Wait until a condition on what was received is met; False when the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: met(self), timeout_s)

    def events_of(self, transaction: str) -> list[str]:
        """The types of one transaction's events, in order, without their prefix."""
        with self._changed:
            return [
                received.content["type"].removeprefix("int.egate.")
                for received in self.received
                if received.content.get("correlationid") == transaction
            ]

    def _on_connect(
        self,
        client: Client,
        _data: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not reason.is_failure:
            root = "egate/v1/+/+"
            topics = [f"{root}/event/#", f"{root}/state", f"{root}/info", f"{root}/health"]
            client.subscribe([(topic, 1) for topic in topics])

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        with self._changed:
            if "/event/" in message.topic:
                self._take(client, message)
            else:
                self.retained[message.topic] = bytes(message.payload)
                root, _, name = message.topic.rpartition("/")
                if name == "info" and message.payload:
                    self._catch_up(client, root, message)
            self._changed.notify_all()

    def _catch_up(self, client: Client, root: str, info: MQTTMessage) -> None:
        """Ask a gate that introduces itself for everything after the last event stored."""
        ledger = self._ledgers.setdefault(f"/{root}", Ledger())
        if ledger.expected is None:
            try:
                ledger.expected = int(json.loads(info.payload)["first_sequence"])
            except Exception:  # noqa: BLE001  # anybody may publish anything
                self.faults.append(f"unreadable message on {info.topic}")
                return
            self._advance(ledger)
        wanted = {"from": ledger.expected, "to": LATEST}
        client.publish(f"{root}/sync/replay", json.dumps(wanted), qos=1)

    def _take(self, client: Client, message: MQTTMessage) -> None:
        try:
            source, sequence = _place(message)
        except Exception:  # noqa: BLE001  # anybody may publish anything
            self.faults.append(f"unreadable message on {message.topic}")
            return
        ledger = self._ledgers.setdefault(source, Ledger())
        if ledger.expected is not None and sequence < ledger.expected:
            self.duplicates += 1
        else:
            ledger.early[sequence] = (message.topic, bytes(message.payload))
            self._advance(ledger)
        if self._acknowledge and ledger.expected is not None and ledger.expected > 1:
            body = json.dumps({"sequence": ledger.expected - 1})
            client.publish(f"{source.removeprefix('/')}/sync/ack", body, qos=1)

    def _advance(self, ledger: Ledger) -> None:
        while ledger.expected is not None and ledger.expected in ledger.early:
            topic, body = ledger.early.pop(ledger.expected)
            content = json.loads(body)
            if ledger.previous not in (None, content.get("prevhash")):
                self.faults.append(f"the chain breaks at {ledger.expected}")
            ledger.previous = hashlib.sha256(body).hexdigest()
            self.received.append(Received(ledger.expected, topic, content))
            del self.received[:-KEPT]
            ledger.expected += 1


def _place(message: MQTTMessage) -> tuple[str, int]:
    """Source and sequence of an event; a gate speaks for itself only."""
    content = json.loads(message.payload)
    source, sequence = content["source"], int(content["sequence"])
    if not message.topic.startswith(f"{source.removeprefix('/')}/event/"):
        raise ValueError("a source and another's topic")
    return source, sequence
