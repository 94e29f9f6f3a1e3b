"""A small central system for the virtual lane: verifies events, puts them in order, acknowledges.

It remembers nothing over a restart, so it begins with the oldest event a gate still has: the
gate's `info` names it and the gate's key, and a replay brings it.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from typing_extensions import override

from edge.contract.chain import ChainVerifier
from edge.contract.events import FIRST_HASH, hash_of
from edge.contract.json_object import JsonObject
from edge.contract.messages import Info
from edge.contract.signature import VerificationKeys
from edge.contract.sync import LARGEST_SEQUENCE, Acknowledgement, Replay
from edge.contract.verification import Fault, Finding, Genuine, verify_event
from edge.ports import Closeable
from edge.settings.delivery import PROTOCOLS
from tools.central.leaving import leave

KEPT = 5_000
"""Events remembered: about four hundred travellers."""
EARLY = 10_000
"""Events kept until those before them have come, of one gate."""


@dataclass(frozen=True, slots=True)
class Received:
    """One event as it came, each sequence once and in order."""

    sequence: int
    topic: str
    content: JsonObject


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a gate says of itself on every connect."""

    journal: str
    first_sequence: int
    keys: VerificationKeys

    @classmethod
    def read(cls, body: bytes | bytearray) -> Introduction:
        """Read `info`; ValueError when it is none."""
        info = Info.read(body)
        keys = VerificationKeys.of_jwks({"keys": list(info.keys)})
        return cls(info.journalid, info.first_sequence, keys)


class Ledger:
    """What is known of one chain of one gate."""

    def __init__(self, introduction: Introduction) -> None:
        self.introduction = introduction
        self.expected = introduction.first_sequence
        """The next sequence."""
        self.hash = FIRST_HASH
        """Of the event before that."""
        self.chain = ChainVerifier(introduction.keys)
        self.early: dict[int, tuple[str, bytes]] = {}


def _without_delay(_client: Client, _data: object, found: object) -> None:
    """Send small packets at once: much waits for an acknowledgement."""
    if isinstance(found, socket.socket):
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class VirtualCentral(Closeable):
    """Subscribes to every gate of a broker.  Thread-safe."""

    def __init__(
        self, host: str, port: int, protocol: str = "5", *, acknowledge: bool = True
    ) -> None:
        self._address = (host, port)
        self._acknowledge = acknowledge
        self._changed = threading.Condition()
        self._ledgers: dict[str, Ledger] = {}
        self._strangers: dict[str, list[tuple[str, bytes]]] = {}
        """Events of gates that have not introduced themselves yet, by source."""
        self.received: list[Received] = []
        self.duplicates = 0
        self.faults: list[str] = []
        """Broken chains, forgeries and unreadable messages, in words."""
        self.retained: dict[str, bytes] = {}
        """The newest state, info and health by topic."""
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="egate-central", protocol=PROTOCOLS[protocol]
        )
        self._client.reconnect_delay_set(1, 2)
        self._client.on_socket_open = _without_delay
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    @override
    def __enter__(self) -> Self:
        self._client.connect_async(*self._address, keepalive=15)
        self._client.loop_start()
        return self

    @override
    def close(self) -> None:
        leave(self._client)

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
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not reason.is_failure:
            root = "egate/v1/+/+"
            topics = [f"{root}/event/#", f"{root}/state", f"{root}/info", f"{root}/health"]
            client.subscribe([(topic, 1) for topic in topics])

    def _on_message(self, client: Client, _data: object, message: MQTTMessage) -> None:
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
        source = f"/{root}"
        try:
            introduction = Introduction.read(info.payload)
        except ValueError:
            self.faults.append(f"unreadable message on {info.topic}")
            return
        ledger = self._ledgers.get(source)
        if ledger is None or ledger.introduction.journal != introduction.journal:
            ledger = self._ledgers[source] = Ledger(introduction)
            for topic, body in self._strangers.pop(source, []):
                self._file(ledger, topic, body)
        wanted = Replay.between(ledger.expected, LARGEST_SEQUENCE)
        client.publish(f"{root}/sync/replay", wanted.to_bytes(), qos=1)

    def _take(self, client: Client, message: MQTTMessage) -> None:
        source = f"/{message.topic.partition('/event/')[0]}"
        ledger = self._ledgers.get(source)
        if ledger is None:
            waiting = self._strangers.setdefault(source, [])
            waiting.append((message.topic, bytes(message.payload)))
            del waiting[:-EARLY]
            return
        self._file(ledger, message.topic, bytes(message.payload))
        if self._acknowledge and ledger.hash != FIRST_HASH:
            stored = Acknowledgement(
                journal=ledger.introduction.journal, sequence=ledger.expected - 1, hash=ledger.hash
            )
            client.publish(f"{source.removeprefix('/')}/sync/ack", stored.to_bytes(), qos=1)

    def _file(self, ledger: Ledger, topic: str, body: bytes) -> None:
        """Keep what is genuine and of this chain until its turn has come."""
        found = verify_event(body, ledger.introduction.keys)
        if isinstance(found, Finding):
            self.faults.append(f"{found.fault.value} on {topic}: {found.detail}")
        elif not _belongs(found, ledger, topic):
            self.faults.append(f"an event of another gate or journal on {topic}")
        elif found.sequence < ledger.expected:
            self.duplicates += 1
            forks = [f for f in ledger.chain.take(body) if f.fault is Fault.FORK]
            self.faults += [f"fork at {fork.sequence}: {fork.detail}" for fork in forks]
        elif len(ledger.early) < EARLY:
            ledger.early[found.sequence] = (topic, body)
            self._advance(ledger)

    def _advance(self, ledger: Ledger) -> None:
        while ledger.expected in ledger.early:
            topic, body = ledger.early.pop(ledger.expected)
            self.faults += [
                f"{finding.fault.value} at {finding.sequence}: {finding.detail}"
                for finding in ledger.chain.take(body)
            ]
            ledger.hash = hash_of(body)
            self.received.append(Received(ledger.expected, topic, json.loads(body)))
            del self.received[:-KEPT]
            ledger.expected += 1


def _belongs(found: Genuine, ledger: Ledger, topic: str) -> bool:
    """A gate speaks for itself only, and of the journal it has introduced."""
    root = found.event.source.removeprefix("/")
    family, _, name = found.event.type.removeprefix("int.egate.").partition(".")
    return (
        topic == f"{root}/event/{family}/{name}"
        and found.event.journalid == ledger.introduction.journal
    )
