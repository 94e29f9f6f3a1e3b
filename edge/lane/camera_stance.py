"""Whether the camera stands upright, by how the faces of travellers lie in its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

SEVERAL: Final = 3
"""Travellers one after the other whose faces lie alike: one alone may have leaned, or been a
picture."""
_LIES: Final[Mapping[int, str]] = {
    90: "lies on its side",
    180: "stands on its head",
    270: "lies on its side",
}

log = structlog.get_logger()


def advice(turned: int, rotate: int) -> str:
    """What a technician does about pictures in which faces lie; empty when they do not.

    Degrees, clockwise: `turned` is how the faces lie, `rotate` what the camera's settings say now.
    """
    if not turned:
        return ""
    return (
        f"the picture of the camera {_LIES[turned]}: turn the camera, or set"
        f" `rotate = {(rotate - turned) % 360}` in [devices.camera] and start egated again"
    )


class CameraStance:
    """What the last travellers say of how the camera stands; `rotate` as in its settings."""

    def __init__(self, rotate: int = 0) -> None:
        self._rotate = rotate
        self._turned = self._travellers = 0

    def note(self, lying: Mapping[int, int]) -> None:
        """A traveller was looked at: how many faces lay how, in degrees clockwise.

        What most of the faces do counts.  A traveller without a face says nothing.
        """
        total = sum(lying.values())
        if not total:
            return
        turned = next((turned for turned, count in lying.items() if 2 * count > total), 0)
        self._travellers = self._travellers + 1 if turned == self._turned else 1
        self._turned = turned
        if turned and self._travellers == SEVERAL:
            log.warning("camera_turn_detected", cause=self.advice)

    @property
    def advice(self) -> str:
        """What a technician does about it; empty while the camera seems to stand upright."""
        return advice(self._turned, self._rotate) if self._travellers >= SEVERAL else ""
