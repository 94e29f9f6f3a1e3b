"""A few small movements asked of somebody in doubt: a recording cannot know which.

Five landmarks tell how the head is held.  What is asked comes from the random source that is passed
in; what counts begins after it was asked, goes the right way and comes in time.  Who does nothing
has failed nothing: that is doubt, never an attack.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.face.detection import Face
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.relief import nose
from edge.face.quality import Hint

TURNS: Final = (Hint.TURN_LEFT, Hint.TURN_RIGHT, Hint.LOOK_UP)
MOVES: Final = (*TURNS, Hint.COME_CLOSER)
STEPS: Final = 2
SOONEST_S: Final = 0.2
"""Nobody reads and moves sooner."""
IN_A_ROW: Final = 2
"""Frames that must agree."""
ASIDE: Final = 0.05
"""By which share of the eye distance the nose must leave its place, left or right."""
UP: Final = 0.04
CLOSER: Final = 1.08
"""By how much the eyes must move apart."""
BACK: Final = 0.5
"""The next thing is asked once this share of the movement, or less, is left."""
LONGEST_PAUSE_S: Final = 0.6


class State(Enum):
    """How far the traveller is."""

    PAUSE = "pause"
    ASKED = "asked"
    ANSWERED = "answered"
    WRONG = "wrong"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Held:
    """How a head is held: the nose between the other landmarks, and the distance of the eyes."""

    right: float
    down: float
    apart: float

    @classmethod
    def of(cls, face: Face) -> Held:
        """As the landmarks have it."""
        across, down = nose(face)
        return cls(float(across), float(down), max(face.inter_eye, 1e-6))

    @classmethod
    def usual(cls, seen: list[Held]) -> Held:
        """The middle of several."""
        middle: NDArray[np.float64] = np.median([(h.right, h.down, h.apart) for h in seen], axis=0)
        return cls(*(float(value) for value in middle))

    def moves(self, still: Held) -> dict[Hint, float]:
        """How far each movement has been made, 1 is enough; left is the traveller's own."""
        aside, up = (self.right - still.right) / ASIDE, (still.down - self.down) / UP
        return {
            Hint.TURN_LEFT: aside,
            Hint.TURN_RIGHT: -aside,
            Hint.LOOK_UP: up,
            Hint.COME_CLOSER: (self.apart / still.apart - 1) / (CLOSER - 1),
        }


class Challenge:
    """Asks, and watches what is done.  Times are those of the frames, in seconds."""

    def __init__(self, random: Callable[[int], bytes], patience_s: float) -> None:
        self._asked = _drawn(random)
        self._pauses_s = [LONGEST_PAUSE_S * byte / 255 for byte in random(STEPS)]
        self._patience_s = patience_s
        self._done = 0
        self._since_s: float | None = None
        self._right = self._wrong = 0
        self.state = State.PAUSE

    @property
    def hint(self) -> Hint | None:
        """What to ask the traveller now."""
        return self._asked[self._done] if self.state is State.ASKED else None

    @property
    def over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.state in {State.ANSWERED, State.WRONG, State.UNANSWERED}

    def see(self, held: Held | None, still: Held, now_s: float) -> None:
        """Take a frame into account; `held` None: no face, `still`: how the head was held before."""
        if self.over:
            return
        if self._since_s is None:
            self._since_s = now_s
        waited_s = now_s - self._since_s
        if self.state is State.PAUSE:
            self._pause(held, still, waited_s, now_s)
        else:
            self._watch(held, still, waited_s, now_s)

    def cue(self) -> Cue:
        """Alive when everything asked was done; made when something else was, each time."""
        match self.state:
            case State.ANSWERED:
                return Cue.of(CueName.ANSWER, 1)
            case State.WRONG:
                return Cue.of(CueName.ANSWER, -1)
            case _:
                return Cue.unknown(CueName.ANSWER)

    def _pause(self, held: Held | None, still: Held, waited_s: float, now_s: float) -> None:
        """Ask once the head is held as before, and not at a moment anybody can foresee."""
        rest = held is not None and max(held.moves(still).values()) <= 2 * BACK
        if rest and waited_s >= self._pauses_s[self._done]:
            self.state, self._since_s = State.ASKED, now_s
            self._right = self._wrong = 0
        elif waited_s > self._patience_s:
            self.state = State.UNANSWERED

    def _watch(self, held: Held | None, still: Held, waited_s: float, now_s: float) -> None:
        if held is not None:
            moves = held.moves(still)
            asked = moves.pop(self._asked[self._done])
            soon = waited_s < SOONEST_S
            self._right = self._right + 1 if asked >= 1 and not soon else 0
            other = max(moves[hint] for hint in moves)
            self._wrong = self._wrong + 1 if other >= 1.5 > asked or (asked >= 1 and soon) else 0
        if self._right >= IN_A_ROW:
            self._done += 1
            self._since_s = now_s
            self.state = State.PAUSE if self._done < STEPS else State.ANSWERED
        elif self._wrong >= 2 * IN_A_ROW:
            self.state = State.WRONG
        elif waited_s > self._patience_s:
            self.state = State.UNANSWERED


def _drawn(random: Callable[[int], bytes]) -> tuple[Hint, ...]:
    """Two different movements, the first a turn: that is what no flat thing can do.

    Bytes that would favour one movement are thrown again.
    """
    first = TURNS[_below(len(TURNS), random)]
    others = [move for move in MOVES if move is not first]
    return first, others[_below(len(others), random)]


def _below(count: int, random: Callable[[int], bytes]) -> int:
    whole = 256 - 256 % count
    while True:
        number = random(1)[0]
        if number < whole:
            return number % count
