"""Everything that can be killed is killed at random, and every event must arrive exactly once."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge.errors import EdgeError
from edge.settings.delivery import Broker
from tools.central.assembly import open_store
from tools.fleet.audit import Audit, audit
from tools.fleet.central_process import CentralProcess
from tools.fleet.fleet import Fleet, PartProcess
from tools.fleet.mosquitto import Mosquitto
from tools.fleet.part import Plan, Progress
from tools.fleet.proxy import HOST, Proxy
from tools.fleet.timetable import Pace

SITE = "chaos"
GATES_A_PROCESS = 5
WORKERS = 3
EVENTS_A_SECOND = 400.0
HASTE = 8.0
CALM_S = 240.0
"""How long everything may take to be delivered once nothing is killed any more."""
PATIENCE_S = 3600.0
TELL_EVERY_S = 5.0


class Restless(EdgeError):
    """The storm is over, and still not everything is delivered."""


@dataclass(frozen=True, slots=True)
class Storm:
    """How much, and which accidents: the same seed chooses the same."""

    gates: int
    events: int
    seed: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found when all was quiet again."""

    audit: Audit
    accidents: Counter[str]
    seconds: float

    @property
    def holds(self) -> bool:
        """Every event exactly once, in order, its chain proven, and something was really killed."""
        return self.audit.holds and self.accidents.total() > 0

    def words(self) -> str:
        """The verdict for a person."""
        found = self.audit
        accidents = ", ".join(f"{name} {n}" for name, n in sorted(self.accidents.items()))
        lines = [
            (
                f"{found.written} events of {found.gates} gates, {found.stored} stored,"
                f" {found.lost} lost, {found.strange} doubled or strange,"
                f" {found.unproven} findings in the chains, {self.seconds:.0f} s"
            ),
            f"accidents: {accidents or 'none'}",
            *found.faults,
        ]
        return "\n".join(lines)


@dataclass(slots=True)
class Group:
    """Some gates: the process they live in, which dies and comes back."""

    plan: Plan
    process: PartProcess | None = None
    progress: Progress | None = None
    """Of this life; None until it has written something."""
    written: int = 0
    back_s: float = 0.0
    done: bool = False

    def start(self) -> None:
        """Come alive."""
        self.process = PartProcess(self.plan, self._hear)

    def kill(self, back_s: float) -> None:
        """A power cut: all of these gates at once."""
        if self.process is not None:
            self.process.kill()
            self.process, self.progress, self.back_s = None, None, back_s

    def look(self, now_s: float) -> None:
        """Come back when it is time; end when everything is acknowledged."""
        if self.done:
            return
        if self.process is None:
            if now_s >= self.back_s:
                self.start()
        elif (status := self.process.poll()) is not None:
            self.process.wait()
            self.process, self.done = None, status == 0

    @property
    def is_written(self) -> bool:
        """Whether its gates write no more."""
        return self.done or (self.progress is not None and self.progress.phase != "running")

    def _hear(self, progress: Progress) -> None:
        self.progress = progress
        self.written = max(self.written, progress.written)


@dataclass(slots=True)
class World:
    """What can be hurt, and what is to be mended when."""

    broker: Mosquitto
    central: CentralProcess
    gates_net: Proxy
    central_net: Proxy
    groups: list[Group]
    mends: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def later(self, after_s: float, mend: Callable[[], None]) -> None:
        """Have something mended after a while."""
        self.mends.append((time.monotonic() + after_s, mend))

    def tend(self, *, everything: bool = False) -> None:
        """Mend what is due, and let the dead come back."""
        now_s = time.monotonic()
        due = [mend for at_s, mend in self.mends if everything or at_s <= now_s]
        self.mends = [] if everything else [each for each in self.mends if each[0] > now_s]
        for mend in due:
            mend()
        for group in self.groups:
            group.look(float("inf") if everything else now_s)


