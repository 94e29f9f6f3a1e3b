"""Two people for one passage: what one of them proves must not count for the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from drivers.virtual.performance import Act, Performer
from edge.checks import Check, CheckId, Result
from edge.errors import DeviceLost
from edge.face import Hint
from edge.face.pad import Liveness, PadVerdict
from edge.host.device_thread import DeviceThread
from edge.imaging import Decoder
from edge.lane.face_session import FaceEngine, FaceSession
from edge.ports import Frame
from edge.settings.face import FaceSettings
from edge.trust import AuthenticPortrait
from tests.support.face.faces import authentic, live, pipeline, portrait, same_picture, threshold
from tests.support.face.presented import FRAMES_PER_S, means, performer
from tools.evaluation.pad.presentation import look, outcome
from tools.specimen import pictures

T = TypeVar("T")
Picture = NDArray[np.uint8]


class Film:
    """A camera that shows these frames, then is unplugged."""

    def __init__(self, frames: Sequence[Picture], *, is_old: bool) -> None:
        self._frames = list(frames)
        self._shown = 0
        self._began_s = 0.0 if is_old else time.monotonic() + 1

    async def call(self, function: Callable[[Film], T], _: float) -> T:
        return function(self)

    def capture(self, _: float) -> Frame:
        if self._shown == len(self._frames):
            raise DeviceLost("camera", "the film is over")
        self._shown += 1
        taken_s = self._began_s + self._shown / FRAMES_PER_S
        return Frame(self._frames[self._shown - 1].copy(), taken_s)


def disguised() -> Performer:
    """An impostor in dark glasses, alive."""
    crop = pictures.SECOND_LIVE
    picture, landmarks = live(crop).copy(), np.array(crop.landmarks)
    unit = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    glass = Image.new("L", picture.size, 0)
    for x, y in landmarks[:2]:
        reach = (x - 0.48 * unit, y - 0.28 * unit, x + 0.48 * unit, y + 0.42 * unit)
        ImageDraw.Draw(glass).ellipse(reach, fill=255)
    black = Image.new("RGB", picture.size, (12, 12, 14))
    picture.paste(black, (0, 0), glass.filter(ImageFilter.GaussianBlur(2)))
    return Performer(Act.LIVE, np.asarray(picture), landmarks)


def checks(
    frames: Sequence[Picture], document: AuthenticPortrait, *, is_old: bool = False
) -> dict[CheckId, Check]:
    """What becomes of a film before the camera, beside a document that is genuine."""

    async def story() -> tuple[Check, ...]:
        thread, done = DeviceThread("face"), asyncio.Event()
        done.set()
        with Decoder() as decoder:
            engine = FaceEngine(
                thread,
                pipeline(),
                decoder,
                threshold("1e-4"),
                same_picture(),
                lambda: None,
                means(),
            )
            film = Film(frames, is_old=is_old)
            session = FaceSession(engine, film, FaceSettings(), lambda _: None, None)  # type: ignore[arg-type]
            await session.capture(done, lambda: True)
            await session.learn(document)
            found = session.compare()
            session.wipe()
        thread.close()
        return found

    return {check.id: check for check in asyncio.run(story())}


def shown(by: Performer, count: int) -> list[Picture]:
    return [by.frame(number / FRAMES_PER_S) for number in range(count)]


@pytest.fixture(scope="module")
def document() -> AuthenticPortrait:
    return authentic(portrait())


def test_the_holder_passes(document: AuthenticPortrait) -> None:
    found = checks(shown(performer(Act.LIVE), 24), document)
    assert {check.result for check in found.values()} == {Result.SUCCESSFUL}


def test_the_holder_who_stood_there_before_does_not(document: AuthenticPortrait) -> None:
    """A camera may still have pictures of the moment before."""
    found = checks(shown(performer(Act.LIVE), 24), document, is_old=True)
    assert Result.SUCCESSFUL not in {check.result for check in found.values()}


def test_a_living_face_that_nobody_recognises_does_not_prove_a_picture_alive(
    document: AuthenticPortrait,
) -> None:
    """Then, for a moment, a photograph of the holder."""
    impostor = disguised()
    first = pipeline().observe(impostor.frame(0.0))
    assert (first.faces, first.hint) == (1, Hint.SHOW_EYES)
    frames = shown(impostor, 24) + shown(performer(Act.PHOTO), 6)
    found = checks(frames, document)
    assert found[CheckId.FACE_MATCH].result is Result.SUCCESSFUL
    assert found[CheckId.FACE_PAD].result is not Result.SUCCESSFUL


@pytest.mark.parametrize("act", [Act.MASK, Act.BENT_PHOTO])
def test_nobody_answers_for_a_picture(act: Act) -> None:
    """A picture of the holder until something is asked; who turns then is the impostor."""
    liveness, impostor, picture = Liveness(means()), disguised(), performer(act)
    number = 0
    while not liveness.settled:
        t_s, hint = number / FRAMES_PER_S, liveness.hint
        frame = impostor.frame(t_s, hint) if liveness.asked else picture.frame(t_s)
        look(liveness, pipeline(), frame, t_s)
        number += 1
    found = outcome(liveness, 0.0)
    assert found.asked
    assert found.verdict is not PadVerdict.LIVE
