"""Keeps the retained topics of a gate true: state, info, health."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edge.gate.states import Evacuating, Maintenance, OutOfService
from edge.loop import Loop
from edge.publisher import Publisher
from edge.recorder import Recorder

HEALTH_EVERY_S = 60.0
LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Announcer:
    """Tells the central system how the gate is; `info` is its birth message."""

    lane: Loop
    recorder: Recorder
    publisher: Publisher
    clock: Callable[[], datetime]

    async def run(self, info: dict[str, Any]) -> None:
        """Announce until cancelled."""
        self.publisher.announce("info", info)
        told = ""
        health_due_s = 0.0
        while True:
            state = state_word(self.lane)
            if state != told:
                self.publisher.announce("state", {"state": state})
                told = state
            if health_due_s <= 0:
                self.publisher.announce("health", self._health())
                health_due_s = HEALTH_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            health_due_s -= LOOK_EVERY_S

    def _health(self) -> dict[str, Any]:
        now = self.clock()
        return {
            "time": now.isoformat(),
            "devices": {
                device.status.role: device.status.health.value
                for device in self.lane.devices.every()
            },
            "outbox": {
                "depth": self.recorder.depth,
                "oldest_age_s": self.recorder.oldest_age_s(now),
            },
            "journal": "ready" if self.recorder.healthy else "lost",
        }


def state_word(lane: Loop) -> str:
    """The word of the vocabulary for the retained `state` topic."""
    match lane.state:
        case Evacuating():
            return "emergency"
        case Maintenance():
            return "maintenance"
        case OutOfService():
            return "degraded"
        case _:
            return "online"
