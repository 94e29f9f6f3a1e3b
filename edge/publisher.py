"""Sends the outbox to the broker, again and again, until the central system has acknowledged.

A thread of its own reads the outbox and publishes; paho-mqtt runs the network in another.  The gate
never waits for either: it only calls `notify`.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.errors import DeliveryError
from edge.outbox import Outbox, Row, Topics

WINDOW = 100
"""Messages handed to paho and not yet confirmed by the broker, at most."""
LARGEST_SYNC_BYTES = 4096
LARGEST_COMMAND_BYTES = 16384
COMMAND_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
LONGEST_TOPIC = 256
NO_TOPIC = frozenset("+#\0")
RESEND_AFTER_S = 15.0
LONGEST_RESEND_S = 600.0
PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Command:
    """A message on `cmd/{name}` as it arrived: nothing of it is verified."""

    name: str
    payload: bytes = field(repr=False)
    retained: bool
    """A retained command is never obeyed; it is handed on so that it can be answered."""
    response_topic: str = ""
    """MQTT 5: where the sender wants the answer as well; empty when it did not say."""
    correlation: bytes = field(default=b"", repr=False)
    """MQTT 5: goes back with the answer."""


def _ignore(_: Command) -> None:
    """Nobody takes commands."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Whom the publisher tells; called from its threads."""

    acknowledged: Callable[[int], None]
    """The central system has stored everything up to this sequence."""
    refused: Callable[[str], None] = field(default=lambda _: None)
    """Something arrived that must not be obeyed; the text says what, not whose."""
    connected: Callable[[bool], None] = field(default=lambda _: None)
    command: Callable[[Command], None] = field(default=_ignore)
    """The central system wants something; answer with `Publisher.answer`."""


