"""What was asked, done in time and the right way; all else is doubt, or an attack."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from edge.face import Hint
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.prompt import ASIDE, LONGEST_PAUSE_S, STEPS, Challenge, Held, PromptState
from tests.support.face.faces import face, with_landmark

PATIENCE_S = 3.0
STILL = Held(0.3)
BETWEEN_S = 0.1
LEFT, RIGHT = bytes(STEPS), bytes([1] * STEPS)


def source(directions: bytes, pauses: bytes = bytes(STEPS)) -> Callable[[int], bytes]:
    """A random source that says first where, then after which pauses."""
    said: Iterator[bytes] = iter((directions, pauses))
    return lambda _: next(said)


class Session:
    """A challenge in the time of its frames."""

    def __init__(self, directions: bytes, pauses: bytes = bytes(STEPS)) -> None:
        self.challenge = Challenge(source(directions, pauses), PATIENCE_S)
        self.now_s = 100.0

    def hold(self, turned: float | None, frames: int = 1) -> None:
        for _ in range(frames):
            held = None if turned is None else Held(STILL.turned + turned)
            self.challenge.see(held, STILL, self.now_s)
            self.now_s += BETWEEN_S

    def answer(self, turned: float) -> None:
        """Wait until something is asked, move after a moment, and come back."""
        while self.challenge.hint is None and not self.challenge.over:
            self.hold(0.0)
        self.hold(0.0, 3)
        self.hold(turned, 3)
        if not self.challenge.over:
            self.hold(0.0, 2)


def test_who_turns_as_asked_is_alive() -> None:
    session = Session(bytes([0, 1, 0]))
    for turned in (2.0, -2.0, 2.0):
        session.answer(turned)
    assert session.challenge.state is PromptState.ANSWERED
    assert session.challenge.cue() == Cue(CueName.ANSWER, 1, 1)
    assert session.challenge.hint is None
    session.hold(-5.0, 20)
    assert session.challenge.state is PromptState.ANSWERED


def test_left_is_the_left_of_the_traveller() -> None:
    """Who faces the camera and turns left moves the nose to the right of the picture."""
    known = face()
    left = Held.of(with_landmark(known, 2, 2 * ASIDE * known.inter_eye, 0))
    assert left.towards(Hint.TURN_LEFT, Held.of(known)) == pytest.approx(2, abs=0.05)
    assert left.towards(Hint.TURN_RIGHT, Held.of(known)) == pytest.approx(-2, abs=0.05)


def test_what_is_asked_comes_from_the_random_source() -> None:
    asked = []
    for directions in (LEFT, RIGHT):
        session = Session(directions)
        session.hold(0.0)
        asked.append(session.challenge.hint)
    assert asked == [Hint.TURN_LEFT, Hint.TURN_RIGHT]


def test_nobody_can_foresee_when_it_is_asked() -> None:
    session = Session(LEFT, bytes([255] * STEPS))
    session.hold(0.0, 6)
    assert session.challenge.hint is None
    session.hold(0.0, 2)
    assert session.now_s - 100.0 > LONGEST_PAUSE_S
    assert session.challenge.hint is Hint.TURN_LEFT


def test_the_next_is_asked_once_the_head_is_back() -> None:
    session = Session(LEFT)
    session.answer(2.0)
    session.hold(2.0, 5)
    session.hold(0.0)
    assert session.challenge.hint is Hint.TURN_LEFT


def test_the_other_way_is_no_answer() -> None:
    session = Session(LEFT)
    session.hold(0.0, 5)
    session.hold(-2.0, 6)
    assert session.challenge.state is PromptState.WRONG
    assert session.challenge.cue() == Cue(CueName.ANSWER, -1, 1)


def test_a_moment_of_the_other_way_is_a_mistake_which_proves_nothing() -> None:
    session = Session(LEFT)
    session.hold(0.0, 5)
    session.hold(-2.0, 2)
    session.hold(2.0, 2)
    assert session.challenge.state is PromptState.UNANSWERED
    assert session.challenge.cue() == Cue.unknown(CueName.ANSWER)


def test_a_single_frame_the_other_way_is_noise() -> None:
    session = Session(LEFT)
    session.hold(0.0, 5)
    session.hold(-2.0, 1)
    session.hold(2.0, 2)
    assert session.challenge.state is PromptState.PAUSE


def test_an_answer_sooner_than_anybody_can_read_is_none() -> None:
    session = Session(LEFT)
    session.hold(0.0)
    assert session.challenge.hint is Hint.TURN_LEFT
    session.hold(2.0, 1)
    assert session.challenge.state is PromptState.ASKED
    assert session.challenge.cue() == Cue.unknown(CueName.ANSWER)


def test_one_frame_is_no_answer() -> None:
    session = Session(LEFT)
    session.hold(0.0, 5)
    session.hold(2.0, 1)
    session.hold(0.0, 1)
    assert session.challenge.state is PromptState.ASKED


@pytest.mark.parametrize("turned", [0.0, 0.4, None])
def test_who_does_nothing_is_not_accused(turned: float | None) -> None:
    session = Session(LEFT)
    session.hold(0.0)
    session.hold(turned, 40)
    assert session.challenge.state is PromptState.UNANSWERED
    assert session.challenge.over
    assert session.challenge.cue() == Cue.unknown(CueName.ANSWER)


@pytest.mark.parametrize("turned", [3.0, None])
def test_a_head_that_never_rests_is_asked_nothing(turned: float | None) -> None:
    session = Session(LEFT)
    session.hold(turned, 40)
    assert session.challenge.state is PromptState.UNANSWERED


def test_an_answer_too_late_is_none() -> None:
    session = Session(LEFT)
    session.hold(0.0, 40)
    session.hold(2.0, 5)
    assert session.challenge.state is PromptState.UNANSWERED
