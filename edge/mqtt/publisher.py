"""Sends the outbox to the broker, again and again, until the central system has acknowledged.

Everything here runs in the thread of a `edge.mqtt.loop.BrokerLoop`, many events on the way at a
time.  The gate never waits for it: it only calls `notify`, `announce`, `tell` and `answer`.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.contract import sync
from edge.contract.connection_faults import loss_of
from edge.errors import DeliveryError, SettingsError
from edge.journal.outbox import Topics
from edge.keys.tls_credentials import Credentials
from edge.mqtt import client as mqtt
from edge.mqtt.backlog import OutboxReader
from edge.mqtt.link import Link
from edge.mqtt.loop import BrokerLoop
from edge.mqtt.notices import Notices, OutgoingMessage
from edge.settings.delivery import Broker

LARGEST_COMMAND_BYTES = 16_384
COMMAND_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
LONGEST_TOPIC = 256
NO_TOPIC = frozenset("+#\0")
STUCK_S = 60.0
"""A broker that confirms nothing for so long, and still answers pings, is left and tried anew."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """A message on `cmd/{name}` as it arrived: nothing of it is verified."""

    name: str
    payload: bytes = field(repr=False)
    retained: bool
    """A retained command is never obeyed; it is handed on so that it can be answered."""
    response_topic: str = ""
    """MQTT 5: where the sender wants the answer as well; empty when it did not say."""
    correlation: bytes = field(default=b"", repr=False)
    """MQTT 5: goes back with the answer."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Whom the publisher tells; called from its thread."""

    acknowledged: Callable[[int], None]
    """The central system has stored everything up to this sequence."""
    refused: Callable[[str], None]
    """Something arrived that must not be obeyed; the text says what, not whose.

    Whoever sends it decides how often: tell through `edge.management.refusals`."""
    connected: Callable[[bool], None]
    command: Callable[[ReceivedCommand], None]
    """The central system wants something; answer with `Publisher.answer`."""


