"""Sends the outbox to the broker, again and again, until the central system has acknowledged.

Everything runs in the thread of a `edge.mqtt.connection.Connection`, many events on the way at a
time.  The gate never waits for it: it only calls `notify`, `announce`, `tell` and `answer`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.contract.answers import Answer
from edge.contract.message import Message
from edge.contract.messages import Announcement, BrokerHealth, Stall
from edge.errors import DamagedJournal
from edge.journal.outbox import Topics
from edge.keys.tls_credentials import Credentials
from edge.mqtt.backlog import OutboxReader
from edge.mqtt.client import make_client
from edge.mqtt.commands import ReceivedCommand, answer_topics
from edge.mqtt.connection import Connection
from edge.mqtt.incoming import Incoming
from edge.mqtt.notices import Notices
from edge.mqtt.sender import Sender
from edge.mqtt.session import Session
from edge.mqtt.sync_orders import SyncOrders
from edge.mqtt.window import Window
from edge.settings.delivery import Broker


@dataclass(frozen=True, slots=True)
class Listeners:
    """Whom the publisher tells; called from its thread."""

    acknowledged: Callable[[int], None]
    """The central system has stored everything up to this sequence."""
    refused: Callable[[str], None]
    """Something arrived that must not be obeyed; the text says what, not whose.

    The sender decides how often: report it through `edge.management.refusals`."""
    connected: Callable[[bool], None]
    damaged: Callable[[DamagedJournal], None]
    """The journal is not what was written: what waits cannot be sent, and the gate must end."""
    command: Callable[[ReceivedCommand], None]
    """The central system wants something; answer with `Publisher.answer`."""


def _chance() -> float:
    return int.from_bytes(os.urandom(4)) / 2**32


class Publisher:
    """Publishes one journal to one broker; `start` once, and `stop` also when it never started.

    `journal_id` is the chain that acknowledgements must mean.  `clock` is monotonic; `chance`
    gives numbers from 0 to 1, which the pauses between two connections are drawn by.

    Raises, on construction:
        SettingsError: a certificate, key or password file cannot be used, or the journal is
            damaged.
        DeliveryError: the journal cannot be read.
    """

    def __init__(  # noqa: PLR0913  # what a gate is to its broker
        self,
        journal: Path,
        topics: Topics,
        broker: Broker,
        listeners: Listeners,
        *,
        journal_id: str,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = _chance,
    ) -> None:
        self._root = topics.root
        self._notices = Notices()
        credentials = None if broker.tls is None else Credentials(broker.tls)
        context = None if credentials is None else credentials.context
        client = make_client(broker, topics, context)
        self._reader = OutboxReader(journal, clock, listeners.damaged)
        sender = Sender(client, topics, self._reader, self._notices, Window(clock))
        orders = SyncOrders(self._reader, journal_id, listeners.acknowledged)
        self._incoming = Incoming(self._root, orders, listeners.command, listeners.refused)
        client.on_message = lambda _client, _data, message: self._incoming.hear(message)
        self._session = Session(
            client, broker, self._root, credentials, sender, orders, listeners.connected
        )
        self._connection = Connection(client, self._session, clock, chance)

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._session.is_open

    def health(self) -> BrokerHealth:
        """What is known of the broker, for the `health` topic and the technician."""
        return self._session.health()

    @property
    def stall(self) -> Stall | None:
        """The event that everything waits behind, although it was sent often."""
        return self._reader.watch.stall

    def start(self) -> None:
        """Begin to connect and to send; returns at once."""
        self._connection.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Say goodbye and disconnect; whatever was not acknowledged stays in the outbox."""
        self._connection.stop(timeout_s)
        self._reader.close()

    def notify(self) -> None:
        """Something new is in the outbox."""
        self._reader.notify()
        self._connection.wake()

    def announce(self, announcement: Announcement) -> None:
        """Publish `info` or `health` or `state`, retained, now and on every connect."""
        self._notices.announce(f"{self._root}/{announcement.topic}", announcement.to_bytes())
        self._connection.wake()

    def tell(self, name: str, message: Message) -> None:
        """Publish once, not retained; lost when the broker is not there."""
        if self.connected:
            self._notices.say_once(f"{self._root}/{name}", message.to_bytes())
            self._connection.wake()

    def answer(self, command: ReceivedCommand, answer: Answer) -> None:
        """Answer a command on `cmd/{name}/response`, and where its sender wants it (MQTT 5)."""
        body = answer.to_bytes()
        for topic in answer_topics(self._root, command):
            self._notices.say_once(topic, body, command.correlation)
        self._connection.wake()
