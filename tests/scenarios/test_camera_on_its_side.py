"""A camera that was mounted on its side: everybody is referred, and the gate says what to do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from edge.lane.camera_stance import SEVERAL
from edge.management.announcer import HEALTH_EVERY_S
from edge.settings.devices import DeviceSettings
from edge.settings.tree import Settings
from tools.simulation import lane
from tools.simulation.central import VirtualCentral

ADVICE = "turn the camera, or set `rotate = 0` in [devices.camera]"
"""The lane below has the wrong setting: without it its camera stands upright."""


def on_its_side(settings: Settings) -> Settings:
    camera = settings.devices.camera
    lying = DeviceSettings.model_validate({"driver": camera.driver, **camera.options, "rotate": 90})
    return settings.model_copy(
        update={
            "devices": settings.devices.model_copy(update={"camera": lying}),
            "face": settings.face.model_copy(update={"patience_s": 1.0}),
        }
    )


def notices(central: VirtualCentral) -> list[str]:
    health = next(
        (body for name, body in central.retained.items() if name.endswith("/health")), b"{}"
    )
    found: list[str] = json.loads(health).get("notices", [])
    return found


def test_technician_and_central_system_hear_that_the_camera_lies(
    quick_lane: Settings, tmp_path: Path
) -> None:
    async def story() -> None:
        async with lane.running(on_its_side(quick_lane), tmp_path) as running:
            central, runner = running.training.central, running.daemon.gate.parts.runner
            assert central is not None
            for _ in range(SEVERAL):
                assert not runner.notices
                assert (await running.passage("genuine"))["decision"] == "refer"
            (notice,) = runner.notices
            assert ADVICE in notice
            told = await asyncio.to_thread(
                central.wait_for, lambda c: notices(c) == [notice], 2 * HEALTH_EVERY_S
            )
            assert told

    asyncio.run(story())
