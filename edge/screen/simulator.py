"""The simulator panel's orders; there is one in training operation only."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Protocol

from pydantic import Field, StrictBool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from edge.errors import EdgeError
from edge.screen.guard import read_order
from edge.screen.views import ScenarioView, View


class SimulatorRefused(EdgeError):
    """The simulator cannot do this now; the message says why, and what to do instead."""


class Simulator(Protocol):
    """Sends travellers through a virtual lane; raises SimulatorRefused when it cannot."""

    def scenarios(self) -> Sequence[ScenarioView]:
        """Every traveller there is, in the order to show them."""

    async def run(self, name: str) -> None:
        """Send this traveller; return once the traveller has stepped up, not when gone."""

    @property
    def is_broker_away(self) -> bool:
        """Whether the broker was taken away."""

    async def broker_away(self, away: bool) -> None:
        """Take the broker away, or bring it back."""


class RunOrder(View):
    """Which traveller to send."""

    scenario: str = Field(max_length=100)


class NetworkOrder(View):
    """Whether the broker is to be away."""

    away: StrictBool


class Panel:
    """Answers the simulator panel."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        """Where the panel's orders go."""
        return [
            Route("/simulator/scenarios", self._list),
            Route("/simulator/run", self._run, methods=["POST"]),
            Route("/simulator/network", self._network, methods=["POST"]),
        ]

    async def _list(self, _: Request) -> JSONResponse:
        found = self._simulator.scenarios()
        scenarios = [one.model_dump(mode="json") for one in found]
        return JSONResponse({"scenarios": scenarios, "away": self._simulator.is_broker_away})

    async def _run(self, request: Request) -> JSONResponse:
        order = await read_order(request, RunOrder)
        names = [one.name for one in self._simulator.scenarios()]
        if order.scenario not in names:
            near = difflib.get_close_matches(order.scenario, names, n=3, cutoff=0.3)
            error = {"error": "there is no such scenario", "nearest": near or names}
            return JSONResponse(error, status_code=404)
        try:
            await self._simulator.run(order.scenario)
        except SimulatorRefused as error:
            raise HTTPException(409, str(error)) from error
        return JSONResponse({"running": order.scenario}, status_code=202)

    async def _network(self, request: Request) -> JSONResponse:
        order = await read_order(request, NetworkOrder)
        try:
            await self._simulator.broker_away(order.away)
        except SimulatorRefused as error:
            raise HTTPException(409, str(error)) from error
        return JSONResponse({"away": order.away})
