"""Measures one worker of the central side: verify and store, SQLite with its file synchronised."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from edge.keys.device_key import DeviceKey
from tools.bench import events as bench_events
from tools.central.admission import Admitted, admit
from tools.central.registry import Registry, key_of
from tools.central.sqlite import Sqlite
from tools.central.store import OPERATOR, Store

GATES: Final = 5
BATCH: Final = 500
NOON: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rates:
    """Events a second of processor time, and of the clock on the wall."""

    cpu: float
    wall: float


def rates(folder: Path) -> Rates:
    """Verify and store what a few gates wrote, as it would come, in full batches."""
    store = Store(Sqlite(folder / "central.db"))
    queues = [_gate(store, f"/egate/v1/bench/lane-{number}") for number in range(1, GATES + 1)]
    messages = list(chain.from_iterable(zip(*queues, strict=True)))
    registry = Registry(store.active_keys)
    cpu_s, wall_s = time.process_time(), time.monotonic()
    stored = 0
    for start in range(0, len(messages), BATCH):
        found = [admit(topic, body, registry.of) for topic, body in messages[start : start + BATCH]]
        events = [one.event for one in found if isinstance(one, Admitted)]
        stored += store.add(events, [], NOON).stored
    cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s
    store.close()
    if stored != len(messages):
        raise AssertionError("the benchmark does not store what was sent")
    return Rates(stored / cpu_s, stored / wall_s)


def _gate(store: Store, source: str) -> list[tuple[str, bytes]]:
    """Enrol a gate; its events with their topics."""
    key = DeviceKey.make()
    store.enrol([key_of(source, key.public_jwk(source))], OPERATOR, NOON)
    return [(_topic(source, body), body) for body in bench_events.written(key, source)]


def _topic(source: str, body: bytes) -> str:
    family, _, name = json.loads(body)["type"].removeprefix("int.egate.").partition(".")
    return f"{source.removeprefix('/')}/event/{family}/{name}"
