"""The face's part of a transaction: capture while the chip is read, compare once it is proven."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from edge.checks import Check
from edge.devices.supervisor import Supervised
from edge.errors import DeviceError, DocumentError
from edge.face import BestFrame, FacePipeline, Guidance, Hint, Observation, examine, match
from edge.face.examination import SimilarityBounds
from edge.face.pad import Liveness, Means, examine_presentation
from edge.face.template import ReferenceTemplate
from edge.host.device_thread import DeviceThread
from edge.imaging import Decoder
from edge.lane.strangers import Somebody, Strangers
from edge.ports import Camera, DepthMap, DepthSensor, Frame
from edge.settings.face import FaceSettings
from edge.trust import AuthenticPortrait

FRAME_WAIT_S = 0.5
DEPTH_WAIT_S = 0.05
ASKED_LONGER_S = 8.0
TURNED_EVERY = 5
"""While there is no face, every fifth frame is looked at turned: that takes three looks more."""


@dataclass(frozen=True, slots=True)
class FaceEngine:
    """What faces are worked on with: one thread, two networks, one confined decoder.

    `forget` overwrites what was freed of the pictures, and gives the memory back.
    """

    thread: DeviceThread
    pipeline: FacePipeline
    decoder: Decoder
    threshold: float
    same_picture: float
    forget: Callable[[], None]
    means: Means | None
    """What presentation attacks are detected with; None: they are not."""

    def reference(self, portrait: AuthenticPortrait) -> ReferenceTemplate | None:
        """What live faces are compared with; None when the portrait shows no face.

        Raises:
            DocumentError: the portrait cannot be decoded.
        """
        pixels = self.decoder.decode(portrait.image)
        try:
            return self.pipeline.reference(portrait, pixels)
        finally:
            pixels.fill(0)


class FaceSession:
    """One traveller before the camera.  `guide` hears each new hint, None when all is well.

    A frame lives until it has been judged; of the best one the template stays until `wipe`.
    """

    def __init__(
        self,
        engine: FaceEngine,
        camera: Supervised[Camera],
        settings: FaceSettings,
        guide: Callable[[str | None], None],
        depth: Supervised[DepthSensor] | None,
    ) -> None:
        self._engine = engine
        self._camera = camera
        self._settings = settings
        self._guide = guide
        self._depth = depth
        self._guidance = Guidance()
        self._best = BestFrame()
        self._reference: ReferenceTemplate | None = None
        self._liveness = Liveness(engine.means) if engine.means is not None else None
        self.checks: tuple[Check, ...] = ()
        self.lying: Counter[int] = Counter()
        """In how many frames the face lay by how many degrees, clockwise."""
        self.lost = False
        """The camera went away meanwhile."""
        self._complete = True

    @property
    def frames(self) -> int:
        """How many frames were looked at."""
        return self._best.frames

    @property
    def usable(self) -> int:
        """How many of them could be compared."""
        return self._best.usable

    @property
    def quality(self) -> Mapping[str, int]:
        """The measures of the best frame."""
        return self._best.observation.quality if self._best.observation else {}

    async def capture(self, document_done: asyncio.Event, is_wanted: Callable[[], bool]) -> None:
        """Look until there are enough usable frames and the document is done.

        Once nobody wants a comparison any more, looking ends at once; else the traveller has
        `patience_s` from when the document is done.
        """
        began_s = time.monotonic()
        done_s: float | None = None
        try:
            while True:
                late, done = False, document_done.is_set()
                if done:
                    done_s = done_s or time.monotonic()
                    late = time.monotonic() - done_s > self._patience_s
                self._complete = late or is_wanted()
                if late or not is_wanted() or (done and self._has_enough()):
                    return
                frame = await self._camera.call(_newest_frame, FRAME_WAIT_S)
                if frame is not None and frame.taken_s < began_s:
                    frame.wipe()  # it shows the person who stood there before
                elif frame is not None:
                    observation = await self._look(frame)
                    hint = self._hint_for(observation, frame.taken_s)
                    self._guide(hint.value if hint else None)
        except DeviceError:
            self.lost = True

    async def learn(self, portrait: AuthenticPortrait) -> None:
        """Take in the portrait of the document, while `capture` may still be looking."""
        with suppress(DocumentError):  # a portrait nobody can decode matches nobody
            await self._engine.thread.call(self._learn, portrait)

    def compare(self) -> tuple[Check, ...]:
        """Compare the best frame with the portrait, as far as there are both."""
        similarity = None
        if self._reference is not None and self._best.template is not None:
            similarity = match(self._reference, self._best.template)
        self.checks = examine(
            self._best,
            similarity,
            SimilarityBounds(self._engine.threshold, self._engine.same_picture),
            complete=self._complete,
            presentation=examine_presentation(self._liveness, complete=self._complete),
        )
        return self.checks

    def similarities(
        self, strangers: Strangers, who: Somebody, now_s: float
    ) -> list[tuple[float, bool]]:
        """Compare the best frame with strangers, then keep the portrait among them.

        Nothing is compared that `compare` did not compare.
        """
        live = self._best.template
        if not self.checks or self._reference is None or live is None:
            return []
        found = strangers.similarities(live, who, now_s)
        strangers.keep(self._reference.template, who, now_s)
        return found

    def wipe(self) -> None:
        """Forget the face, after whatever the face thread is still looking at."""
        self._engine.thread.soon(self._wipe)

    @property
    def _patience_s(self) -> float:
        """Who is asked to move has the time for it besides."""
        asked = self._liveness is not None and self._liveness.asked
        return self._settings.patience_s + (ASKED_LONGER_S if asked else 0.0)

    def _has_enough(self) -> bool:
        settled = self._liveness is None or self._liveness.settled
        return settled and self.usable >= self._settings.frames

    def _hint_for(self, observation: Observation, taken_s: float) -> Hint | None:
        """What is asked of a traveller comes before a better picture, but not before a face.

        It comes and goes at once: what is done sooner than it can be read does not count.
        """
        better = self._guidance.after(observation.hint, taken_s)
        asked = self._liveness.hint if self._liveness is not None else None
        if asked is None or observation.hint in {Hint.NO_FACE, Hint.ONE_PERSON}:
            return better
        return asked

    async def _look(self, frame: Frame) -> Observation:
        """Judge a frame, and wipe whatever was taken of the traveller."""
        depth: DepthMap | None = None
        try:
            depth = await self._depth_map()
            return await self._engine.thread.call(self._observe, frame, depth)
        finally:
            frame.wipe()
            if depth is not None:
                depth.wipe()

    async def _depth_map(self) -> DepthMap | None:
        if self._depth is None:
            return None
        return await self._depth.call(lambda sensor: sensor.capture(DEPTH_WAIT_S), DEPTH_WAIT_S)

    def _learn(self, portrait: AuthenticPortrait) -> None:
        self._reference = self._engine.reference(portrait)

    def _wipe(self) -> None:
        self._best.wipe()
        if self._reference is not None:
            self._reference.template.wipe()
        if self._liveness is not None:
            self._liveness.wipe()
        self._engine.forget()

    def _observe(self, frame: Frame, depth: DepthMap | None) -> Observation:
        """Judge a frame, and embed it at once when it is the best: later there is no time."""
        pipeline, liveness = self._engine.pipeline, self._liveness
        observation = pipeline.observe(frame.pixels)
        self._note_lying(frame, observation)
        better = self._best.would_improve(observation)
        due = liveness is not None and observation.usable and liveness.wants_template
        if (better or due) and observation.face is not None:
            template = pipeline.embed(frame.pixels, observation.face)
            if liveness is not None:
                liveness.recognise(template)
            if better:
                self._best.keep(observation, template)
            else:
                template.wipe()
        if liveness is not None:
            metres = depth.metres if depth is not None else None
            liveness.see(frame.pixels, observation, frame.taken_s, metres)
        return observation

    def _note_lying(self, frame: Frame, observation: Observation) -> None:
        is_due = not self.lying and self.frames % TURNED_EVERY == TURNED_EVERY - 1
        if observation.face is not None or is_due:
            turned = self._engine.pipeline.turned(frame.pixels, observation)
            if turned or observation.face is not None:
                self.lying[turned] += 1


def _newest_frame(camera: Camera) -> Frame | None:
    return camera.capture(FRAME_WAIT_S)
