"""Judges one traveller's presentation: watches, and asks for a movement only when in doubt.

Only the face thread uses it.  It keeps numbers, and small grey pieces of the first frame while the
capture lasts; `wipe` overwrites them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.detection import DetectedFace
from edge.face.hints import Hint
from edge.face.pad.combination import PadVerdict, Weights
from edge.face.pad.continuity import Continuity, Recognition
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.depth import Depth
from edge.face.pad.grid import Grid
from edge.face.pad.prompt import Challenge, Held, PromptState
from edge.face.pad.relief import Relief
from edge.face.pad.stillness import Stillness
from edge.face.pad.surroundings import Surroundings
from edge.face.pad.texture import Network, Texture
from edge.face.pipeline import Observation
from edge.face.template import FaceTemplate

SOONEST: Final = 10
"""Frames with a face before there is a verdict."""
SOONEST_S: Final = 0.8
DOUBT: Final = 18
"""Frames with a face before the gate asks or refuses."""
DOUBT_S: Final = 2.0
"""And seconds."""
LEAST_EYES: Final = 30.0
"""Pixels between the eyes; smaller faces do not count."""
RECOGNISED: Final = 8
"""One of so many frames is compared: it must be the same person."""
ANSWERS_RECOGNISED: Final = 2
"""And one of so many while the traveller is asked: an answer takes no longer."""
MOST_FRAMES: Final = 400
"""Frames after which no more count: a traveller does not stay for ever."""
FARTHEST: Final = 20_000.0
"""Pixels; no camera has as many in a row."""


class Asking(StrEnum):
    """When travellers are asked to move."""

    NEVER = "never"
    IN_DOUBT = "in_doubt"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Means:
    """The means to judge presentations."""

    weights: Weights
    recognition: Recognition
    texture: Network | None
    random: Callable[[int], bytes]
    asking: Asking = Asking.IN_DOUBT
    answer_s: float = 4.0
    """Seconds that a traveller has for each movement."""


class Liveness:
    """Watches one presentation; `settled` when more frames would change nothing.

    Only frames that can be compared count.  A face behind dark glasses or a mask may be alive, but
    not that of the holder.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._stillness, self._continuity = Stillness(), Continuity(means.recognition)
        self._relief, self._surroundings = Relief(), Surroundings()
        self._texture, self._grid, self._depth = Texture(means.texture), Grid(), Depth()
        self._challenge: Challenge | None = None
        self._held: list[Held] = []
        self._still = Held(0.0)
        self._frames = 0
        self._began_s = 0.0
        self._too_far = False
        self.settled = False
        self.verdict = PadVerdict.DOUBT

    @property
    def hint(self) -> Hint | None:
        """The movement to ask for now; the way back for a head that is turned too far."""
        asked = None if self._challenge is None or self.settled else self._challenge.hint
        return Hint.LOOK_STRAIGHT if asked is not None and self._too_far else asked

    @property
    def frames(self) -> int:
        """Number of frames with one face that counted."""
        return self._frames

    @property
    def wants_template(self) -> bool:
        """Whether the next usable frame must be compared, even if it is not the best."""
        every = ANSWERS_RECOGNISED if self.asked else RECOGNISED
        return not self.settled and self._frames % every == 0

    @property
    def asked(self) -> bool:
        """Whether the traveller was asked to move."""
        return self._challenge is not None

    def see(
        self,
        pixels: NDArray[np.uint8],
        observation: Observation,
        taken_s: float,
        depth: NDArray[np.float32] | None = None,
    ) -> None:
        """Take a frame into account."""
        face = only_face(observation) if observation.usable else None
        self._too_far = observation.hint is Hint.LOOK_STRAIGHT
        if self.settled or self._frames >= MOST_FRAMES:
            self.settled = True
            return
        if face is not None:
            self._look(pixels, face, taken_s, depth)
        if self._challenge is None:
            self._judge(taken_s)
        else:
            self._ask(self._challenge, face, taken_s)

    def recognise(self, template: FaceTemplate) -> None:
        """Take the template of a frame into account, also once settled."""
        self._continuity.see(template)

    def conclude(self) -> PadVerdict:
        """The final verdict: a person who was found alive must still be the same person."""
        if self.verdict is PadVerdict.LIVE:
            self.verdict = self._means.weights.verdict(self.cues())
        return self.verdict

    def cues(self) -> tuple[Cue, ...]:
        """The cues so far."""
        answer = Cue.unknown(CueName.ANSWER) if self._challenge is None else self._challenge.cue()
        watching = (
            self._stillness, self._continuity, self._relief, self._surroundings, self._texture,
            self._grid, self._depth,
        )  # fmt: skip
        return (*(each.cue() for each in watching), answer)

    def _look(
        self,
        pixels: NDArray[np.uint8],
        face: DetectedFace,
        taken_s: float,
        depth: NDArray[np.float32] | None,
    ) -> None:
        if not self._frames:
            self._began_s = taken_s
        self._frames += 1
        for each in (
            self._stillness, self._relief, self._surroundings, self._texture, self._grid
        ):  # fmt: skip
            each.see(pixels, face)
        if depth is not None:
            self._depth.see(depth, face, (pixels.shape[0], pixels.shape[1]))
        if self._challenge is None:
            self._held.append(Held.of(face))

    def _judge(self, taken_s: float) -> None:
        """Judge after a while, and ask for a movement when the cues are not enough."""
        watched_s = taken_s - self._began_s
        if self._frames < SOONEST or watched_s < SOONEST_S:
            return
        found, asking = self._means.weights.verdict(self.cues()), self._means.asking
        to_be_asked = found is PadVerdict.LIVE and asking is Asking.ALWAYS
        self.verdict = PadVerdict.DOUBT if to_be_asked else found
        if self.verdict is PadVerdict.LIVE:
            self.settled = True
        elif watched_s < DOUBT_S or self._frames < DOUBT:
            return
        elif self.verdict is PadVerdict.ATTACK or asking is Asking.NEVER:
            self.settled = True
        else:
            self._still = Held.usual(self._held)
            self._challenge = Challenge(self._means.random, self._means.answer_s)
            self.verdict = PadVerdict.DOUBT

    def _ask(self, challenge: Challenge, face: DetectedFace | None, taken_s: float) -> None:
        held = None if face is None else Held.of(face)
        challenge.see(held, self._still, taken_s)
        if challenge.over:
            self.settled = True
            self.verdict = self._means.weights.verdict(self.cues())
            if challenge.state is not PromptState.ANSWERED and self.verdict is PadVerdict.LIVE:
                self.verdict = PadVerdict.DOUBT

    def wipe(self) -> None:
        """Overwrite every piece of a picture; no more frames count."""
        self.settled = True
        for each in (self._stillness, self._continuity, self._relief, self._surroundings):
            each.wipe()


def only_face(observation: Observation) -> DetectedFace | None:
    """The face, when it is the only one and its landmarks are finite."""
    face = observation.face
    if face is None or observation.faces != 1:
        return None
    numbers = np.concatenate([face.landmarks.ravel(), face.box])
    if not np.isfinite(numbers).all() or float(np.abs(numbers).max()) > FARTHEST:
        return None
    return face if face.inter_eye >= LEAST_EYES and float(face.box[2:].min()) >= 1 else None
