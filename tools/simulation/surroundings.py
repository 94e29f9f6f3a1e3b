"""What surrounds a virtual lane in training: a broker, a central system, and the travellers.

The daemon finds it by the entry point `training` of the group `egate.surroundings`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from typing import Self

import structlog
from typing_extensions import override

from drivers.virtual.stage import stage
from edge.errors import DeviceError, SettingsError
from edge.ports import Closeable
from edge.screen.simulator import SimulatorRefused
from edge.screen.views import ScenarioView
from edge.settings.delivery import Broker
from edge.settings.simulation import Simulation
from tools.simulation.broker import VirtualBroker
from tools.simulation.central import VirtualCentral
from tools.simulation.simulator import Simulator

PATIENCE_S = 15.0
"""How long a traveller waits for a gate that shuts its doors or finds its devices again."""

log = structlog.get_logger()


class Surroundings(Closeable):
    """Runs the surroundings while entered, and takes the simulator panel's orders."""

    def __init__(
        self, settings: Simulation, broker: Broker, until_ready: Callable[[], Awaitable[None]]
    ) -> None:
        self._settings = settings
        self._until_ready = until_ready
        self._stack = ExitStack()
        self._picked = False
        self.broker: VirtualBroker | None = None
        self.central: VirtualCentral | None = None
        if settings.broker:
            self.broker = VirtualBroker(broker.port, broker.protocol)
            if settings.central:
                self.central = VirtualCentral(broker.host, broker.port, broker.protocol)
        self._stage = stage(settings.stage)
        self.simulator = Simulator(settings.specimens, self._stage, self.broker)

    @override
    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.simulator.scripts()
            for part in (self.broker, self.central):
                if part is not None:
                    stack.enter_context(part)
            self._stack = stack.pop_all()
        return self

    @override
    def close(self) -> None:
        self._stack.close()

    def show(self, hint: str | None) -> None:
        """Let the virtual traveller see what the traveller's screen asks for."""
        self._stage.show(hint)

    def scenarios(self) -> Sequence[ScenarioView]:
        """Every specimen traveller, the genuine one first."""
        scripts = self.simulator.scripts()
        names = sorted(scripts, key=lambda name: (name != "genuine", name))
        return [
            ScenarioView(name=name, title=scripts[name].title, about=scripts[name].about)
            for name in names
        ]

    async def run(self, name: str) -> None:
        """Send a traveller; SimulatorRefused while somebody is in the lane."""
        self._picked = True
        await self._send(name)

    @property
    def is_broker_away(self) -> bool:
        """Whether the panel has taken the broker away."""
        return self.simulator.broker_is_away

    async def broker_away(self, away: bool) -> None:
        """Take the broker away, or bring it back."""
        try:
            await asyncio.to_thread(self.simulator.take_broker_away, away)
        except DeviceError as error:
            raise SimulatorRefused(str(error)) from error

    async def repeat(self) -> None:
        """Send the traveller the settings name again and again, until somebody picks one."""
        if not self._settings.repeat:
            return
        while not self._picked:
            try:
                await self._send(self._settings.repeat)
            except SimulatorRefused as error:
                log.info("simulated_traveller_refused", cause=str(error))
            await asyncio.sleep(self._settings.repeat_every_s)

    async def _send(self, name: str) -> None:
        """Travellers step up when the gate asks them to: behind another one is an intrusion."""
        try:
            if self.simulator.is_lane_empty:
                async with asyncio.timeout(PATIENCE_S):
                    await self._until_ready()
            await asyncio.to_thread(self.simulator.send, name)
        except TimeoutError:
            raise SimulatorRefused("the gate asks for no traveller; see its state") from None
        except SettingsError as error:
            raise SimulatorRefused(str(error)) from error
