"""Runs the real daemon on a virtual lane in this process: for simulations, tests and benchmarks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from edge.contract.json_object import JsonObject
from edge.daemon import Daemon, now
from edge.errors import EdgeError, SettingsError
from edge.lane.passages import Passage
from edge.settings.devices import DeviceSettings
from edge.settings.simulation import Simulation
from edge.settings.tree import Settings
from tools.simulation.broker import free_port
from tools.simulation.simulator import Simulator
from tools.simulation.surroundings import Surroundings

READY_S = 30.0
PASSAGE_S = 90.0
DELIVERY_S = 60.0


def specimens_of(settings: Settings) -> Path:
    """The folder of specimens; SettingsError when the configuration has no virtual lane."""
    return _simulation_of(settings).specimens


def headless(
    settings: Settings, folder: Path, changes: Mapping[str, object] | None = None
) -> Settings:
    """The same lane without pages, with a state folder, stage, broker and central of its own."""
    simulation = _simulation_of(settings)
    stage = f"lane-{folder.name}"
    devices = {
        role: DeviceSettings.model_validate(
            {"driver": device.driver, **device.options, "stage": stage}
        )
        for role, device in settings.devices.named().items()
        if device.driver.startswith("virtual-")
    }
    return settings.model_copy(
        update={
            "state_dir": folder / "state",
            "screen": None,
            "devices": settings.devices.model_copy(update=devices),
            "broker": settings.broker.model_copy(update={"port": free_port()}),
            "simulation": simulation.model_copy(
                update={"stage": stage, "repeat": "", "central": simulation.broker}
            ),
            **(changes or {}),
        }
    )


class Stuck(EdgeError):
    """The lane, or the way to the central system, did not do what it was waited for."""


class Running:
    """A daemon at work, and its travellers."""

    def __init__(self, daemon: Daemon, training: Surroundings) -> None:
        self.daemon = daemon
        self.training = training
        self._passages: asyncio.Queue[Passage] = asyncio.Queue()
        daemon.passages.added.listen(self._passages.put_nowait)

    @property
    def simulator(self) -> Simulator:
        """Who sends the travellers."""
        return self.training.simulator

    async def passage(self, name: str) -> JsonObject:
        """Let a specimen traveller pass; what became of it, once the central system knows.

        Raises:
            Stuck: the passage, or the delivery of its events, does not end.
        """
        passage = await self.witness(lambda: self.simulator.send(name))
        async with self._in_time("the way back to service"):
            await asyncio.to_thread(self.simulator.wait_until_mended, PASSAGE_S)
            await self.daemon.until_ready()
        return {
            "transaction": passage.transaction,
            "decision": "open" if passage.opened else "refer",
            "reasons": [reason.value for reason in passage.reasons],
            "checks": [
                {"id": check.id.value, "result": check.result.value, "detail": check.detail}
                for check in passage.checks
            ],
            "timings_ms": passage.timings_ms,
            "events": await self._delivered(passage.transaction),
        }

    async def witness(self, begin: Callable[[], object]) -> Passage:
        """Wait until the lane is ready, let somebody come, and say what became of them.

        Raises:
            Stuck: the passage does not end.
        """
        async with self._in_time("the passage"):
            await self.daemon.until_ready()
            while not self._passages.empty():
                self._passages.get_nowait()
            await asyncio.to_thread(begin)
            return await self._passages.get()

    @asynccontextmanager
    async def _in_time(self, what: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(PASSAGE_S):
                yield
        except TimeoutError as error:
            state = type(self.daemon.lane.state).__name__
            raise Stuck(
                f"{what} took longer than {PASSAGE_S:.0f} s; the gate is {state}"
            ) from error

    async def _delivered(self, transaction: str) -> list[str]:
        """The types of a transaction's events as the central system received them."""
        central = self.training.central
        if central is None:
            return []
        closed = "transaction.closed"
        arrived = await asyncio.to_thread(
            central.wait_for, lambda c: closed in c.events_of(transaction), DELIVERY_S
        )
        if not arrived:
            raise Stuck(f"the events of {transaction} did not reach the central system")
        return central.events_of(transaction)


def surroundings_of(daemon: Daemon) -> Surroundings:
    """What surrounds the lane of a daemon in training; TypeError when it is not this package's."""
    if not isinstance(daemon.training, Surroundings):
        raise TypeError("the daemon does not run in the surroundings of tools.simulation")
    return daemon.training


@asynccontextmanager
async def running(
    settings: Settings, folder: Path, clock: Callable[[], datetime] = now
) -> AsyncIterator[Running]:
    """Run a daemon while entered; ready when entered, stopped in good order when left."""
    daemon = Daemon(headless(settings, folder), clock)
    surroundings = surroundings_of(daemon)
    async with asyncio.TaskGroup() as tasks:
        work = tasks.create_task(daemon.run())
        try:
            await _until_ready(daemon)
            yield Running(daemon, surroundings)
        finally:
            daemon.stop()
            await work


async def _until_ready(daemon: Daemon) -> None:
    try:
        async with asyncio.timeout(READY_S):
            await daemon.until_ready()
    except TimeoutError as error:
        raise Stuck(f"the lane was not ready within {READY_S:.0f} s") from error


def _simulation_of(settings: Settings) -> Simulation:
    if settings.simulation is None:
        raise SettingsError("this configuration has no virtual lane: it lacks `[simulation]`")
    return settings.simulation
