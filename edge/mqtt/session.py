"""What a gate and its broker agree on whenever they connect, and what the broker refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import structlog
from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.contract.messages import BrokerHealth
from edge.errors import DeliveryError, SettingsError
from edge.keys.tls_credentials import Credentials
from edge.mqtt.client import LARGEST_PACKET_BYTES, subscriptions
from edge.mqtt.sender import Sender
from edge.mqtt.sync_orders import SyncOrders
from edge.settings.delivery import Broker

log = structlog.get_logger()


class Denials:
    """What the broker does not let this gate do: its access list, or the certificate, is wrong."""

    def __init__(self) -> None:
        self._found: dict[Literal["publish", "subscribe"], str] = {}

    def clear(self) -> None:
        """A connection begins."""
        self._found.clear()

    def note(self, operation: Literal["publish", "subscribe"], cause: str) -> None:
        """The broker refuses to let the gate `publish` or `subscribe`; it is logged once."""
        if self._found.get(operation) != cause:
            self._found[operation] = cause
            log.warning("broker_permission_denied", operation=operation, cause=cause)

    def note_limit(self, limit_bytes: int) -> None:
        """The broker accepts no packet beyond a limit, and events may be longer."""
        self._found["publish"] = f"passes on no more than {limit_bytes} bytes"
        log.warning("broker_packet_size_limited", limit_bytes=limit_bytes)

    def as_dict(self) -> dict[Literal["publish", "subscribe"], str]:
        """Causes, by operation."""
        return dict(self._found)


class Session:
    """Subscribes, announces and sends again on every connect: the broker may have forgotten all.

    Serves as the `edge.mqtt.connection.ConnectionUser` of a gate, in the thread of the connection;
    `is_open` and `health` may be read by any thread.  `changed` gets whether the broker is there.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # what a connection of a gate needs
        self,
        client: Client,
        broker: Broker,
        root: str,
        credentials: Credentials | None,
        sender: Sender,
        orders: SyncOrders,
        changed: Callable[[bool], None],
    ) -> None:
        self._client = client
        self._broker = broker
        self._root = root
        self._credentials = credentials
        self._sender = sender
        self._orders = orders
        self._changed = changed
        self._denials = Denials()
        self._is_open = False
        self._fault = ""
        """Why there is no connection, in a few words; empty while there is one."""
        self._logged: set[str] = set()
        """Causes that were logged since the last connection."""
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish

    @property
    def is_open(self) -> bool:
        """Whether the broker has accepted the gate on the connection there is."""
        return self._is_open

    def health(self) -> BrokerHealth:
        """What is known of the broker, for the `health` topic and the technician."""
        fault = "" if self._is_open else self._fault
        return BrokerHealth(connected=self._is_open, fault=fault, denied=self._denials.as_dict())

    def prepare(self) -> None:
        """Take a renewed certificate, and drop what paho would send again by itself."""
        self._sender.give_up()
        if self._credentials is not None:
            try:
                self._credentials.renew()
            except SettingsError as error:  # perhaps half renewed: the last good one goes on
                log.warning("certificate_renewal_failed", cause=str(error))

    def serve(self) -> None:
        """Report what was acknowledged, and send as much as may be on the way."""
        self._orders.report()
        if self._is_open:
            self._sender.send()

    def leave(self) -> None:
        """Say goodbye."""
        self._orders.report()
        self._sender.say_goodbye()

    def ended(self, cause: str) -> None:
        """Log each cause once, until the broker is there again."""
        was_open, self._is_open = self._is_open, False
        self._orders.report()
        if not cause:
            return
        self._fault = cause
        if cause not in self._logged:
            self._logged.add(cause)
            if was_open:
                log.warning("broker_connection_lost", cause=cause)
            else:
                log.warning("broker_connection_failed", cause=cause)
        if was_open:
            self._changed(False)

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            raise DeliveryError(f"it refuses the connection: {reason}")
        log.info("broker_connected", session="resumed" if flags.session_present else "new")
        self._denials.clear()
        passed = getattr(properties, "MaximumPacketSize", LARGEST_PACKET_BYTES)
        if passed < LARGEST_PACKET_BYTES:
            self._denials.note_limit(passed)
        self._client.subscribe(subscriptions(self._broker, self._root))
        self._orders.start_over()
        most = getattr(properties, "ReceiveMaximum", self._broker.inflight)
        self._sender.start_over(min(self._broker.inflight, most))
        self._fault = ""
        self._logged.clear()
        self._is_open = True
        self._changed(True)

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _: object
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._denials.note("subscribe", str(reason))

    def _on_publish(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _: object
    ) -> None:
        self._sender.confirmed(mid, taken=not reason.is_failure)
        if reason.is_failure:
            self._denials.note("publish", str(reason))
