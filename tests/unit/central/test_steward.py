"""Who the gates are, and what they are asked for; without a broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from edge.settings import validate
from edge.verification import sign_head
from tests.unit.central.chains import NOON, Gate
from tools.central.records import LATEST, Gap
from tools.central.registry import Registry
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
    content = {
        "source": gate.source,
        "journalid": gate.journal,
        "first_sequence": 1,
        "sequence": gate.sequence,
        "hash": gate.hash,
        "time": gate.now.isoformat(),
    }
    return json.dumps({"head": sign_head(content, gate.key.sign)}).encode()
