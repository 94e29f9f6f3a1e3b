"""A worker: takes its share of the events, proves them, stores them, acknowledges.

The network runs in paho's thread and hands messages over in a queue; everything else is one thread.
The broker hears of a message (PUBACK), and the gate of its event (`sync/ack`), only after the
transaction that holds it is durable.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.contract.connection_faults import loss_of
from edge.contract.sync import Acknowledgement
from tools.central.admission import Admitted, admit
from tools.central.alarms import Alarms
from tools.central.assembly import StoreOutage, client_of, connect
from tools.central.database import StoreError
from tools.central.gate_name import source_of
from tools.central.leaving import leave
from tools.central.records import ChainKey, Event, Outcome, Position, Refusal, Refused
from tools.central.registry import Registry
from tools.central.settings import Settings
from tools.central.store import Store

EVENTS = "egate/v1/+/+/event/#"
IDLE_S = 0.2
RETRY_S = 1.0
ATTEMPTS = 2
"""So often a batch is tried as a whole; then one message after the other."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message, and the connection it came by."""

    topic: str
    body: bytes
    mid: int
    connection: int


class Worker:
    """One worker; `run` it in a thread or a process of its own.

    It calls `on_ready` whenever events begin to come: earlier ones may have been lost.

    Raises:
        SettingsError: a certificate, key or password cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        index: int,
        open_store: Callable[[], Store],
        clock: Callable[[], datetime],
        on_ready: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._trusting = settings.intake.trust_on_first_use
        self._open_store = open_store
        self._clock = clock
        self._on_ready = on_ready
        self._stop = threading.Event()
        self._arrivals: queue.Queue[Arrival] = queue.Queue(2 * settings.intake.batch)
        self._connection = 0
        self._heads: dict[ChainKey, Position] = {}
        self._forks: dict[ChainKey, Position] = {}
        self._flushed_s = 0.0
        self._alarms = Alarms()
        self._outage = StoreOutage()
        role = f"worker-{index}"
        self._client = client_of(settings.broker, role, f"{role}-{os.getpid()}", manual_ack=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self.stored = 0
        """Events this worker saw join a proven prefix."""

    def stop(self) -> None:
        """End `run` after the batch at hand; callable from anywhere, a signal too."""
        self._stop.set()

    def run(self) -> None:
        """Work until stopped; a store that fails is opened again for as long as it takes.

        Raises:
            SettingsError: there is something else where the store should be.
        """
        store = self._reopened(None)
        connect(self._client, self._settings.broker, self._settings.intake.batch)
        try:
            while store is not None and not self._stop.is_set():
                store = self._serve(store)
        finally:
            self._acknowledge()
            leave(self._client)
            if store is not None:
                store.close()

    def _serve(self, store: Store) -> Store | None:
        """Serve until stopped or the store fails; the store to go on with."""
        registry = Registry(store.active_keys)
        pending: list[Arrival] = []
        failed = 0
        while not self._stop.is_set() or pending:
            pending = pending or self._batch()
            try:
                if failed < ATTEMPTS:
                    self._take(store, registry, pending)
                    pending = []
                else:
                    self._take_alone(store, registry, pending[0])
                    del pending[0]
            except StoreError as error:
                # The same again: what was stored after all comes out as duplicates.
                failed += 1
                self._outage.note(error)
                self._stop.wait(RETRY_S)
                found = self._reopened(store)
                if found is None:
                    return None
                store, registry = found, Registry(found.active_keys)
            if not pending:
                failed = 0
                self._outage.end()
            if time.monotonic() - self._flushed_s >= self._settings.intake.acknowledge_every_s:
                self._acknowledge()
        return store

    def _batch(self) -> list[Arrival]:
        """What has arrived; waits a moment for the first."""
        batch: list[Arrival] = []
        with contextlib.suppress(queue.Empty):
            batch.append(self._arrivals.get(timeout=IDLE_S))
            while len(batch) < self._settings.intake.batch:
                batch.append(self._arrivals.get_nowait())
        return batch

    def _take_alone(self, store: Store, registry: Registry, arrival: Arrival) -> None:
        """Store one message, or put it away: what one gate sends must not stop the others.

        Raises:
            StoreError: the store takes nothing at all.
        """
        try:
            self._take(store, registry, [arrival])
        except StoreError as error:
            self._outage.note(error)
            source, detail = source_of(arrival.topic), "the store takes others, and not this"
            refusal = Refusal(Refused.STORE, source, arrival.topic, detail, arrival.body)
            store.add([], [refusal], self._clock())
            self._confirm([arrival])
            self._alarms.refused(refusal)

    def _take(self, store: Store, registry: Registry, arrivals: Sequence[Arrival]) -> None:
        if not arrivals:
            return
        events: list[Event] = []
        refused: list[Refusal] = []
        for arrival in arrivals:
            match admit(arrival.topic, arrival.body, registry.of):
                case Admitted(event, misfit):
                    events.append(event)
                    if misfit:
                        self._alarms.misfit(event, misfit)
                case Refusal(reason=Refused.UNKNOWN_DEVICE) if self._trusting:
                    pass  # it will be known in a moment, and asked for this again
                case Refusal() as refusal:
                    refused.append(refusal)
        outcome = store.add(events, refused, self._clock())
        self._confirm(arrivals)
        self._note(outcome)

    def _confirm(self, arrivals: Sequence[Arrival]) -> None:
        """Tell the broker; an old connection's numbers mean other messages by now."""
        for arrival in arrivals:
            if arrival.mid and arrival.connection == self._connection:
                self._client.ack(arrival.mid, 1)

    def _note(self, outcome: Outcome) -> None:
        self.stored += outcome.stored
        for untold, new in ((self._heads, outcome.heads), (self._forks, outcome.forks)):
            for chain, end in new.items():
                untold[chain] = max(end, untold.get(chain, end))
        for refusal in outcome.refused:
            self._alarms.refused(refusal)

    def _acknowledge(self) -> None:
        """Tell each gate once how far its chain is stored, however many events came."""
        self._flushed_s = time.monotonic()
        for untold in (self._heads, self._forks):
            if not self._client.is_connected():
                untold.clear()  # the gates send again what they do not know to be stored
            for (source, journal), end in untold.items():
                stored = Acknowledgement(journal=journal, sequence=end.sequence, hash=end.hash)
                topic = f"{source.removeprefix('/')}/sync/ack"
                self._client.publish(topic, stored.to_bytes(), qos=1)
            untold.clear()

    def _reopened(self, store: Store | None) -> Store | None:
        """A store that works, None when stopped before there was one."""
        if store is not None:
            store.close()
        while not self._stop.is_set():
            try:
                return self._open_store()
            except StoreError as error:
                self._outage.note(error)
                self._stop.wait(RETRY_S)
        return None

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.warning("broker_connection_failed", cause=f"it refuses the connection: {reason}")
            return
        self._connection += 1
        if self._settings.broker.protocol == "5":
            topic = f"$share/{self._settings.intake.share}/{EVENTS}"
            client.subscribe(topic, options=SubscribeOptions(qos=1))
        else:
            client.subscribe(EVENTS, 1)

    def _on_subscribe(
        self,
        _client: Client,
        _data: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if (denied := next((each for each in reasons if each.is_failure), None)) is not None:
            log.error("event_subscription_denied", cause=str(denied))
            return
        log.info("event_subscription_opened")
        self._on_ready()

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not self._stop.is_set():
            log.warning("broker_connection_lost", cause=loss_of(reason))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        mid = message.mid if message.qos else 0
        arrival = Arrival(topic, bytes(message.payload), mid, self._connection)
        while not self._stop.is_set():
            try:
                # A full queue holds the network thread: the broker waits, and so do the gates.
                return self._arrivals.put(arrival, timeout=IDLE_S)
            except queue.Full:
                continue
        return None