class Publisher:
    """Publishes one journal to one broker; `start` and `stop` once."""

    def __init__(
        self,
        journal: Path,
        topics: Topics,
        broker: tuple[str, int],
        protocol: str,
        listeners: Listeners,
    ) -> None:
        self._journal = journal
        self._topics = topics
        self._broker = broker
        self._listeners = listeners
        self._announcements: dict[str, bytes] = {}
        self._wake = threading.Event()
        self._anew = threading.Event()
        """Set on every connect: what is not acknowledged is sent from its beginning."""
        self._stopping = False
        self._sent = 0
        self._highest_sent = 0
        self._acknowledged = 0
        self._replays: deque[tuple[int, int]] = deque(maxlen=16)
        self._progress_s = time.monotonic()
        self._resend_s = RESEND_AFTER_S
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._client = self._make_client(protocol)

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._client.is_connected()

    def start(self) -> None:
        """Begin to connect and to send; returns at once."""
        self._client.connect_async(*self._broker, keepalive=15)
        self._client.loop_start()
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Say goodbye and disconnect; whatever was not acknowledged stays in the outbox."""
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout_s)
        if self.connected:
            farewell = self._publish_state("offline")
            try:
                farewell.wait_for_publish(timeout_s)
            except (RuntimeError, ValueError):
                log.info("broker", detail="left before the farewell")
        self._client.disconnect()
        self._client.loop_stop()

    def notify(self) -> None:
        """Something new is in the outbox."""
        self._wake.set()

    def announce(self, name: str, content: Mapping[str, Any]) -> None:
        """Publish `info` or `health` or `state`, retained, now and on every connect."""
        self._announcements[name] = json.dumps(content, sort_keys=True).encode()
        if self.connected:
            self._client.publish(f"{self._topics.root}/{name}", self._announcements[name], 1, True)

    def answer(self, command: Command, content: Mapping[str, Any]) -> None:
        """Answer a command on `cmd/{name}/response`, and where its sender wants it (MQTT 5)."""
        body = json.dumps(content, sort_keys=True).encode()
        properties = None
        if command.correlation:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.CorrelationData = command.correlation
        own = f"{self._topics.root}/cmd/{command.name}/response"
        for topic in dict.fromkeys((own, command.response_topic)):
            if topic == own or _is_below(own, topic):
                self._client.publish(topic, body, 1, properties=properties)

    def _make_client(self, protocol: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"egate-{self._topics.site}-{self._topics.device}",
            protocol=PROTOCOLS[protocol],
        )
        client.will_set(f"{self._topics.root}/state", b'{"state": "offline"}', 1, True)
        client.reconnect_delay_set(1, 30)
        client.max_inflight_messages_set(20)  # what MQTT 5 brokers commonly bear
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _publish_state(self, state: str) -> MQTTMessageInfo:
        body = json.dumps({"state": state}).encode()
        return self._client.publish(f"{self._topics.root}/state", body, 1, True)

    def _on_connect(
        self,
        client: Client,
        _data: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        """Subscribe, announce and send anew on every connect: the broker may have forgotten all."""
        if reason.is_failure:
            log.warning("broker", detail=f"refused the connection: {reason}")
            return
        log.info("broker", detail="connected")
        client.subscribe(
            [(f"{self._topics.root}/{name}", 1) for name in ("sync/ack", "sync/replay", "cmd/+")]
        )
        for name, content in list(self._announcements.items()):
            client.publish(f"{self._topics.root}/{name}", content, 1, True)
        self._anew.set()
        self._listeners.connected(True)
        self._wake.set()

    def _on_disconnect(
        self,
        _client: Client,
        _data: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not self._stopping:
            log.warning("broker", detail=f"lost: {reason}")
        self._listeners.connected(False)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        family, _, name = message.topic.removeprefix(f"{self._topics.root}/").partition("/")
        if family == "cmd":
            self._hand_on(name, message)
            return
        name = message.topic.removeprefix(f"{self._topics.root}/sync/")
        try:
            self._obey(name, _content(message))
        except ValueError as error:
            self._listeners.refused(f"sync/{name}: {error}")

    def _hand_on(self, name: str, message: MQTTMessage) -> None:
        if not COMMAND_NAME.fullmatch(name):
            self._listeners.refused("cmd: no name of a command")
        elif len(message.payload) > LARGEST_COMMAND_BYTES:
            self._listeners.refused("cmd: too large")
        else:
            properties = message.properties
            command = Command(
                name,
                bytes(message.payload),
                message.retain,
                getattr(properties, "ResponseTopic", ""),
                getattr(properties, "CorrelationData", b""),
            )
            self._listeners.command(command)

    def _obey(self, name: str, content: dict[str, Any]) -> None:
        if name == "ack":
            sequence = _sequence(content, "sequence")
            if sequence > self._highest_sent:
                raise ValueError("acknowledges what was never sent")
            if sequence > self._acknowledged:
                self._acknowledged = sequence
                self._progress_s, self._resend_s = time.monotonic(), RESEND_AFTER_S
                self._listeners.acknowledged(sequence)
        else:
            first, last = _sequence(content, "from"), _sequence(content, "to")
            if not 0 < first <= last:
                raise ValueError("asks for an impossible range")
            if first <= self._highest_sent:
                self._replays.append((first, min(last, self._highest_sent)))
        self._wake.set()

    def _run(self) -> None:
        with Outbox(self._journal) as outbox:
            first = outbox.first_waiting()
            self._acknowledged = self._sent = (first or 1) - 1
            while not self._stopping:
                self._wake.wait(timeout=1.0)
                self._wake.clear()
                try:
                    self._send_all(outbox)
                except DeliveryError as error:
                    log.warning("outbox", detail=str(error))

    def _send_all(self, outbox: Outbox) -> None:
        window: deque[MQTTMessageInfo] = deque()
        if self._anew.is_set():
            self._anew.clear()
            self._sent = self._acknowledged
        while self.connected and not self._stopping and self._replays:
            first, last = self._replays.popleft()
            self._send(self._page(outbox.between, first, last), window)
        self._resend_when_unheard()
        while self.connected and not self._stopping and not self._anew.is_set():
            rows = outbox.waiting(after=max(self._sent, self._acknowledged), limit=WINDOW)
            if not rows:
                break
            self._send(rows, window)

    def _page(self, between: Callable[[int, int], list[Row]], first: int, last: int) -> list[Row]:
        """One window of a replay; the rest goes back to the front."""
        end = min(last, first + WINDOW - 1)
        if end < last:
            self._replays.appendleft((end + 1, last))
        return between(first, end)

    def _send(self, rows: list[Row], window: deque[MQTTMessageInfo]) -> None:
        for row in rows:
            while len(window) >= WINDOW and self.connected and not self._stopping:
                _settle(window)
            if not self.connected or self._stopping or self._anew.is_set():
                return
            window.append(self._client.publish(self._topics.event(row.type), row.body, qos=1))
            self._sent = max(self._sent, row.sequence)
            self._highest_sent = max(self._highest_sent, row.sequence)

    def _resend_when_unheard(self) -> None:
        """Begin anew, ever more patiently, when the central system stays silent."""
        if self._sent <= self._acknowledged:
            self._progress_s = time.monotonic()
        elif time.monotonic() - self._progress_s > self._resend_s:
            self._sent = self._acknowledged
            self._progress_s = time.monotonic()
            self._resend_s = min(self._resend_s * 2, LONGEST_RESEND_S)


def _settle(window: deque[MQTTMessageInfo]) -> None:
    """Wait, not for long, until the broker has confirmed the oldest message."""
    try:
        window[0].wait_for_publish(0.2)
    except (RuntimeError, ValueError):
        window.popleft()
        return
    while window and window[0].is_published():
        window.popleft()


def _content(message: MQTTMessage) -> dict[str, Any]:
    if message.retain:
        raise ValueError("retained")
    if len(message.payload) > LARGEST_SYNC_BYTES:
        raise ValueError("too large")
    try:
        content = json.loads(message.payload)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004  # one kind of refusal
    return content


def _is_below(own: str, topic: str) -> bool:
    """Whether a sender may have its answer there: below the topic of the answers, nowhere else.

    Who may only send commands must not make a gate publish elsewhere: what it answers on `sync/ack`
    or `cmd/release` would come back to it, or to another, as a message of its own.
    """
    return topic.startswith(f"{own}/") and len(topic) <= LONGEST_TOPIC and not NO_TOPIC & {*topic}


def _sequence(content: Mapping[str, Any], key: str) -> int:
    value = content.get(key)
    if type(value) is not int or value < 0:
        raise ValueError(f"`{key}` is not a sequence")
    return value
