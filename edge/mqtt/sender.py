"""Publishes what waits: announcements and answers first, then the events of the outbox."""

from __future__ import annotations

import contextlib

from paho.mqtt.client import Client
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.contract.messages import State
from edge.errors import DeliveryError
from edge.journal.outbox import Topics
from edge.mqtt.backlog import OutboxReader
from edge.mqtt.client import OFFLINE
from edge.mqtt.notices import Notices, OutgoingMessage
from edge.mqtt.window import Window


class Sender:
    """Sends with QoS 1, in order, as many messages at a time as the window has room for.

    Belongs to the thread of the connection.
    """

    def __init__(
        self, client: Client, topics: Topics, reader: OutboxReader, notices: Notices, window: Window
    ) -> None:
        self._client = client
        self._topics = topics
        self._reader = reader
        self._notices = notices
        self._window = window
        self._events: dict[int, int] = {}
        """Sequences of the events on the way, by packet identifier."""
        self._goodbye: int | None = None

    def give_up(self) -> None:
        """Leave to outbox and notices what the last connection did not get through.

        Paho would send it again by itself, after everything new: an old `state` over a newer one.
        """
        self._client.drop_out_messages()
        self._notices.give_up()

    def start_over(self, most: int) -> None:
        """A connection is open: everything is due, and `most` may be on the way at a time."""
        self._window.open(most)
        self._events.clear()
        self._notices.start_over()
        self._reader.start_over()

    def send(self) -> None:
        """Send as much as may be on the way.

        Raises:
            DeliveryError: the broker confirms nothing; a new connection may help.
        """
        if self._window.is_stuck:
            raise DeliveryError("the broker confirms nothing")
        self._reader.resend_when_unheard()
        with contextlib.suppress(DeliveryError):  # it was logged, and is tried again
            while self._window.has_room:
                if (notice := self._notices.take()) is not None:
                    self._notices.sent(notice, self._publish(notice))
                elif (row := self._reader.next_row()) is not None:
                    event = OutgoingMessage(self._topics.event(row.type), row.body)
                    self._events[self._publish(event)] = row.sequence
                    self._reader.watch.sent(row.sequence)
                else:
                    break

    def say_goodbye(self) -> None:
        """Publish the state `offline`; once the broker has it, disconnect."""
        if self._goodbye is None:
            if self._window.has_room:
                topic = f"{self._topics.root}/{State.topic}"
                self._goodbye = self._publish(OutgoingMessage(topic, OFFLINE, retain=True))
        elif self._goodbye not in self._window:
            self._client.disconnect()

    def confirmed(self, identifier: int, *, taken: bool) -> None:
        """The broker has answered what was sent under an identifier; whether it has taken it."""
        self._window.confirm(identifier)
        self._notices.confirmed(identifier)
        sequence = self._events.pop(identifier, None)
        if taken and sequence is not None:
            self._reader.watch.delivered(sequence)

    def _publish(self, message: OutgoingMessage) -> int:
        properties = None
        if message.correlation:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.CorrelationData = message.correlation
        sent = self._client.publish(message.topic, message.body, 1, message.retain, properties)
        self._window.add(sent.mid)
        return sent.mid
