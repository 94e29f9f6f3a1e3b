"""Who the gates are, and what they are asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from edge.settings.loader import validate
from tests.support.announcements import health_of
from tests.support.central_chains import NOON, Gate
from tests.support.egated import STUCK_S
from tests.support.gates import Gates
from tools.central.database import StoreError
from tools.central.records import LATEST, ChainKey, DeviceKey, Event, Gap
from tools.central.registry import Registry
from tools.central.settings import Settings
from tools.central.sqlite import Sqlite
from tools.central.steward import Steward
from tools.central.store import OPERATOR, Store
from tools.simulation.broker import VirtualBroker


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(Sqlite(tmp_path / "central.db"))) as found:
        yield found


@pytest.fixture
def looked() -> list[tuple[int, int]]:
    """How many gates were online, and how many are known, at each look of the steward."""
    return []


@pytest.fixture
def steward(store: Store, looked: list[tuple[int, int]]) -> Steward:
    table = {"store": {"kind": "sqlite", "path": "central.db"}}
    found = Steward(
        validate(Settings, table, "test"),
        lambda: store,
        lambda: NOON,
        lambda totals, online: looked.append((online, totals.devices)),
    )
    found._asking = True  # a worker listens
    return found


def test_a_name_that_somebody_invents_is_in_no_log(store: Store, steward: Steward) -> None:
    gate = Gate()
    store.enrol(gate.enrolled, OPERATOR, NOON)
    with capture_logs() as said:
        for source in ("/egate/v1/john-doe/1985", gate.source):
            steward._listen_to(store, "info", source, b"{}")
    assert [(line["device"], line["reason"]) for line in said] == [
        ("", "unknown_device"),
        (gate.source, "form"),
    ]


def test_a_stranger_is_not_counted_among_the_gates_that_are_online(
    store: Store, steward: Steward, looked: list[tuple[int, int]]
) -> None:
    gate = Gate()
    store.enrol(gate.enrolled, OPERATOR, NOON)
    steward._listen_to(store, "info", gate.source, gate.info().to_bytes())
    for source in (gate.source, "/egate/v1/no/body"):
        steward._listen_to(store, "state", source, b'{"state": "online"}')
    steward._asking = False
    steward._look(store)
    assert looked == [(1, 1)]


def test_a_gate_that_comes_and_goes_is_asked_once(store: Store, steward: Steward) -> None:
    gate = Gate()
    store.enrol(gate.enrolled, OPERATOR, NOON)
    info = gate.info()
    for _ in range(3):
        for _ in range(100):
            steward._listen_to(store, "info", gate.source, info.to_bytes())
        store.add(gate.events(1), [], NOON)
    assert list(steward._questions.values()) == [Gap(gate.chain, 3, LATEST)]


def test_a_head_of_another_history_is_told_until_that_is_stored(
    store: Store, steward: Steward
) -> None:
    """Also when the chain has gone on since: the gate may have been turned back far."""
    gate, copy = Gate(), Gate()
    copy.key = gate.key
    copy.now += timedelta(hours=1)
    store.enrol(gate.enrolled, OPERATOR, NOON)
    steward._registry = Registry(store.active_keys)
    store.add(gate.events(5), [], NOON)
    others = copy.events(3)
    said: list[tuple[int, int]] = []
    for stored in ([], others):
        store.add(stored, [], NOON)
        steward._listen_to(store, "health", gate.source, health(copy))
        steward._listen_to(store, "health", gate.source, health(gate))
        forked = sum(found.count for found in store.refusals() if found.reason == "forked")
        said.append((forked, len(steward._later)))
    assert said == [(1, 1), (4, 1)]


def health(gate: Gate) -> bytes:
    return health_of(gate.head()).to_bytes()


class BusyStore(Store):
    """A store into which a worker puts what was on the way, just before it is given up."""

    late: Sequence[Event] = ()

    @override
    def skip(self, key: ChainKey, last: int, why: str, now: datetime) -> int:
        self.add(self.late, [], now)
        return super().skip(key, last, why, now)


def test_what_arrives_while_it_is_given_up_is_not_given_up(tmp_path: Path) -> None:
    gate = Gate()
    table = {
        "store": {"kind": "sqlite", "path": "central.db"},
        "intake": {"trust_on_first_use": True},
    }
    with closing(BusyStore(Sqlite(tmp_path / "central.db"))) as store:
        store.late = gate.events(4)
        settings = validate(Settings, table, "test")
        steward = Steward(settings, lambda: store, lambda: NOON, lambda _totals, _online: None)
        steward._asking = True
        steward._listen_to(store, "info", gate.source, gate.info(first=5).to_bytes())
        assert list(steward._questions.values()) == [Gap(gate.chain, 5, LATEST)]


class TiredStore(Store):
    """A store that fails the first time somebody is to be enrolled."""

    failures = 1

    @override
    def enrol(self, keys: Sequence[DeviceKey], how: str, now: datetime) -> bool:
        if TiredStore.failures:
            TiredStore.failures -= 1
            raise StoreError("the disk is full")
        return super().enrol(keys, how, now)


def test_who_introduces_itself_while_the_store_fails_is_heard_again(tmp_path: Path) -> None:
    known = threading.Event()
    with VirtualBroker() as broker, Gates(broker.port, [Gate()]):
        table = {
            "broker": {"host": "127.0.0.1", "port": broker.port},
            "store": {"kind": "sqlite", "path": "central.db"},
            "intake": {"trust_on_first_use": True},
        }
        steward = Steward(
            validate(Settings, table, "test"),
            lambda: TiredStore(Sqlite(tmp_path / "central.db")),
            lambda: NOON,
            lambda totals, _: known.set() if totals.devices else None,
        )
        working = threading.Thread(target=steward.run)
        working.start()
        try:
            assert known.wait(STUCK_S)
            assert not TiredStore.failures
        finally:
            steward.stop()
            working.join()
