"""Keeps the retained topics of a gate true: state, info, health."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from edge.contract.messages import Health, Info, State
from edge.mqtt.publisher import Publisher

HEALTH_EVERY_S = 60.0
LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Announcer:
    """Tells the central system how the gate is; `info` is its birth message."""

    publisher: Publisher
    state: Callable[[], State]
    info: Callable[[], Info]
    health: Callable[[], Health]

    async def run(self) -> None:
        """Announce until cancelled.

        The state is sent again with every health report: a broker may still call a gate offline
        that is back.
        """
        info: Info | None = None
        told: State | None = None
        health_due_s = 0.0
        while True:
            if health_due_s <= 0 and (found := self.info()) != info:
                self.publisher.announce(found)
                info = found
            state = self.state()
            if state != told or health_due_s <= 0:
                self.publisher.announce(state)
                told = state
            if health_due_s <= 0:
                self.publisher.announce(self.health())
                health_due_s = HEALTH_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            health_due_s -= LOOK_EVERY_S
