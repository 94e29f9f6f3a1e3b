"""When the simulator panel may send a traveller."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.virtual.stage import stage
from edge.screen.simulator import SimulatorRefused
from edge.settings.delivery import Broker
from edge.settings.simulation import Simulation
from tests.support.bench import STUCK_S
from tools.simulation.broker import free_port
from tools.simulation.simulator import Simulator
from tools.simulation.surroundings import Surroundings


def training(specimens: Path, name: str, asked: list[str], *, ready: bool) -> Surroundings:
    """The surroundings of a gate that is ready at once, or never."""

    async def until_ready() -> None:
        asked.append(name)
        if not ready:
            raise TimeoutError

    settings = Simulation(specimens=specimens, stage=name, broker=False)
    return Surroundings(settings, Broker(), until_ready)


def test_a_traveller_steps_up_once_the_gate_is_ready(specimens: Path) -> None:
    asked: list[str] = []
    asyncio.run(training(specimens, "ready-gate", asked, ready=True).run("genuine"))
    assert asked == ["ready-gate"]
    assert stage("ready-gate").visits == 1
    stage("ready-gate").go()


def test_nobody_steps_up_to_a_gate_that_does_not_serve(specimens: Path) -> None:
    with pytest.raises(SimulatorRefused, match="asks for no traveller"):
        asyncio.run(training(specimens, "closed-gate", [], ready=False).run("genuine"))
    assert stage("closed-gate").visits == 0


def test_behind_somebody_else_nobody_is_sent_nor_made_to_wait(specimens: Path) -> None:
    asked: list[str] = []
    busy = training(specimens, "busy-gate", asked, ready=True)
    asyncio.run(busy.run("genuine"))
    with pytest.raises(SimulatorRefused, match="somebody stands in the lane"):
        asyncio.run(busy.run("impostor"))
    assert asked == ["busy-gate"]
    assert stage("busy-gate").visits == 1
    stage("busy-gate").go()


def test_a_broker_whose_port_was_taken_meanwhile_is_told(specimens: Path) -> None:
    settings = Simulation(specimens=specimens, stage="taken-port", broker=True)

    async def story() -> None:
        await lane.broker_away(away=True)
        with socket.create_server(("127.0.0.1", port)):
            with pytest.raises(SimulatorRefused, match="is in use"):
                await lane.broker_away(away=False)
            assert lane.is_broker_away
        await lane.broker_away(away=False)
        assert not lane.is_broker_away

    port = free_port()
    with Surroundings(settings, Broker(port=port), _nobody_asks) as lane:
        asyncio.run(story())


class SlowlyKilled:
    """A broker that is gone some time before whoever takes it away knows."""

    def __init__(self) -> None:
        self.runs = True
        self.killed, self.is_told, self.started = (threading.Event() for _ in range(3))
        self.is_told.set()

    def kill(self) -> None:
        self.runs = False
        self.killed.set()
        assert self.is_told.wait(STUCK_S)

    def start(self) -> None:
        self.runs = True
        self.started.set()


def test_a_broker_that_is_taken_away_while_a_traveller_leaves_stays_away(specimens: Path) -> None:
    broker, where = SlowlyKilled(), stage("leaving")
    simulator = Simulator(specimens, where, broker)
    simulator.send("broker-away")
    broker.is_told.clear()
    broker.killed.clear()
    with ThreadPoolExecutor(1) as panel:
        taking = panel.submit(simulator.take_broker_away, True)
        assert broker.killed.wait(STUCK_S)
        where.go()
        broker.started.wait(0.2)  # time enough for who would bring it back now
        broker.is_told.set()
        taking.result()
    assert simulator.wait_until_mended(STUCK_S)
    assert not broker.runs


@pytest.mark.parametrize("wanted", [True, False])
def test_the_central_system_of_the_lane_may_be_left_out(specimens: Path, wanted: bool) -> None:
    settings = Simulation(specimens=specimens, stage="alone", central=wanted)
    with Surroundings(settings, Broker(port=free_port()), _nobody_asks) as lane:
        assert lane.broker is not None
        assert (lane.central is not None) is wanted


async def _nobody_asks() -> None:
    raise AssertionError
