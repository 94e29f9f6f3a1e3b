"""Settings to parts: the clock, the database, the client of the broker."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import structlog
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.contract.connection_faults import cause_of
from edge.contract.verification import LARGEST_EVENT_BYTES
from edge.errors import SettingsError
from edge.keys.password import read_password
from edge.keys.tls_credentials import Credentials
from edge.settings.delivery import PROTOCOLS
from tools.central.database import Database, StoreError
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
    """Connect to the store, which is made when it is not there.

    Raises:
        SettingsError: there is something else where it should be.
        StoreError: it cannot be reached now.
    """
    return Store(_database(settings), Limits(in_all=settings.intake.quarantine_messages))


def open_known_store(settings: Settings) -> Store:
    """Connect to a store that is there: who asks a question makes no database by a typing error.

    Raises:
        SettingsError: there is none, or something else.
        StoreError: it cannot be reached now.
    """
    if isinstance(settings.store, SqliteStore) and not settings.store.path.exists():
        raise SettingsError(
            f"`store.path`: there is no {settings.store.path} yet; `run` or `enroll` makes it"
        )
    return open_store(settings)


def _database(settings: Settings) -> Database:
    match settings.store:
        case SqliteStore(path=path):
            return Sqlite(path)
        case PostgresStore(conninfo=conninfo):
            from tools.central.postgres import Postgres  # noqa: PLC0415  # the extra `central`

            return Postgres(conninfo)


def client_of(broker: Broker, role: str, name: str, *, manual_ack: bool = False) -> Client:
    """A client that is not connected yet, with the certificate of its role.

    Raises:
        SettingsError: a certificate, key or password cannot be used.
    """
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"{broker.client_id}-{name}",
        protocol=PROTOCOLS[broker.protocol],
        manual_ack=manual_ack,
    )
    outage = Outage()

    def reached(*_: object) -> None:
        outage.end()

    client.on_connect_fail = lambda *_: _log_unreachable(outage)
    client.on_socket_open = reached
    client.reconnect_delay_set(1, 10)
    client.connect_timeout = 5.0
    tls = broker.tls_of(role)
    if tls is not None:
        credentials = Credentials(tls)
        client.tls_set_context(credentials.context)
        client.on_pre_connect = lambda *_: _renew(credentials)
    if broker.username is not None:
        file = broker.password_file
        password = read_password(file, "broker.password_file") if file else None
        client.username_pw_set(broker.username, password)
    return client


class Outage:
    """What is tried again fails again: each cause counts once in a row."""

    def __init__(self) -> None:
        self._cause = ""

    def is_news(self, cause: str) -> bool:
        """It failed; whether for another cause than the last time."""
        is_news, self._cause = cause != self._cause, cause
        return is_news

    def end(self) -> bool:
        """It works; whether it failed before."""
        has_failed, self._cause = bool(self._cause), ""
        return has_failed


class StoreOutage:
    """Logs once that the store fails, for each cause, and that it works again."""

    def __init__(self) -> None:
        self._outage = Outage()

    def note(self, error: StoreError) -> None:
        """The store failed."""
        if self._outage.is_news(str(error)):
            log.warning("store_failed", cause=str(error))

    def end(self) -> None:
        """The store works."""
        if self._outage.end():
            log.info("store_recovered")


def _log_unreachable(outage: Outage) -> None:
    """Called by paho while it handles the exception, which it tells nobody."""
    error = sys.exception()
    cause = cause_of(error) if isinstance(error, Exception) else "no answer"
    if outage.is_news(cause):
        log.warning("broker_connection_failed", cause=cause)


def _renew(credentials: Credentials) -> None:
    """Take a renewed certificate for the next connection; a half renewed one is told."""
    try:
        credentials.renew()
    except SettingsError as error:
        log.warning("certificate_renewal_failed", cause=str(error))


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
