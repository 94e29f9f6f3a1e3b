"""camera-v4l2 on the kernel's vivid, in the machine of tests/support/qemu.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from drivers.camera_picture import Pixels, Quarter
from edge.errors import DeviceBusy, DeviceLost
from edge.ports import Frame
from tests.support import vivid

v4l2 = pytest.importorskip("drivers.camera_v4l2", reason="the extra `cameras` is not installed")
setup = pytest.importorskip("drivers.camera_v4l2_setup")

pytestmark = [pytest.mark.whole, pytest.mark.qemu]

SOON_S = 20.0
SQUARES, RED, GREEN, BLUE = 4, 7, 8, 9
"""Test patterns of vivid."""
PLAIN: dict[str, int] = {"osd_text_mode": 2, "test_pattern": RED}


@pytest.fixture(autouse=True)
def _plugged() -> Iterator[None]:
    reason = vivid.missing()
    if reason:
        pytest.skip(reason)
    yield
    vivid.bind()


def camera(**options: Any) -> Any:
    return v4l2.V4l2Camera(v4l2.V4l2Camera.Settings(path=vivid.path(), **options))


def first(**options: Any) -> Frame:
    with camera(**options) as opened:
        frame = opened.capture(SOON_S)
    assert isinstance(frame, Frame)
    return frame


def mean(pixels: Pixels) -> tuple[float, ...]:
    return tuple(float(value) for value in pixels.reshape(-1, 3).mean(0))


@pytest.mark.parametrize(
    ("pattern", "colour"), [(RED, (255, 0, 0)), (GREEN, (0, 255, 0)), (BLUE, (0, 0, 255))]
)
def test_colours_are_as_the_camera_means_them(pattern: int, colour: tuple[int, ...]) -> None:
    frame = first(controls=PLAIN | {"test_pattern": pattern})
    assert np.abs(np.array(mean(frame.pixels)) - colour).max() < 6


@pytest.mark.parametrize("size", [(320, 180), (640, 360), (1280, 720)])
def test_sizes(size: tuple[int, int]) -> None:
    frame = first(width=size[0], height=size[1], controls=PLAIN)
    assert frame.pixels.shape == (size[1], size[0], 3)


@pytest.mark.parametrize(("rotate", "shape"), [(90, (640, 480)), (180, (480, 640))])
def test_a_camera_on_its_side_shows_people_upright(rotate: Quarter, shape: tuple[int, int]) -> None:
    assert first(rotate=rotate).pixels.shape[:2] == shape


def test_grey_pictures_as_infrared_cameras_send() -> None:
    pixels = first(pixel_format="GREY", controls=PLAIN).pixels
    assert (pixels[..., 0] == pixels[..., 1]).all()
    assert (pixels[..., 1] == pixels[..., 2]).all()


def test_a_size_it_does_not_have_is_refused_with_what_it_offers() -> None:
    with pytest.raises(DeviceLost, match=r"offers 640x480 YUYV, not 648x486 YUYV"):
        first(width=648, height=486)


def test_a_format_it_does_not_have_is_refused() -> None:
    with pytest.raises(DeviceLost, match="not 640x480 MJPG"):
        first(pixel_format="MJPG")


@pytest.mark.parametrize("controls", [{"no_such": 1}, {"brightness": 100_000}])
def test_a_control_that_cannot_be_set_is_named(controls: Mapping[str, int]) -> None:
    with pytest.raises(DeviceLost, match=next(iter(controls))):
        first(controls=controls)


def test_a_camera_another_program_streams_from_is_busy_and_free_afterwards() -> None:
    with camera() as holder:
        assert holder.capture(SOON_S) is not None
        with pytest.raises(DeviceBusy, match="fuser"):
            first()
        assert holder.capture(SOON_S) is not None
    assert first().pixels.shape == (480, 640, 3)


def test_what_lay_in_the_buffers_is_not_shown_to_the_next_traveller() -> None:
    with camera(controls=PLAIN) as opened:
        assert opened.capture(SOON_S) is not None
        opened._device.controls[setup_id(opened, "test_pattern")].value = GREEN
        before_s = time.monotonic()
        while time.monotonic() < before_s + 1.5:
            pass  # every buffer has long been filled, and left
        asked_s = time.monotonic()
        frame = opened.capture(SOON_S)
        assert frame is not None
        assert frame.taken_s > asked_s - v4l2.STALE_S
        assert np.abs(np.array(mean(frame.pixels)) - (0, 255, 0)).max() < 6


def setup_id(opened: Any, name: str) -> Any:
    return next(key for key, each in opened._device.controls.items() if each.config_name == name)


def test_while_nobody_looks_nothing_is_left_in_the_buffers() -> None:
    with camera(controls=PLAIN | {"test_pattern": SQUARES}) as opened:
        assert opened.capture(SOON_S) is not None
        assert until(lambda: idle(opened))
        assert all(not memory.any() for memory in opened._buffers.values())
        assert opened.capture(SOON_S) is not None, "and it looks again when asked"


def idle(opened: Any) -> bool:
    opened.probe()
    return not opened._lent


def until(holds: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + SOON_S
    while not holds():
        if time.monotonic() > deadline_s:
            return False
    return True


def test_no_camera_at_all_is_told_apart() -> None:
    vivid.unbind()
    with pytest.raises(DeviceLost, match="is not plugged in"):
        v4l2.V4l2Camera(v4l2.V4l2Camera.Settings(path="/dev/video0")).__enter__()


def test_what_is_found() -> None:
    found = setup.found_cameras()
    assert [each.path for each in found] == [vivid.path()]
    assert "640x480" in found[0].sizes["YUYV"]
    assert "brightness" in found[0].controls