class Chaos:
    """One storm in a folder; `run` once."""

    def __init__(self, folder: Path, storm: Storm, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._storm = storm
        self._say = say
        self._chance = np.random.default_rng(storm.seed)
        self._accidents: Counter[str] = Counter()
        self._told_s = 0.0

    def run(self) -> Verdict:
        """Storm, calm, verdict.

        Raises:
            Restless: what is left does not get through although nothing is killed any more.
            SettingsError: mosquitto is not installed.
        """
        began_s = time.monotonic()
        with ExitStack() as stack:
            world = self._world(stack)
            self._rage(world)
            self._say("chaos: calm; waiting for the last events")
            self._settle(world)
            world.central.stop()
            store = open_store(world.central.settings)
            stack.callback(store.close)
            found = audit(self._folder / "gates", SITE, store)
        return Verdict(found, self._accidents, time.monotonic() - began_s)

    def _world(self, stack: ExitStack) -> World:
        broker = stack.enter_context(Mosquitto(self._folder))
        gates_net = stack.enter_context(Proxy(broker.port))
        central_net = stack.enter_context(Proxy(broker.port))
        central = CentralProcess(self._folder / "central", central_net.port, WORKERS)
        stack.enter_context(central)
        storm = self._storm
        plan = Plan(
            folder=self._folder / "gates",
            site=SITE,
            first=1,
            gates=storm.gates,
            pace=Pace.of(storm.gates, EVENTS_A_SECOND, HASTE),
            broker=Broker(host=HOST, port=gates_net.port, keepalive_s=5),
            events=-(-storm.events // storm.gates),
            connect_s=0,
            patience_s=PATIENCE_S,
        )
        plan.folder.mkdir(parents=True, exist_ok=True)
        groups = [Group(part) for part in Fleet(plan, -(-storm.gates // GATES_A_PROCESS)).plans()]
        for group in groups:
            stack.callback(group.kill, 0)
        return World(broker, central, gates_net, central_net, groups)

    def _rage(self, world: World) -> None:
        """Hurt something every now and then until every gate has written enough."""
        world.tend()
        while not all(group.is_written for group in world.groups):
            time.sleep(float(self._chance.uniform(0.4, 2.0)))
            self._tell(world)
            world.tend()
            self._hurt(world)

    def _hurt(self, world: World) -> None:
        """One accident."""
        kinds = {
            "broker killed": (2, self._kill_broker),
            "gates killed": (4, self._kill_gates),
            "worker killed": (3, self._kill_worker),
            "central side killed": (1, self._kill_central),
            "network cut": (3, self._cut),
            "network silent": (2, self._stall),
            "network refused": (2, self._refuse),
        }
        names = list(kinds)
        weights = np.array([weight for weight, _ in kinds.values()], float)
        name = names[int(self._chance.choice(len(names), p=weights / weights.sum()))]
        if kinds[name][1](world):
            self._accidents[name] += 1

    def _kill_broker(self, world: World) -> bool:
        world.broker.kill()
        world.later(self._seconds(0.1, 1.5), world.broker.start)
        return True

    def _kill_gates(self, world: World) -> bool:
        alive = [group for group in world.groups if group.process and group.progress]
        if not alive:
            return False
        group = alive[int(self._chance.integers(len(alive)))]
        group.kill(time.monotonic() + self._seconds(0, 1))
        return True

    def _kill_worker(self, world: World) -> bool:
        workers = world.central.workers()
        if not workers:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(workers[int(self._chance.integers(len(workers)))], signal.SIGKILL)
        return True

    def _kill_central(self, world: World) -> bool:
        world.central.kill()
        world.later(self._seconds(0.1, 1), world.central.start)
        return True

    def _cut(self, world: World) -> bool:
        self._net(world).cut()
        return True

    def _stall(self, world: World) -> bool:
        net = self._net(world)
        net.stall()
        world.later(self._seconds(0.5, 3), net.mend)
        return True

    def _refuse(self, world: World) -> bool:
        net = self._net(world)
        net.refuse()
        world.later(self._seconds(0.2, 1.5), net.mend)
        return True

    def _settle(self, world: World) -> None:
        world.tend(everything=True)
        end_s = time.monotonic() + CALM_S
        while not all(group.done for group in world.groups):
            if time.monotonic() > end_s:
                waiting = [group.plan.names()[0] for group in world.groups if not group.done]
                raise Restless(
                    f"{CALM_S:.0f} s after the last accident {len(waiting)} processes still wait"
                    f" for acknowledgements, the one of {waiting[0]} among them; --seed"
                    f" {self._storm.seed}"
                )
            time.sleep(0.1)
            self._tell(world)
            world.tend()

    def _net(self, world: World) -> Proxy:
        return world.gates_net if self._chance.random() < 0.5 else world.central_net

    def _seconds(self, least: float, most: float) -> float:
        return float(self._chance.uniform(least, most))

    def _tell(self, world: World) -> None:
        if time.monotonic() - self._told_s < TELL_EVERY_S:
            return
        self._told_s = time.monotonic()
        written = sum(group.written for group in world.groups)
        self._say(f"chaos: {written} events written, {self._accidents.total()} accidents")
