"""gatectl camera preview: a technician at the camera, whose cable comes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import numpy as np
import pytest
from typing_extensions import override

from edge.errors import DeviceLost
from edge.ports import Camera, Closeable, Frame
from tools.gatectl.camera import Replugged


class Plugged(Closeable):
    """A camera on a cable; it counts who has it open."""

    open = 0

    def __init__(self, cable: Iterator[bool]) -> None:
        self._cable = cable

    @override
    def __enter__(self) -> Self:
        self.probe()
        Plugged.open += 1
        return self

    @override
    def close(self) -> None:
        Plugged.open -= 1

    def probe(self) -> None:
        if not next(self._cable):
            raise DeviceLost("camera", "is not plugged in")

    def identity(self) -> str:
        return "plugged"

    def capture(self, timeout_s: float) -> Frame | None:
        self.probe()
        return Frame(np.zeros((1, 1, 3), np.uint8), timeout_s)


def look(camera: Camera) -> Frame | None:
    return camera.capture(0.1)


def test_a_camera_that_was_unplugged_is_shown_again_when_it_is_back() -> None:
    cable = iter([True, True, False, False, True, True])
    camera = Replugged(lambda: Plugged(cable))
    camera.open()
    assert camera.use(look) is not None
    for _ in ("while it is looked through", "while it is opened anew"):
        with pytest.raises(DeviceLost):
            camera.use(look)
        assert Plugged.open == 0
    assert camera.use(look) is not None
    assert Plugged.open == 1
    camera.close()
    camera.close()
    assert Plugged.open == 0
