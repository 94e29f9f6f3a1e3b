"""The steward: who the gates are, and what they must send again.

One beside the workers of each machine; several do no harm, since the store lets one of them claim
each question.  It hears the retained `info` of every gate, which no shared subscription brings.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeAlias

import structlog
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.contract.messages import State
from edge.contract.sync import Replay
from tools.central.alarms import Alarms
from tools.central.assembly import StoreOutage, client_of, connect
from tools.central.database import StoreError
from tools.central.gate_name import source_of
from tools.central.introduction import read_head, read_health, read_info
from tools.central.leaving import leave
from tools.central.records import LATEST, ChainKey, Gap, Position, Refusal, Refused, Totals
from tools.central.registry import Registry
from tools.central.settings import Settings
from tools.central.store import FIRST_USE, Contradiction, ErasedAtGate, Store

LOOK_EVERY_S = 1.0
TOPICS = [(f"egate/v1/+/+/{name}", 1) for name in ("info", "state", "health")]
GATES_LIMIT = 1_000_000
FAR_END = Position(LATEST, "")

Arrival: TypeAlias = tuple[str, str, bytes]
"""The last part of the topic, the gate, and the message."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Appointment:
    """When to look whether a chain is stored up to a sequence, and to ask for it if not."""

    due_s: float
    chain: ChainKey
    first: int
    """The oldest event its gate has."""
    end: Position
    """The newest, as far as it is known."""


