"""Asks for a few small movements when in doubt: a recording cannot know which.

Five landmarks show the pose of the head.  The random source that is passed in chooses the
movements.  A movement counts when it begins after the question, goes the right way at once and
comes in time, because a shaken head makes every movement.  A traveller who does nothing has not
failed: that is doubt, never an attack.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from edge.face.detection import DetectedFace
from edge.face.hints import Hint
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.relief import nose

TURNS: Final = (Hint.TURN_LEFT, Hint.TURN_RIGHT)
"""Five landmarks show no other movement well enough: when a head looks up, the nose moves between
eyes and mouth hardly more than noise."""
STEPS: Final = 3
SOONEST_S: Final = 0.2
"""No person reads and moves sooner."""
IN_A_ROW: Final = 2
"""Frames that must agree.  The same number the other way is a mistake: nothing is proven."""
WRONG_IN_A_ROW: Final = 4
"""Frames before a turn counts as wrong, which counts against the traveller."""
ASIDE: Final = 0.06
"""The nose must move by this share of the eye distance; in a picture it seems to move by 0.03."""
BACK: Final = 0.7
"""The next question comes when this share of the movement, or less, is left."""
LONGEST_PAUSE_S: Final = 0.6


class PromptState(Enum):
    """The progress of the traveller."""

    PAUSE = "pause"
    ASKED = "asked"
    ANSWERED = "answered"
    WRONG = "wrong"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Held:
    """The turn of the head: the place of the nose between the other landmarks, 1 is enough.

    Positive to the right of the picture, which is the traveller's own left.
    """

    turned: float

    @classmethod
    def of(cls, face: DetectedFace) -> Held:
        """From the landmarks of a face."""
        return cls(float(nose(face)[0]) / ASIDE)

    @classmethod
    def usual(cls, seen: list[Held]) -> Held:
        """The middle of several."""
        return cls(float(np.median([held.turned for held in seen])))

    def towards(self, hint: Hint, still: Held) -> float:
        """The part of this turn that is made."""
        turned = self.turned - still.turned
        return turned if hint is Hint.TURN_LEFT else -turned


class Challenge:
    """Asks for movements and watches for them.  Times are those of the frames, in seconds."""

    def __init__(self, random: Callable[[int], bytes], patience_s: float) -> None:
        self._asked = tuple(TURNS[byte % 2] for byte in random(STEPS))
        self._pauses_s = [LONGEST_PAUSE_S * byte / 255 for byte in random(STEPS)]
        self._patience_s = patience_s
        self._done = 0
        self._since_s: float | None = None
        self._right = self._wrong = 0
        self._mistaken = False
        self._start = Held(0.0)
        self.state = PromptState.PAUSE

    @property
    def hint(self) -> Hint | None:
        """The movement to ask for now."""
        return self._asked[self._done] if self.state is PromptState.ASKED else None

    @property
    def over(self) -> bool:
        """Whether no more answers can come."""
        return self.state in {PromptState.ANSWERED, PromptState.WRONG, PromptState.UNANSWERED}

    def see(self, held: Held | None, still: Held, now_s: float) -> None:
        """Take a frame into account; `held` None: no face; `still`: before the question."""
        if self.over:
            return
        if self._since_s is None:
            self._since_s = now_s
        waited_s = now_s - self._since_s
        if self.state is PromptState.PAUSE:
            self._pause(held, still, waited_s, now_s)
        else:
            self._watch(held, still, waited_s, now_s)

    def cue(self) -> Cue:
        """Alive when all movements were made; made when the head turned the other way."""
        match self.state:
            case PromptState.ANSWERED:
                return Cue.of(CueName.ANSWER, 1)
            case PromptState.WRONG:
                return Cue.of(CueName.ANSWER, -1)
            case _:
                return Cue.unknown(CueName.ANSWER)

    def _pause(self, held: Held | None, still: Held, waited_s: float, now_s: float) -> None:
        """Ask when the head is held as before, at a moment that cannot be foreseen."""
        rested = held if held is not None and abs(held.turned - still.turned) <= BACK else None
        if rested is not None and waited_s >= self._pauses_s[self._done]:
            self.state, self._since_s, self._start = PromptState.ASKED, now_s, rested
            self._right = self._wrong = 0
        elif waited_s > self._patience_s:
            self.state = PromptState.UNANSWERED

    def _watch(self, held: Held | None, still: Held, waited_s: float, now_s: float) -> None:
        if held is not None:
            turned = held.towards(self._asked[self._done], still)
            soon = waited_s < SOONEST_S
            self._right = self._right + 1 if turned >= 1 and not soon else 0
            # A head on its way back from the last turn has not answered this one wrongly.
            away = turned - self._start.towards(self._asked[self._done], still)
            self._wrong = self._wrong + 1 if max(turned, away) <= -1 else 0
            self._mistaken |= self._wrong >= IN_A_ROW
        if self._right >= IN_A_ROW and self._mistaken:
            self.state = PromptState.UNANSWERED
        elif self._right >= IN_A_ROW:
            self._done += 1
            self._since_s = now_s
            self.state = PromptState.PAUSE if self._done < STEPS else PromptState.ANSWERED
        elif self._wrong >= WRONG_IN_A_ROW:
            self.state = PromptState.WRONG
        elif waited_s > self._patience_s:
            self.state = PromptState.UNANSWERED
