"""The fleet benchmark: a thousand gates, Debian's mosquitto and the central side on one machine.

The gates are enrolled and connected before the first traveller comes.  Latency runs from `time` of
an event to the moment its central transaction begins; nothing is left out of it.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from edge.keys.device_key import DeviceKey
from edge.settings.delivery import Broker
from tools.central.assembly import open_store
from tools.central.registry import key_of
from tools.central.store import OPERATOR, Store
from tools.fleet.audit import EARLIEST, LATEST, Audit, audit
from tools.fleet.central_process import CentralProcess
from tools.fleet.fleet import Fleet, Running, shared_memory
from tools.fleet.mosquitto import Mosquitto
from tools.fleet.part import Plan, Progress
from tools.fleet.timetable import Pace

SITE: Final = "bench"
PROCESSES: Final = 2
WORKERS: Final = 1


@dataclass(frozen=True, slots=True)
class Load:
    """How much is simulated."""

    gates: int = 1000
    events_per_s: float = 500.0
    seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it."""

    events_per_s: float
    median_s: float
    p99_s: float
    worst_s: float
    audit: Audit


def measure(load: Load, progress: Callable[[str], None]) -> Figures:
    """Run a fleet and compare both ends of it.

    Raises:
        SettingsError: mosquitto is not installed.
        FleetFailed: events are not acknowledged in time.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        broker = stack.enter_context(Mosquitto(folder))
        central = CentralProcess(folder / "central", broker.port, WORKERS)
        plan = Plan(
            folder=folder / "gates",
            site=SITE,
            first=1,
            gates=load.gates,
            pace=Pace.of(load.gates, load.events_per_s),
            broker=Broker(port=broker.port, keepalive_s=60),
            seconds=load.seconds,
        )
        with closing(open_store(central.settings)) as store:
            _enrol(plan, store)
        stack.enter_context(central)
        with Running(Fleet(plan, PROCESSES).plans()) as running:
            running.wait(_teller(progress))
        central.stop()
        with closing(open_store(central.settings)) as store:
            return _figures(store, load, audit(plan.folder, SITE, store))


def _enrol(plan: Plan, store: Store) -> None:
    for name in plan.names():
        source = f"/egate/v1/{SITE}/{name}"
        key = DeviceKey.load_or_make(plan.folder / name / "device-key.pem")
        known = key_of(source, key.public_jwk(source))
        store.enrol([known], OPERATOR, datetime.now(UTC))  # noqa: TID251  # when it happens


def _figures(store: Store, load: Load, found: Audit) -> Figures:
    times = [
        (kept.occurred.timestamp(), (kept.stored - kept.occurred).total_seconds())
        for kept in store.events(EARLIEST, LATEST)
    ]
    occurred, waited = np.array(times).T
    median, p99 = np.percentile(waited, [50, 99])
    return Figures(
        events_per_s=len(times) / max(float(np.ptp(occurred)), load.seconds),
        median_s=float(median),
        p99_s=float(p99),
        worst_s=float(waited.max()),
        audit=found,
    )


def _teller(progress: Callable[[str], None]) -> Callable[[Progress], None]:
    told_s = 0.0

    def look(now: Progress) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= 10:
            told_s = time.monotonic()
            progress(f"{now.written} events, {now.lag_s:.1f} s behind, {now.phase} ...")

    return look


@contextmanager
def _folder() -> Iterator[Path]:
    """In memory: a thousand gates have a thousand disks, this machine has one."""
    folder = Path(tempfile.mkdtemp(prefix="egate-bench-", dir=shared_memory()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
