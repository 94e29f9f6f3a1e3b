"""The live picture a technician aligns the camera by: shown, judged, wiped, kept nowhere."""

from __future__ import annotations

import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import structlog
from typing_extensions import override

from edge.errors import DeviceError
from edge.face import DetectedFace, FacePipeline
from edge.host.device_thread import DeviceThread
from edge.lane.camera_stance import advice
from edge.ports import Camera, Frame
from edge.screen import preview
from edge.screen.preview import FaceView, Look, LookView, PreviewRefused

LOOK_S: Final = 0.3
"""How long one look may wait for a picture: a document may come meanwhile."""
LONGEST_S: Final = 60.0
FORGOTTEN_S: Final = 5.0
"""A page that does not ask for so long is gone."""
LARGEST: Final = (640, 640)
RATE_MEMORY: Final = 0.8
"""How much of the rate so far counts beside the newest gap between two pictures."""

Capture: TypeAlias = Callable[[Callable[[Camera], Frame | None], float], Awaitable[Frame | None]]
"""Calls the camera; the second argument is how many seconds the call may take."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PreviewSource:
    """What is looked with: how the camera is called on its thread, and how faces are judged."""

    capture: Capture
    thread: DeviceThread
    pipeline: FacePipeline
    rotate: int = 0
    """Degrees by which the camera's settings turn its pictures, clockwise."""


class CameraPreview(preview.Preview):
    """Shows what the camera sees to one page at a time, for a minute, while nobody is served.

    Used from the event loop's thread only.

    Args:
        source: camera and face engine.
        refusal: why nothing may be shown now; empty when it may.
        random: for the keys of pages.
    """

    def __init__(
        self, source: PreviewSource, refusal: Callable[[], str], random: Callable[[int], bytes]
    ) -> None:
        self._source = source
        self._refusal = refusal
        self._random = random
        self._key = ""
        self._ends_s = self._asked_s = self._taken_s = self._gap_s = 0.0

    @override
    def begin(self) -> str:
        self.reconsider()
        if refusal := self._refusal():
            raise PreviewRefused(refusal)
        self._end("another page asked for it")
        self._key = self._random(16).hex()
        self._asked_s = time.monotonic()
        self._ends_s = self._asked_s + LONGEST_S
        self._taken_s = self._gap_s = 0.0
        log.info("preview_opened")
        return self._key

    @override
    async def look(self, key: str) -> Look | None:
        self._require(key)
        self._asked_s = time.monotonic()
        try:
            frame = await self._source.capture(lambda camera: camera.capture(LOOK_S), LOOK_S)
        except DeviceError as error:
            raise PreviewRefused(str(error)) from error
        if frame is None:
            self._require(key)
            return None
        try:
            source = self._source
            look = await source.thread.call(judged, source.pipeline, frame, source.rotate)
        finally:
            frame.wipe()
        self._require(key)  # a document may have come meanwhile
        view = look.view.model_copy(
            update={
                "frames_per_s": self._rate(frame.taken_s),
                "ends_in_s": round(self._ends_s - time.monotonic()),
            }
        )
        return Look(look.jpeg, view)

    @override
    def end(self, key: str) -> None:
        if key == self._key:
            self._end("the page ended it")

    def reconsider(self) -> None:
        """End the show when nothing may be shown any more: a document is presented, the like."""
        now_s = time.monotonic()
        if now_s > self._ends_s:
            self._end("its time is over")
        elif now_s > self._asked_s + FORGOTTEN_S:
            self._end("the page is gone")
        elif refusal := self._refusal():
            self._end(refusal)

    def _require(self, key: str) -> None:
        self.reconsider()
        if not self._key or key != self._key:
            raise PreviewRefused("the live picture has ended: ask for it again")

    def _end(self, why: str) -> None:
        if self._key:
            self._key = ""
            log.info("preview_ended", cause=why)

    def _rate(self, taken_s: float) -> float:
        """Pictures a second, as they have come so far."""
        gap_s = taken_s - self._taken_s if self._taken_s else 0.0
        self._taken_s = taken_s
        kept = RATE_MEMORY if self._gap_s else 0.0
        self._gap_s = kept * self._gap_s + (1 - kept) * gap_s
        return round(1 / self._gap_s, 1) if self._gap_s else 0.0


def judged(pipeline: FacePipeline, frame: Frame, rotate: int = 0) -> Look:
    """A frame as a page shows it: a small JPEG, and what the gate would say about it.

    `rotate` is what the camera's settings say.
    """
    pixels = frame.pixels
    observation = pipeline.observe(pixels)
    height, width = pixels.shape[:2]
    from PIL import Image  # noqa: PLC0415  # once a technician looks: no gate at work needs it

    picture = Image.fromarray(pixels)
    picture.thumbnail(LARGEST)
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=80)
    picture.paste(0, (0, 0, *picture.size))
    return Look(
        encoded.getvalue(),
        LookView(
            width=width,
            height=height,
            brightness=round(float(pixels.mean()), 1),
            faces=observation.faces,
            face=_face(observation.face, width, height),
            hint=observation.hint.value if observation.hint else None,
            quality=dict(observation.quality),
            usable=observation.usable,
            advice=advice(pipeline.turned(pixels, observation), rotate),
        ),
    )


def _face(face: DetectedFace | None, width: int, height: int) -> FaceView | None:
    if face is None:
        return None
    scale = np.array([width, height])
    left, top, across, down = (face.box / np.tile(scale, 2)).round(4).tolist()
    points = (face.landmarks / scale).round(4).tolist()
    return FaceView(
        box=(left, top, across, down),
        landmarks=tuple((x, y) for x, y in points),
        inter_eye_px=round(face.inter_eye, 1),
    )
