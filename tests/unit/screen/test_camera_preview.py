"""The technician's look through the camera: ended by a traveller, by time, by another page."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import numpy as np
import pytest
from PIL import Image
from structlog.testing import capture_logs

from edge.errors import DeviceLost
from edge.face import FacePipeline
from edge.host.device_thread import DeviceThread
from edge.ports import Camera, Frame
from edge.screen import camera_preview as preview
from edge.screen.camera_preview import CameraPreview, PreviewSource, judged
from edge.screen.preview import PreviewRefused
from tests.support.face import faces

SERVED = "a traveller is being served"


class Bench:
    """A preview whose camera and lane are what the test says."""

    def __init__(self, thread: DeviceThread) -> None:
        self.refusal = ""
        self.lost = False
        self.sees = True
        self.frames: list[Frame] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self._times = count(1)
        nothing = FacePipeline(lambda _: [], ())
        source = PreviewSource(self.capture, thread, nothing)
        self.shown = CameraPreview(source, lambda: self.refusal, os.urandom)

    async def capture(self, _: Callable[[Camera], Frame | None], __: float) -> Frame | None:
        await asyncio.sleep(0)
        self.meanwhile()
        if self.lost:
            raise DeviceLost("camera", "was unplugged")
        if not self.sees:
            return None
        # Too small for a face: nothing is detected in it.
        frame = Frame(np.full((24, 31, 3), 77, np.uint8), next(self._times) / 20)
        self.frames.append(frame)
        return frame


@pytest.fixture
def bench() -> Iterator[Bench]:
    with thread() as face:
        yield Bench(face)


@contextmanager
def thread() -> Iterator[DeviceThread]:
    found = DeviceThread("face")
    yield found
    found.close()


def test_a_page_sees_what_the_camera_sees_and_the_frame_is_wiped(bench: Bench) -> None:
    async def story() -> None:
        key = bench.shown.begin()
        look = await bench.shown.look(key)
        assert look is not None
        with Image.open(io.BytesIO(look.jpeg)) as picture:
            assert picture.size == (31, 24)
            assert abs(int(np.asarray(picture).mean()) - 77) < 3
        assert (look.view.width, look.view.height, look.view.faces) == (31, 24, 0)
        assert look.view.brightness == 77
        assert 0 < look.view.ends_in_s <= preview.LONGEST_S
        for _ in range(3):
            look = await bench.shown.look(key)
            assert look is not None
        assert look.view.frames_per_s == 20

    asyncio.run(story())
    assert not any(frame.pixels.any() for frame in bench.frames)


@pytest.mark.parametrize(("quarters", "rotate"), [(1, 90), (2, 180), (3, 270)])
def test_a_picture_on_its_side_says_how_the_camera_is_set_right(quarters: int, rotate: int) -> None:
    lying = np.rot90(np.asarray(faces.live()), quarters).copy()  # counter-clockwise
    advice = judged(faces.pipeline(), Frame(lying, 0.0)).view.advice
    assert f"`rotate = {rotate}`" in advice
    upright = Frame(np.array(faces.live()), 0.0)
    assert judged(faces.pipeline(), upright, rotate).view.advice == ""


def test_nothing_personal_is_logged(bench: Bench) -> None:
    async def story() -> str:
        key = bench.shown.begin()
        await bench.shown.look(key)
        bench.shown.end(key)
        return key

    with capture_logs() as said:
        key = asyncio.run(story())
    assert [(line["event"], line.get("cause")) for line in said] == [
        ("preview_opened", None),
        ("preview_ended", "the page ended it"),
    ]
    assert key not in str(said)


def test_while_a_traveller_is_served_it_does_not_begin(bench: Bench) -> None:
    bench.refusal = SERVED
    with pytest.raises(PreviewRefused, match=SERVED):
        bench.shown.begin()


def test_a_document_ends_it_at_once_and_for_good(bench: Bench) -> None:
    async def story() -> None:
        key = bench.shown.begin()
        bench.refusal = SERVED
        bench.shown.reconsider()
        bench.refusal = ""  # the traveller has passed: the page must ask anew
        with pytest.raises(PreviewRefused, match="has ended"):
            await bench.shown.look(key)

    with capture_logs() as said:
        asyncio.run(story())
    assert said[-1]["cause"] == SERVED
    assert bench.frames == []


def test_a_picture_taken_while_a_document_came_is_shown_to_nobody(bench: Bench) -> None:
    async def story() -> None:
        key = bench.shown.begin()
        bench.meanwhile = lambda: setattr(bench, "refusal", SERVED)
        with pytest.raises(PreviewRefused):
            await bench.shown.look(key)
        bench.sees, bench.refusal = False, ""
        key = bench.shown.begin()
        with pytest.raises(PreviewRefused):
            await bench.shown.look(key)

    asyncio.run(story())
    assert not any(frame.pixels.any() for frame in bench.frames)


def test_a_second_page_takes_it_over(bench: Bench) -> None:
    async def story() -> None:
        first = bench.shown.begin()
        second = bench.shown.begin()
        assert first != second
        with pytest.raises(PreviewRefused):
            await bench.shown.look(first)
        bench.shown.end(first)
        assert await bench.shown.look(second) is not None

    asyncio.run(story())


@pytest.mark.parametrize("key", ["", "00" * 16])
def test_a_guessed_key_sees_nothing(bench: Bench, key: str) -> None:
    async def story() -> None:
        with pytest.raises(PreviewRefused):
            await bench.shown.look(key)
        bench.shown.begin()
        with pytest.raises(PreviewRefused):
            await bench.shown.look(key)

    asyncio.run(story())
    assert bench.frames == []


@pytest.mark.parametrize(
    ("name", "why"), [("LONGEST_S", "its time is over"), ("FORGOTTEN_S", "the page is gone")]
)
def test_it_ends_by_itself(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    async def story() -> None:
        key = bench.shown.begin()
        with pytest.raises(PreviewRefused):
            await bench.shown.look(key)

    monkeypatch.setattr(preview, name, -1.0)
    with capture_logs() as said:
        asyncio.run(story())
    assert said[-1]["cause"] == why


def test_a_camera_that_is_gone_is_said(bench: Bench) -> None:
    async def story() -> None:
        key = bench.shown.begin()
        bench.lost = True
        with pytest.raises(PreviewRefused, match="was unplugged"):
            await bench.shown.look(key)

    asyncio.run(story())


def test_no_picture_just_now_is_none(bench: Bench) -> None:
    async def story() -> None:
        bench.sees = False
        assert await bench.shown.look(bench.shown.begin()) is None

    asyncio.run(story())


def test_what_is_said_of_a_face_is_what_the_gate_would_say() -> None:
    pixels = np.array(faces.live())
    pipeline = faces.pipeline()
    observation = pipeline.observe(pixels)
    assert observation.face is not None
    view = judged(pipeline, Frame(pixels.copy(), 0.0)).view
    assert view.quality == observation.quality
    assert view.usable is observation.usable
    assert view.face is not None
    assert view.face.inter_eye_px == round(observation.face.inter_eye, 1)
    left, top, width, height = view.face.box
    assert 0 <= left < left + width <= 1.2
    assert 0 <= top < top + height <= 1.2
    assert all(0 < x < 1 and 0 < y < 1 for x, y in view.face.landmarks)
