"""The audit after a storm: whatever is not exactly as it was written is found."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.contract.signature import VerificationKeys
from edge.journal.journal import Journal
from edge.keys.device_key import DeviceKey
from tools.central.admission import Admitted, admit
from tools.central.sqlite import Sqlite
from tools.central.store import Store
from tools.fleet.audit import Audit, audit

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SITE = "storm"
EVENTS = 6


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Two gates, whose events are all stored."""
    store = Store(Sqlite(tmp_path / "central.db"))
    for name in ("gate-1", "gate-2"):
        _write(tmp_path / "gates" / name, store)
    store.close()
    return tmp_path


def _write(folder: Path, store: Store) -> None:
    source = f"/egate/v1/{SITE}/{folder.name}"
    folder.mkdir(parents=True)
    key = DeviceKey.load_or_make(folder / "device-key.pem")
    keys = VerificationKeys.of_jwks({"keys": [key.public_jwk(source)]})
    with Journal(
        folder / "journal.db", source=source, simulated=True, clock=lambda: NOON,
        random=os.urandom, sign=key.sign,
    ) as journal:  # fmt: skip
        stored = journal.append([EventDraft(EventType.GATE_OPENED, NOON)] * EVENTS)
    events = []
    for each in stored:
        found = admit(f"{source[1:]}/event/gate/opened", each.body, lambda _: keys)
        assert isinstance(found, Admitted)
        events.append(found.event)
    store.add(events, [], NOON)


def found_in(world: Path) -> Audit:
    with closing(Store(Sqlite(world / "central.db"))) as store:
        return audit(world / "gates", SITE, store)


def change(world: Path, statement: str) -> None:
    with closing(sqlite3.connect(world / "central.db", isolation_level=None)) as connection:
        assert connection.execute(statement).rowcount == 1


def test_all_is_well(world: Path) -> None:
    found = found_in(world)
    assert found.holds
    assert (found.gates, found.written, found.stored) == (2, 2 * EVENTS, 2 * EVENTS)


def test_a_lost_event(world: Path) -> None:
    change(world, "DELETE FROM event WHERE chain = 1 AND sequence = 3")
    found = found_in(world)
    assert not found.holds
    assert found.lost == 1


def test_the_last_event_lost(world: Path) -> None:
    change(world, f"DELETE FROM event WHERE chain = 1 AND sequence = {EVENTS}")  # noqa: S608
    found = found_in(world)
    assert not found.holds
    assert (found.lost, found.unproven) == (1, 0)


def test_a_changed_event(world: Path) -> None:
    change(
        world,
        "UPDATE event SET body = CAST(replace(CAST(body AS TEXT), 'opened', 'forced') AS BLOB)"
        " WHERE chain = 1 AND sequence = 3",
    )
    found = found_in(world)
    assert not found.holds
    assert (found.lost, found.strange) == (1, 1)
    assert found.unproven > 0


def test_an_event_twice(world: Path) -> None:
    change(
        world,
        f"INSERT INTO event SELECT chain, {EVENTS + 1}, hash, type, occurred, stored,"  # noqa: S608
        " transaction_id, simulated, body FROM event WHERE chain = 1 AND sequence = 3",
    )
    found = found_in(world)
    assert not found.holds
    assert found.strange == 1
