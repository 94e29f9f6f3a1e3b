"""Whether the lane serves, for monitoring: `/healthz`."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse

from edge.gate.states import Alarmed, Evacuating, Sign, Vacating
from edge.screen.views import LaneView, Scene

PEOPLE_FIRST: Final = frozenset(state.__name__ for state in (Alarmed, Evacuating, Vacating))
"""States in which somebody must look or leave before anybody is served."""


def answer(scene: Scene | None) -> JSONResponse:
    """Say 200 when the lane serves, 503 with the cause when it does not."""
    if scene is None:
        return JSONResponse({"status": "starting"}, status_code=503)
    lane = scene.lane
    status = _status(lane)
    body = {
        "status": status,
        "state": lane.state,
        "version": lane.version,
        "simulated": lane.simulated,
        "devices": {device.role: device.status for device in lane.devices},
        "outbox": lane.outbox.model_dump(mode="json"),
    }
    return JSONResponse(body, status_code=200 if status == "ready" else 503)


def _status(lane: LaneView) -> str:
    if lane.state in PEOPLE_FIRST:
        return lane.state.lower()
    found = {device.status for device in lane.devices}
    for worse in ("lost", "starting"):
        if worse in found:
            return worse
    if lane.sign is not Sign.CLOSED:
        return "ready"
    return "maintenance" if lane.maintenance else "closed"
