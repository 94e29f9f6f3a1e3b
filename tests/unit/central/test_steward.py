"""Who the gates are, and what they are asked for; without a broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.settings import validate
from tests.unit.central.chains import NOON, Gate
from tools.central.records import LATEST, Gap
from tools.central.settings import Settings
from tools.central.sqlite import Sqlite
from tools.central.steward import Steward
from tools.central.store import OPERATOR, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(Sqlite(tmp_path / "central.db"))) as found:
        yield found


@pytest.fixture
def steward(store: Store) -> Steward:
    table = {"store": {"kind": "sqlite", "path": "central.db"}}
    found = Steward(validate(Settings, table, "test"), "steward", lambda: store, lambda: NOON)
    found._asking = True  # a worker listens
    return found


def test_a_stranger_is_not_counted_among_the_gates_that_are_online(
    store: Store, steward: Steward
) -> None:
    gate, looked = Gate(), []
    store.enrol(gate.enrolled, OPERATOR, NOON)
    info = {"journalid": gate.journal, "first_sequence": 1}
    info |= {"keys": [gate.key.public_jwk(gate.source)]}
    steward._listen_to(store, "info", gate.source, json.dumps(info).encode())
    for source in (gate.source, "/egate/v1/no/body"):
        steward._listen_to(store, "state", source, b'{"state": "online"}')
    steward.on_look = lambda totals, online: looked.append((online, totals.devices))
    steward._asking = False
    steward._look(store)
    assert looked == [(1, 1)]


def test_a_gate_that_comes_and_goes_is_asked_once(store: Store, steward: Steward) -> None:
    gate = Gate()
    store.enrol(gate.enrolled, OPERATOR, NOON)
    keys = [gate.key.public_jwk(gate.source)]
    info = {"journalid": gate.journal, "first_sequence": 1, "keys": keys}
    for _ in range(3):
        for _ in range(100):
            steward._listen_to(store, "info", gate.source, json.dumps(info).encode())
        store.add(gate.events(1), [], NOON)
    assert list(steward._questions.values()) == [Gap(gate.chain, 3, LATEST)]
