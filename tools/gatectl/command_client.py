"""Sends one command to a gate and hears its answers."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from typing_extensions import override

from edge.contract.answers import Answer
from edge.contract.connection_faults import loss_of
from edge.errors import DeliveryError
from edge.keys.tls_credentials import Credentials
from edge.ports import Closeable
from edge.settings.delivery import PROTOCOLS, Tls
from tools.central.leaving import leave

CONNECT_S = 10.0
LAST = frozenset({"done", "rejected", "failed"})


@dataclass(frozen=True, slots=True)
class Address:
    """A broker, and how to speak with it."""

    host: str
    port: int
    protocol: str = "5"
    tls: Tls | None = None
    username: str | None = None
    password: str | None = None


class CommandClient(Closeable):
    """A client of the broker while entered; `root` is the gate's, `egate/v1/site/device`.

    Raises, on entering and by `send`:
        DeliveryError: the broker is not there, lets nobody in, or does not let us command.
    """

    def __init__(self, address: Address, root: str, name: str) -> None:
        self._address = address
        self._where = f"the broker {address.host}:{address.port}"
        self._topic = f"{root}/cmd/{name}"
        self._entered = False
        self.unread = ""
        """What was wrong with the last that came and is no answer: of a later version perhaps."""
        self._events: queue.Queue[Answer | str] = queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=PROTOCOLS[address.protocol])
        if address.tls is not None:
            self._client.tls_set_context(Credentials(address.tls).context)
        if address.username is not None:
            self._client.username_pw_set(address.username, address.password)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_disconnect = self._on_disconnect

    @override
    def __enter__(self) -> Self:
        try:
            self._client.connect(self._address.host, self._address.port)
        except OSError as error:
            raise DeliveryError(f"{self._where}: {error.strerror or error}") from error
        self._client.loop_start()
        try:
            found = self._events.get(timeout=CONNECT_S)
        except queue.Empty:
            found = "does not answer"
        if found != "":
            self.close()
            raise DeliveryError(f"{self._where} {found}")
        self._entered = True
        return self

    @override
    def close(self) -> None:
        leave(self._client)

    def send(self, number: str, token: str, timeout_s: float) -> Iterator[Answer]:
        """Publish a command; yield its answers until the last, or until the time is over.

        A gate that does not believe the signature answers without an id: that may be ours.
        """
        properties = None
        if self._address.protocol == "5":
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.CorrelationData = number.encode()
            properties.MessageExpiryInterval = 300
        self._client.publish(self._topic, token, qos=1, properties=properties)
        deadline_s = time.monotonic() + timeout_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            try:
                found = self._events.get(timeout=left_s)
            except queue.Empty:
                return
            if isinstance(found, str):
                raise DeliveryError(f"{self._where} {found}")
            if found.id in {number, None}:
                yield found
                if found.status in LAST:
                    return

    def _on_connect(
        self, client: Client, _data: object, _flags: object, reason: ReasonCode, _: object
    ) -> None:
        if reason.is_failure:
            self._events.put(f"refuses the connection: {reason}")
        else:
            client.subscribe(f"{self._topic}/response", 1)

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _: object
    ) -> None:
        failed = [str(reason) for reason in reasons if reason.is_failure]
        self._events.put(f"refuses to subscribe: {failed[0]}" if failed else "")

    def _on_publish(
        self, _client: Client, _data: object, _mid: int, reason: ReasonCode, _: object
    ) -> None:
        """With MQTT 3.1.1 a broker does not tell what it refuses."""
        if reason.is_failure:
            self._events.put(f"refuses the command: {reason}; see its access list")

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: object, reason: ReasonCode, _: object
    ) -> None:
        if reason.is_failure:
            advice = "" if self._entered else "; does it speak this MQTT, and TLS? a certificate?"
            self._events.put(f"does not stay: {loss_of(reason)}{advice}")

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            self._events.put(Answer.read(message.payload))
        except ValueError as error:
            self.unread = str(error)