class Publisher:
    """Publishes one journal to one broker; `start` and `stop` once.

    `journal_id` is the chain that acknowledgements must mean.
    Without a `loop` the publisher has one of its own.

    Raises, on construction:
        SettingsError: a certificate, key or password file cannot be used.
    """

    def __init__(  # noqa: PLR0913  # what a gate is to its broker
        self,
        journal: Path,
        topics: Topics,
        broker: Broker,
        listeners: Listeners,
        *,
        journal_id: str,
        loop: BrokerLoop | None = None,
    ) -> None:
        self._path = journal
        self._topics = topics
        self._broker = broker
        self._listeners = listeners
        self._journal_id = journal_id
        self._loop, self._owns_loop = loop or BrokerLoop(), loop is None
        self._reader: OutboxReader | None = None
        self._link: Link | None = None
        self._notices = Notices()
        self._in_flight: set[int] = set()
        self._confirmed_s = 0.0
        """When the broker last confirmed anything, or nothing was on the way."""
        self._stored = 0
        """The highest acknowledgement that was not told yet."""
        self._window = broker.inflight
        self._open = self._stopping = self._told_of_another = False
        self._farewell: int | None = None
        self._gone = threading.Event()
        self._denied: dict[str, str] = {}
        self._credentials = None if broker.tls is None else Credentials(broker.tls)
        context = None if self._credentials is None else self._credentials.context
        self._client = mqtt.make_client(broker, topics, context)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._open

    def health(self) -> dict[str, Any]:
        """What is known of the broker, for the `health` topic and the technician."""
        fault = "" if self._open or self._link is None else self._link.fault
        return {"connected": self._open, "fault": fault, "denied": dict(self._denied)}

    def start(self) -> None:
        """Begin to connect and to send; returns at once.

        Raises:
            DeliveryError: the journal cannot be read.
        """
        self._reader = OutboxReader(self._path, self._loop.clock)
        self._link = self._loop.add(self._client, self)
        if self._owns_loop:
            self._loop.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Say goodbye and disconnect; whatever was not acknowledged stays in the outbox."""
        if self._link is None or self._reader is None:
            return
        self._stopping = True
        self._link.leaving = True
        if self._open:
            self._loop.wake(self._link)
            self._gone.wait(timeout_s)
        self._loop.remove(self._link)
        if self._owns_loop:
            self._loop.stop(timeout_s)
        self._reader.close()

    def notify(self) -> None:
        """Something new is in the outbox."""
        if self._reader is not None and self._link is not None:
            self._reader.notify()
            self._loop.wake(self._link)

    def announce(self, name: str, content: Mapping[str, Any]) -> None:
        """Publish `info` or `health` or `state`, retained, now and on every connect."""
        body = json.dumps(content, sort_keys=True).encode()
        self._notices.announce(f"{self._topics.root}/{name}", body)
        if self._link is not None:
            self._loop.wake(self._link)

    def tell(self, name: str, content: Mapping[str, Any]) -> None:
        """Publish once, not retained; lost when the broker is not there."""
        if self._open and self._link is not None:
            body = json.dumps(content, sort_keys=True).encode()
            self._notices.say_once(f"{self._topics.root}/{name}", body)
            self._loop.wake(self._link)

    def answer(self, command: ReceivedCommand, content: Mapping[str, Any]) -> None:
        """Answer a command on `cmd/{name}/response`, and where its sender wants it (MQTT 5)."""
        body = json.dumps(content, sort_keys=True).encode()
        own = f"{self._topics.root}/cmd/{command.name}/response"
        for topic in dict.fromkeys((own, command.response_topic)):
            if topic == own or _is_below(own, topic):
                self._notices.say_once(topic, body, command.correlation)
        if self._link is not None:
            self._loop.wake(self._link)

    def before_connect(self) -> None:
        """Take a renewed certificate; leave to the outbox what the last connection left undone.

        Paho would send it again by itself, after everything new: an old `state` over a newer one.
        """
        self._client.drop_out_messages()
        self._in_flight.clear()
        self._notices.give_up()
        if self._credentials is not None:
            try:
                self._credentials.renew()
            except SettingsError as error:  # perhaps half renewed: the last good one goes on
                log.warning("broker", detail=str(error))

    def serve(self) -> None:
        """Send as much as may be on the way at a time."""
        if self._stored:  # once for all that came together
            self._listeners.acknowledged(self._stored)
            self._stored = 0
        if not self._open or self._reader is None:
            return
        if self._stopping:
            self._take_leave()
            return
        if self._is_stuck() and self._link is not None:
            log.warning("broker", detail="confirms nothing any more: tried anew")
            self._link.cut()
            return
        self._reader.resend_when_unheard()
        with contextlib.suppress(DeliveryError):  # it was told, and is tried again
            self._send(self._reader)

    def _send(self, reader: OutboxReader) -> None:
        while len(self._in_flight) < self._window:
            if (notice := self._notices.take()) is not None:
                self._notices.sent(notice, self._publish(notice))
            elif (row := reader.next_row()) is not None:
                self._publish(OutgoingMessage(self._topics.event(row.type), row.body))
            else:
                break

    def _is_stuck(self) -> bool:
        now_s = self._loop.clock()
        if not self._in_flight:
            self._confirmed_s = now_s
        return now_s - self._confirmed_s > STUCK_S

    def _publish(self, message: OutgoingMessage) -> int:
        properties = None
        if message.correlation and self._broker.protocol == "5":
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.CorrelationData = message.correlation
        sent = self._client.publish(message.topic, message.body, 1, message.retain, properties)
        self._in_flight.add(sent.mid)
        return sent.mid

    def _take_leave(self) -> None:
        if self._farewell is None:
            topic = f"{self._topics.root}/state"
            self._farewell = self._publish(
                OutgoingMessage(topic, mqtt.state("offline"), retain=True)
            )
        elif self._farewell not in self._in_flight:
            self._client.disconnect()

    def _on_connect(
        self,
        client: Any,
        _data: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        """Subscribe, announce and send anew on every connect: the broker may have forgotten all."""
        if reason.is_failure:
            log.warning("broker", detail=f"refused the connection: {reason}")
            return
        known = "the session is known" if flags.session_present else "a new session"
        log.info("broker", detail=f"connected; {known}")
        most = getattr(properties, "ReceiveMaximum", self._broker.inflight)
        self._window = min(self._broker.inflight, most)
        self._denied.clear()
        passed = getattr(properties, "MaximumPacketSize", mqtt.LARGEST_PACKET_BYTES)
        if passed < mqtt.LARGEST_PACKET_BYTES:
            self._deny("publish", f"passes on no more than {passed} bytes")
        self._told_of_another = False
        how = mqtt.attentive(self._broker)
        client.subscribe(
            [(f"{self._topics.root}/{name}", how) for name in ("sync/ack", "sync/replay", "cmd/+")]
        )
        self._notices.begin_anew()
        if self._reader is not None:
            self._reader.begin_anew()
        if self._link is not None:
            self._link.fault = ""
        self._open = True
        self._listeners.connected(True)

    def _on_disconnect(
        self,
        _client: Any,
        _data: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        was_open, self._open = self._open, False
        if self._stopping:
            self._gone.set()
            return
        if self._link is not None:
            self._link.fault = self._link.fault or loss_of(reason)
            if was_open:
                log.warning("broker", detail=f"lost: {self._link.fault}")
        if was_open:
            self._listeners.connected(False)

    def _on_publish(
        self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Any
    ) -> None:
        self._in_flight.discard(mid)
        self._notices.confirmed(mid)
        self._confirmed_s = self._loop.clock()
        if reason.is_failure:
            self._deny("publish", str(reason))

    def _on_subscribe(
        self, _client: Any, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._deny("subscribe", str(reason))

    def _deny(self, what: str, why: str) -> None:
        """The broker does not let this gate do its work: its ACL, or the certificate, is wrong."""
        if self._denied.get(what) != why:
            self._denied[what] = why
            log.warning("broker", detail=f"refuses to {what}: {why}")

    def _on_message(self, _client: Any, _data: Any, message: MQTTMessage) -> None:
        """An exception here would cut the connection, and the broker would send this again."""
        try:
            family, _, name = message.topic.removeprefix(f"{self._topics.root}/").partition("/")
            if family == "cmd":
                self._hand_on(name, message)
            else:
                self._obey(sync.read(name, bytes(message.payload), retained=message.retain))
        except ValueError as error:  # UnicodeDecodeError as well: topics are anybody's
            self._listeners.refused(f"{_place(message)}: {_plain(error)}")
        except DeliveryError as error:  # what stays is sent again, and acknowledged again
            log.warning("outbox", detail=str(error))
        except Exception:  # whatever it was, it is not obeyed
            log.exception("broker")
            self._listeners.refused("a message the gate could not handle")

    def _tell_of_another(self) -> None:
        """Once a connection: whoever acknowledges does so for every event."""
        if not self._told_of_another:
            self._told_of_another = True
            log.info("broker", detail="an acknowledgement of another journal is not ours")

    def _hand_on(self, name: str, message: MQTTMessage) -> None:
        if not COMMAND_NAME.fullmatch(name):
            raise ValueError("no name of a command")
        if len(message.payload) > LARGEST_COMMAND_BYTES:
            raise ValueError("too large")
        properties = message.properties
        command = ReceivedCommand(
            name,
            bytes(message.payload),
            bool(message.retain),
            getattr(properties, "ResponseTopic", ""),
            getattr(properties, "CorrelationData", b""),
        )
        self._listeners.command(command)

    def _obey(self, order: sync.Order) -> None:
        if self._reader is None:
            return
        match order:
            case sync.Replay():
                self._reader.replay(order.first, order.last)
            case sync.Acknowledgement(journal=other) if other != self._journal_id:
                self._tell_of_another()
            case sync.Acknowledgement(sequence, _, digest):
                if self._reader.acknowledge(sequence, digest):
                    self._stored = sequence


def _is_below(own: str, topic: str) -> bool:
    """Whether a sender may have its answer there: below the topic of the answers, nowhere else.

    Who may only send commands must not make a gate publish elsewhere: what it answers on `sync/ack`
    or `cmd/release` would come back to it, or to another, as a message of its own.
    """
    return topic.startswith(f"{own}/") and len(topic) <= LONGEST_TOPIC and not NO_TOPIC & {*topic}


def _place(message: MQTTMessage) -> str:
    """Where a message came: one of the topics this gate subscribed to, in its own words."""
    with contextlib.suppress(UnicodeDecodeError):
        for place in ("sync/ack", "sync/replay", "cmd"):
            if f"/{place}" in message.topic:
                return place
    return "another topic"


def _plain(error: ValueError) -> str:
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
