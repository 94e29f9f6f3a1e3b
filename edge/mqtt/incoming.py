"""What the broker delivers to a gate: commands are handed on, `sync/` orders are obeyed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import structlog
from paho.mqtt.client import MQTTMessage

from edge.contract import sync
from edge.errors import DeliveryError
from edge.mqtt.commands import ReceivedCommand, read_command
from edge.mqtt.sync_orders import SyncOrders

log = structlog.get_logger()


class Incoming:
    """Hears every message on the topics below `root`; belongs to the thread of the connection.

    `command` gets each command, unverified.  `refused` gets, in words of our own, why a message
    was not obeyed.
    """

    def __init__(
        self,
        root: str,
        orders: SyncOrders,
        command: Callable[[ReceivedCommand], None],
        refused: Callable[[str], None],
    ) -> None:
        self._root = root
        self._orders = orders
        self._command = command
        self._refused = refused

    def hear(self, message: MQTTMessage) -> None:
        """Take one message; an exception would end the connection, and the message come again."""
        try:
            family, _, name = message.topic.removeprefix(f"{self._root}/").partition("/")
            if family == "cmd":
                self._command(read_command(name, message))
            else:
                payload, retained = bytes(message.payload), message.retain
                self._orders.obey(sync.read(name, payload, retained=retained))
        except ValueError as error:  # UnicodeDecodeError as well: anybody may choose a topic
            self._refused(f"{_place(message)}: {_plain(error)}")
        except DeliveryError as error:  # what stays is sent again, and acknowledged again
            log.warning("outbox_read_failed", cause=str(error))
        except Exception:  # whatever it was, it is not obeyed
            log.exception("message_handling_failed")
            self._refused("a message the gate could not handle")


def _place(message: MQTTMessage) -> str:
    """Where a message came: one of the topics this gate subscribed to, in its own words."""
    with contextlib.suppress(UnicodeDecodeError):
        for place in ("sync/ack", "sync/replay", "cmd"):
            if f"/{place}" in message.topic:
                return place
    return "another topic"


def _plain(error: ValueError) -> str:
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
