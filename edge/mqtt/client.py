"""The MQTT client of a gate as its settings want it: session, last will, TLS, credentials."""

from __future__ import annotations

import contextlib
import socket
import ssl
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.contract.messages import State
from edge.journal.outbox import Topics
from edge.keys.password import read_password
from edge.settings.delivery import PROTOCOLS, Broker

LARGEST_PACKET_BYTES = 65_536
"""Nothing longer is for a gate; an MQTT 5 broker does not even send it."""
CONNECT_S = 5.0
OFFLINE = State(state="offline").to_bytes()
"""The retained `state` of a gate that is gone."""
SUBSCRIBED = ("sync/ack", "sync/replay", "cmd/+")


def make_client(broker: Broker, topics: Topics, context: ssl.SSLContext | None) -> Client:
    """Build a client that has not connected yet; `context` is that of `[broker.tls]`.

    Raises:
        SettingsError: the password file is missing, wrong or open to everybody.
    """
    is_v5 = broker.protocol == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id(topics),
        clean_session=None if is_v5 else broker.session_expiry_s == 0,
        protocol=PROTOCOLS[broker.protocol],
        reconnect_on_failure=False,  # when to connect again is `edge.mqtt.connection`'s to say
    )
    client.connect_timeout = CONNECT_S
    client.max_inflight_messages_set(0)  # the window, and the order, are the publisher's
    client.will_set(
        f"{topics.root}/{State.topic}", OFFLINE, 1, True, _will(broker) if is_v5 else None
    )
    if context is not None:
        client.tls_set_context(context)
    if broker.username is not None:
        client.username_pw_set(broker.username, _password(broker.password_file))
    client.connect_async(
        broker.host,
        broker.port,
        broker.keepalive_s,
        clean_start=broker.session_expiry_s == 0,
        properties=_connect(broker) if is_v5 else None,
    )
    return client


def client_id(topics: Topics) -> str:
    """What a gate is called at the broker."""
    return f"egate-{topics.site}-{topics.device}"


def subscriptions(
    broker: Broker, root: str
) -> list[tuple[str, SubscribeOptions]] | list[tuple[str, int]]:
    """What a gate subscribes to: QoS 1, and the broker says of each message whether it retains it.

    Without the latter (MQTT 5 §3.8.3.1, Retain As Published) a retained order looks like any other
    to a gate that is there when it comes.
    """
    topics = [f"{root}/{name}" for name in SUBSCRIBED]
    if broker.protocol == "5":
        return [(topic, SubscribeOptions(qos=1, retainAsPublished=True)) for topic in topics]
    return [(topic, 1) for topic in topics]


def without_delay(found: object) -> None:
    """Send small packets at once: an MQTT acknowledgement is one, and much waits for it."""
    if isinstance(found, socket.socket):
        with contextlib.suppress(OSError):
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _password(file: Path | None) -> str | None:
    return None if file is None else read_password(file, "broker.password_file")


def _connect(broker: Broker) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = broker.session_expiry_s
    properties.MaximumPacketSize = LARGEST_PACKET_BYTES
    return properties


def _will(broker: Broker) -> Properties | None:
    properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
    properties.WillDelayInterval = broker.will_delay_s
    return properties
