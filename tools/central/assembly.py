"""Settings to parts: the clock, the database, the client of the broker."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import structlog
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.broker_link import cause_of
from edge.errors import SettingsError
from edge.mqtt import PROTOCOLS, Credentials
from edge.verification import LARGEST_EVENT_BYTES
from tools.central.database import Database
from tools.central.quarantine import Limits
from tools.central.settings import Broker, PostgresStore, Settings, SqliteStore
from tools.central.sqlite import Sqlite
from tools.central.store import Store

KEEPALIVE_S = 15
TOPIC_BYTES = 1024

log = structlog.get_logger()


def now() -> datetime:
    """The clock of the central side."""
    return datetime.now(UTC)  # noqa: TID251  # here it is injected from


def open_store(settings: Settings) -> Store:
    """Connect to the store.

    Raises:
        SettingsError: there is something else where it should be.
        StoreError: it cannot be reached now.
    """
    return Store(_database(settings), Limits(in_all=settings.intake.quarantine_messages))


def _database(settings: Settings) -> Database:
    match settings.store:
        case SqliteStore(path=path):
            return Sqlite(path)
        case PostgresStore(conninfo=conninfo):
            from tools.central.postgres import Postgres  # noqa: PLC0415  # the extra `central`

            return Postgres(conninfo)


def client_of(broker: Broker, role: str, *, manual_ack: bool = False) -> Client:
    """A client that is not connected yet.

    Raises:
        SettingsError: a certificate, key or password cannot be used.
    """
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"{broker.client_id}-{role}",
        protocol=PROTOCOLS[broker.protocol],
        manual_ack=manual_ack,
    )
    complaints = _Complaints()
    client.on_connect_fail = complaints.hear
    client.on_socket_open = complaints.forget
    client.reconnect_delay_set(1, 10)
    client.connect_timeout = 5.0
    try:
        if broker.tls is not None:
            credentials = Credentials(broker.tls)
            client.tls_set_context(credentials.context)
            client.on_pre_connect = lambda *_: _renew(credentials)
        if broker.username is not None:
            file = broker.password_file
            password = file.read_text(encoding="utf-8").strip() if file else None
            client.username_pw_set(broker.username, password)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"`[broker]`: {error}") from error
    return client


class _Complaints:
    """Says why the broker cannot be reached, each cause once in a row."""

    def __init__(self) -> None:
        self._told = ""

    def hear(self, *_: object) -> None:
        """Called by paho while it handles the exception, which it tells nobody."""
        error = sys.exception()
        cause = cause_of(error) if isinstance(error, Exception) else "no answer"
        if cause != self._told:
            self._told = cause
            log.warning("broker", detail=f"cannot be reached: {cause}")

    def forget(self, *_: object) -> None:
        """It was reached."""
        self._told = ""


def _renew(credentials: Credentials) -> None:
    """Take a renewed certificate for the next connection; a half renewed one is told."""
    try:
        credentials.renew()
    except SettingsError as error:
        log.warning("broker", detail=str(error))


def connect(client: Client, broker: Broker, receive_maximum: int) -> None:
    """Begin to connect, for as long as it takes; what arrives calls the client's `on_...`.

    The session ends with the connection: what waits for us waits at the gates, where it is safe,
    and not at the broker, where it is not.
    """
    if broker.protocol == "5":
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = receive_maximum
        properties.MaximumPacketSize = LARGEST_EVENT_BYTES + TOPIC_BYTES
        properties.SessionExpiryInterval = 0
        client.connect_async(
            broker.host, broker.port, KEEPALIVE_S, clean_start=True, properties=properties
        )
    else:
        client.connect_async(broker.host, broker.port, KEEPALIVE_S)
    client.loop_start()