class Steward:
    """One steward; `run` it in a thread of its own.

    It calls `on_look` every second, with the totals and the number of gates online.
    """

    def __init__(
        self,
        settings: Settings,
        open_store: Callable[[], Store],
        clock: Callable[[], datetime],
        on_look: Callable[[Totals, int], None],
    ) -> None:
        self._settings = settings
        self._open_store = open_store
        self._clock = clock
        self._on_look = on_look
        self._stop = threading.Event()
        self._arrivals: queue.Queue[Arrival] = queue.Queue(10_000)
        self._questions: dict[ChainKey, Gap] = {}
        """One of each chain: a gate that comes and goes is not asked for each time it came."""
        self._later: deque[Appointment] = deque()
        self._asking = False
        self._renew = threading.Event()
        self._introduced: dict[str, tuple[str, int]] = {}
        """Of each enrolled gate: its journal, and the oldest event it had when it came."""
        self._online: set[str] = set()
        self._alarms = Alarms()
        self._outage = StoreOutage()
        self._has_missed = False
        """The gate that was being heard, or was to be asked, when the store failed."""
        self._registry = Registry(lambda _: ())
        self._client = client_of(settings.broker, "steward", "steward")
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def stop(self) -> None:
        """End `run`."""
        self._stop.set()

    def renew(self) -> None:
        """A worker has begun to listen: ask every gate for what is not stored.

        Until the first does, nothing is asked: the answers would go nowhere.
        """
        self._renew.set()

    def run(self) -> None:
        """Work until stopped; a store that fails is opened again.

        Raises:
            SettingsError: there is something else where the store should be.
        """
        connect(self._client, self._settings.broker, 1000)
        try:
            while not self._stop.is_set():
                try:
                    self._serve()
                except StoreError as error:
                    self._outage.note(error)
                    self._has_missed = True
                    self._stop.wait(LOOK_EVERY_S)
        finally:
            leave(self._client)

    def _serve(self) -> None:
        store = self._open_store()
        self._registry = Registry(store.active_keys)
        try:
            looked_s = float("-inf")
            while not self._stop.is_set():
                self._hear(store)
                if time.monotonic() - looked_s >= LOOK_EVERY_S:
                    looked_s = time.monotonic()
                    self._look(store)
        finally:
            store.close()

    def _look(self, store: Store) -> None:
        if self._renew.is_set():
            self._renew.clear()
            self._asking = True
            for source, (journal, first) in self._introduced.items():
                self._catch_up(store, ChainKey(source, journal), first)
        while self._later and self._later[0].due_s < time.monotonic():
            due = self._later.popleft()
            if self._asking and not store.holds(store.chain(due.chain), due.end):
                self._catch_up(store, due.chain, due.first)
        if self._asking:
            patience = timedelta(seconds=self._settings.intake.ask_after_s)
            for gap in store.gaps(self._clock(), patience):
                self._note_question(gap)
        for chain in [*islice(self._questions, self._settings.intake.ask_per_s)]:
            self._ask(self._questions.pop(chain))
        self._on_look(store.totals(), len(self._online & self._introduced.keys()))
        self._outage.end()
        self._make_up()

    def _make_up(self) -> None:
        """Have the broker tell of all gates again, once the store works that failed meanwhile."""
        if self._has_missed:
            self._has_missed = False
            # Not every broker does so for who has subscribed already.
            self._client.unsubscribe([topic for topic, _ in TOPICS])
            self._client.subscribe(TOPICS)

    def _hear(self, store: Store) -> None:
        """Take what gates say of themselves; waits a moment for the first."""
        timeout_s = 0.1
        while not self._stop.is_set():
            try:
                name, source, body = self._arrivals.get(timeout=timeout_s)
            except queue.Empty:
                return
            timeout_s = 0.0001
            try:
                self._listen_to(store, name, source, body)
            except StoreError:
                raise
            except Exception:  # whatever it was: the other gates are to be heard
                log.exception("introduction_handling_failed", device=source)

    def _listen_to(self, store: Store, name: str, source: str, body: bytes) -> None:
        match name:
            case "state":
                self._note_state(source, body)
            case "health":
                self._compare(store, source, body)
            case _:
                self._welcome(store, source, body)

    def _note_state(self, source: str, body: bytes) -> None:
        if _is_online(body) and len(self._online) < GATES_LIMIT:
            self._online.add(source)
        else:
            self._online.discard(source)

    def _welcome(self, store: Store, source: str, body: bytes) -> None:
        known = {key.kid for key in store.keys_of(source)}
        try:
            said = read_info(source, body)
        except ValueError as error:
            if body:
                reason = Refused.FORM if known else Refused.UNKNOWN_DEVICE
                self._refuse(store, reason, source, f"an info: {error}", body)
            return
        new = [key for key in said.keys if key.kid not in known]
        if not known and self._settings.intake.trust_on_first_use:
            if store.enrol(said.keys, FIRST_USE, self._clock()):
                log.info("gate_enrolled_on_first_use", device=source)
                # Its first events may have been refused before this.
                self._later.append(self._appointment(said.chain, said.first, FAR_END))
        elif not known:
            self._refuse(
                store, Refused.UNKNOWN_DEVICE, source, "a gate nobody has enrolled shows up", body
            )
            return
        elif len(new) == len(said.keys):
            self._refuse(store, Refused.KEY_CHANGED, source, "a key nobody has enrolled", body)
            return
        self._introduced[source] = (said.chain.journal, said.first)
        if self._asking:
            self._catch_up(store, said.chain, said.first)

    def _compare(self, store: Store, source: str, body: bytes) -> None:
        """Compare what is stored with what the gate has signed to be the end of its chain."""
        keys = self._registry.of(source)
        if not body or keys is None:
            return
        try:
            read_health(body)
        except ValueError as error:
            self._refuse(store, Refused.FORM, source, f"a health: {error}", body)
            return
        try:
            head = read_head(source, body, keys)
        except ValueError as error:
            self._refuse(store, Refused.SIGNATURE, source, str(error), body)
            return
        chain, end = ChainKey(*head.chain), Position(head.sequence, head.hash)
        self._introduced[source] = (chain.journal, head.first_sequence)
        known = store.chain(chain)
        if store.holds(known, end):
            return
        # Its last events are on the way, or lost.
        self._later.append(self._appointment(chain, head.first_sequence, end))
        if end.sequence <= known.head:
            self._refuse(store, Refused.FORKED, source, "its head is of another history", body)

    def _appointment(self, chain: ChainKey, first: int, end: Position) -> Appointment:
        due_s = time.monotonic() + self._settings.intake.ask_after_s
        return Appointment(due_s, chain, first, end)

    def _catch_up(self, store: Store, chain: ChainKey, first: int) -> None:
        """Have a gate send what is not stored yet."""
        try:
            gap = store.introduce(chain, first, self._clock())
        except ErasedAtGate as erased:
            if not self._settings.intake.trust_on_first_use:
                log.warning(
                    "events_erased_unstored",
                    device=chain.source,
                    journal=chain.journal,
                    first_sequence=erased.first,
                    last_sequence=erased.last,
                )
                return
            with suppress(Contradiction):  # a worker may have stored them meanwhile
                store.skip(chain, first - 1, "gone before we came: training", self._clock())
            gap = store.introduce(chain, first, self._clock())
        self._note_question(gap)

    def _note_question(self, gap: Gap) -> None:
        last = max(gap.last, self._questions.get(gap.chain, gap).last)
        self._questions[gap.chain] = Gap(gap.chain, gap.first, last)

    def _ask(self, gap: Gap) -> None:
        topic = f"{gap.chain.source.removeprefix('/')}/sync/replay"
        self._client.publish(topic, Replay.between(gap.first, gap.last).to_bytes(), qos=1)

    def _refuse(self, store: Store, reason: Refused, source: str, detail: str, body: bytes) -> None:
        refusal = Refusal(reason, source, source.removeprefix("/"), detail, body)
        self._alarms.refused(refusal)
        store.add([], [refusal], self._clock())

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not reason.is_failure:
            self._online.clear()
            client.subscribe(TOPICS)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            root, _, name = message.topic.rpartition("/")
        except UnicodeDecodeError:
            return
        source = source_of(root)
        if source and source == f"/{root}":
            # A full queue forgets: the gate introduces itself again, and gaps are seen anyway.
            _put(self._arrivals, (name, source, bytes(message.payload)))


def _is_online(body: bytes) -> bool:
    with suppress(ValueError):
        return State.read(body).state != "offline"
    return False


def _put(arrivals: queue.Queue[Arrival], arrival: Arrival) -> None:
    try:
        arrivals.put_nowait(arrival)
    except queue.Full:
        log.warning("introduction_dropped")
