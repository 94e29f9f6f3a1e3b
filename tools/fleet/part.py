"""One process of a fleet: some of its gates and their timetables."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from edge.journal.outbox import Topics
from edge.settings.delivery import Broker
from tools.fleet.gate import SimulatedGate
from tools.fleet.timetable import Entry, Pace, entries

TELL_EVERY_S = 1.0
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """What a part does: which gates, how fast, until when."""

    folder: Path
    """Each gate has a folder in it."""
    site: str
    first: int
    gates: int
    pace: Pace
    broker: Broker
    seconds: float | None = None
    """How long travellers come; None: until every gate has written enough."""
    events: int | None = None
    """How many events each gate writes at least, over all its lives."""
    connect_s: float = 30.0
    """How long the first traveller waits for gates that have no broker yet."""
    patience_s: float = 60.0
    """How long the end may take until everything is acknowledged."""

    def names(self) -> list[str]:
        """The gates, in order."""
        return [f"gate-{number:05}" for number in range(self.first, self.first + self.gates)]


PLAN = TypeAdapter(Plan)
"""Plans as JSON, from process to process."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a part is."""

    written: int
    waiting: int
    """Gates that wait for an acknowledgement."""
    lag_s: float
    """How far the part is behind its timetable."""
    phase: str
    """`running`, `draining`, `done`."""


class Part:
    """Runs a plan once; every figure is told to `tell`."""

    def __init__(
        self,
        plan: Plan,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        tell: Callable[[Progress], None],
    ) -> None:
        self._plan = plan
        self._clock = clock
        self._random = random
        self._tell = tell
        self._stop = threading.Event()
        self._told_s = 0.0
        self._lag_s = 0.0

    def stop(self) -> None:
        """Let no more travellers come; callable from anywhere."""
        self._stop.set()

    def run(self) -> bool:
        """Work to the end; whether everything written is acknowledged."""
        gates = [self._gate(name) for name in self._plan.names()]
        for gate in gates:
            gate.start()
        try:
            self._await_connections(gates)
            self._play(gates)
            return self._drain(gates)
        finally:
            for gate in gates:
                gate.close()

    def _gate(self, name: str) -> SimulatedGate:
        folder = self._plan.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        topics = Topics(self._plan.site, name)
        return SimulatedGate(folder, topics, self._plan.broker, self._clock, self._random)

    def _await_connections(self, gates: Sequence[SimulatedGate]) -> None:
        """Let the gates come up before the first traveller does; with no broker, not for ever."""
        end_s = time.monotonic() + self._plan.connect_s
        while not all(gate.connected for gate in gates) and time.monotonic() < end_s:
            if self._stop.wait(LOOK_S):
                return

    def _play(self, gates: Sequence[SimulatedGate]) -> None:
        """Let the travellers come, each event written when it happens."""
        begin_s = time.monotonic()
        end_s = begin_s + self._plan.seconds if self._plan.seconds is not None else float("inf")
        due: list[tuple[float, int, Entry, Iterator[Entry]]] = []
        for index in range(len(gates)):
            chance = np.random.default_rng(int.from_bytes(self._random(8)))
            timetable = entries(begin_s, self._plan.pace, chance, self._random)
            _push(due, index, timetable)
        while due and not self._stop.is_set():
            due_s, index, entry, timetable = heapq.heappop(due)
            if due_s >= end_s:
                break
            self._wait_until(due_s, gates)
            gate = gates[index]
            gate.append(entry.scene.drafts(entry.transaction, self._clock))
            if self._plan.events is None or gate.written < self._plan.events:
                _push(due, index, timetable)

    def _wait_until(self, due_s: float, gates: Sequence[SimulatedGate]) -> None:
        self._lag_s = max(0.0, time.monotonic() - due_s)
        while (left_s := due_s - time.monotonic()) > 0 and not self._stop.wait(min(left_s, LOOK_S)):
            self._report(gates, "running")
        self._report(gates, "running")

    def _drain(self, gates: Sequence[SimulatedGate]) -> bool:
        end_s = time.monotonic() + self._plan.patience_s
        while not all(gate.is_delivered for gate in gates):
            if time.monotonic() > end_s:
                break
            time.sleep(LOOK_S)
            self._report(gates, "draining")
        self._told_s = 0.0
        self._lag_s = 0.0
        self._report(gates, "done")
        return all(gate.is_delivered for gate in gates)

    def _report(self, gates: Sequence[SimulatedGate], phase: str) -> None:
        if time.monotonic() - self._told_s < TELL_EVERY_S:
            return
        self._told_s = time.monotonic()
        written = sum(gate.written for gate in gates)
        waiting = sum(not gate.is_delivered for gate in gates)
        self._tell(Progress(written, waiting, self._lag_s, phase))


def _push(
    due: list[tuple[float, int, Entry, Iterator[Entry]]], index: int, timetable: Iterator[Entry]
) -> None:
    entry = next(timetable)
    heapq.heappush(due, (entry.due_s, index, entry, timetable))
