"""When a presentation is judged, when somebody is asked, and what counts as an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.checks import Result
from edge.face import DetectedFace, Hint, Observation
from edge.face.pad import (
    Asking,
    Cue,
    CueName,
    Liveness,
    Means,
    PadVerdict,
    Recognition,
    Weight,
    Weights,
    examine_picture,
    examine_presentation,
)
from edge.face.pad.prompt import Challenge, Held, PromptState
from tests.support.face.faces import face
from tests.support.face.presented import observation

BLACK = np.zeros((480, 640, 3), np.uint8)
ALIKE = Recognition(same=0.55, other=0.4)
BY_DEPTH = Weights("1", 2.0, -2.0, {CueName.DEPTH: Weight(3.0, 3.0)})


def solid() -> NDArray[np.float32]:
    """A map of the frame with a nose 2 cm in front of a plane."""
    rows, columns = np.mgrid[0:480, 0:640]
    known = face()
    from_tip = np.hypot(columns - known.landmarks[2, 0], rows - known.landmarks[2, 1])
    return np.asarray(0.6 - 0.02 * (from_tip < 0.16 * known.inter_eye), np.float32)[::4, ::4]


HEAD, FLAT = solid(), np.full((120, 160), 0.6, np.float32)


def said(directions: bytes = b"\0\0\0", pauses: bytes = b"\0\0\0") -> Callable[[int], bytes]:
    answers = iter((directions, pauses))
    return lambda _: next(answers)


def watching(asking: Asking = Asking.IN_DOUBT) -> Liveness:
    return Liveness(Means(BY_DEPTH, ALIKE, None, said(), asking, 3.0))


def settled_after(
    liveness: Liveness, seconds: float, depth: NDArray[np.float32] | None, most: int = 60
) -> int | None:
    """The frame with which it was settled, or somebody was asked; frames come every so often."""
    for number in range(most):
        liveness.see(BLACK, observation(face()), 100 + number * seconds, depth)
        if liveness.settled or liveness.asked:
            return number + 1
    return None


@pytest.mark.parametrize(
    ("every_s", "frame"), [(0.5, 10), (0.125, 10), (0.09375, 10), (0.0625, 14), (0.03125, 27)]
)
def test_a_person_is_found_alive_after_ten_frames_and_eight_tenths_of_a_second(
    every_s: float, frame: int
) -> None:
    liveness = watching()
    assert settled_after(liveness, every_s, HEAD) == frame
    assert liveness.settled
    assert not liveness.asked
    assert liveness.verdict is PadVerdict.LIVE
    assert liveness.conclude() is PadVerdict.LIVE


@pytest.mark.parametrize(("last_s", "verdict"), [(0.8, PadVerdict.LIVE), (0.79, PadVerdict.DOUBT)])
def test_eight_tenths_of_a_second_are_just_enough(last_s: float, verdict: PadVerdict) -> None:
    liveness = watching()
    for number in range(10):
        liveness.see(BLACK, observation(face()), last_s if number == 9 else 0.0, HEAD)
    assert liveness.verdict is verdict
    assert liveness.settled is (verdict is PadVerdict.LIVE)


@pytest.mark.parametrize(("every_s", "frame"), [(0.5, 18), (0.125, 18), (0.0625, 33)])
@pytest.mark.parametrize("asking", Asking)
def test_an_attack_is_settled_after_eighteen_frames_and_two_seconds(
    every_s: float, frame: int, asking: Asking
) -> None:
    liveness = watching(asking)
    assert settled_after(liveness, every_s, FLAT) == frame
    assert liveness.settled
    assert not liveness.asked
    assert liveness.conclude() is PadVerdict.ATTACK


@pytest.mark.parametrize(("every_s", "frame"), [(0.5, 18), (0.125, 18), (0.0625, 33)])
@pytest.mark.parametrize("asking", Asking)
def test_whoever_is_in_doubt_is_asked_at_that_moment_or_stays_in_doubt(
    every_s: float, frame: int, asking: Asking
) -> None:
    liveness = watching(asking)
    assert settled_after(liveness, every_s, None) == frame
    assert liveness.asked is (asking is not Asking.NEVER)
    assert liveness.settled is (asking is Asking.NEVER)
    assert liveness.verdict is PadVerdict.DOUBT


def test_where_everybody_is_asked_a_head_is_asked_too() -> None:
    liveness = watching(Asking.ALWAYS)
    assert settled_after(liveness, 0.125, HEAD) == 18
    assert liveness.asked
    assert liveness.verdict is PadVerdict.DOUBT


@pytest.mark.parametrize(
    ("answered", "depth", "verdict"),
    [
        (True, HEAD, PadVerdict.LIVE),
        (False, HEAD, PadVerdict.DOUBT),
        (True, FLAT, PadVerdict.ATTACK),
        (False, FLAT, PadVerdict.ATTACK),
    ],
)
def test_once_asked_the_answer_and_all_the_cues_decide(
    answered: bool, depth: NDArray[np.float32], verdict: PadVerdict
) -> None:
    liveness = watching()
    settled_after(liveness, 0.125, None)
    now_s, still = 110.0, face()
    for _ in range(60):
        turned = answered and liveness.hint is not None
        shown = nose_moved(still, 0.08) if turned else still
        liveness.see(BLACK, observation(shown), now_s, depth)
        now_s += 0.25
        if liveness.settled:
            break
    assert liveness.settled
    assert liveness.verdict is verdict
    assert liveness.conclude() is verdict


def nose_moved(known: DetectedFace, eyes: float) -> DetectedFace:
    landmarks = known.landmarks.copy()
    landmarks[2, 0] += eyes * known.inter_eye
    return DetectedFace(known.box, landmarks, known.score)


def test_a_traveller_has_four_seconds_for_a_movement_and_is_asked_in_doubt_unless_told() -> None:
    means = Means(BY_DEPTH, ALIKE, None, said())
    assert (means.asking, means.answer_s) == (Asking.IN_DOUBT, 4.0)
    assert [each.value for each in Asking] == ["never", "in_doubt", "always"]


@pytest.mark.parametrize(("seen", "settled"), [(399, False), (400, True)])
def test_four_hundred_frames_are_the_most(seen: int, settled: bool) -> None:
    liveness = watching()
    liveness._frames = seen
    liveness.see(BLACK, observation(face()), 100.0)
    assert liveness.settled is settled
    assert liveness.frames == 400


def changed(
    known: DetectedFace, box: float | None = None, point: float | None = None
) -> Observation:
    sides, landmarks = known.box.copy(), known.landmarks.copy()
    if box is not None:
        sides[3] = box
    if point is not None:
        landmarks[2, 0] = point
    return observation(DetectedFace(sides, landmarks, 0.9))


@pytest.mark.parametrize(
    ("shown", "counts"),
    [
        (observation(face(size=112 * 29.9 / 35.238)), False),
        (observation(face(size=112 * 30.1 / 35.238)), True),
        (changed(face(), box=0.99), False),
        (changed(face(), box=1.0), True),
        (changed(face(), point=20_000.0), True),
        (changed(face(), point=-20_000.0), True),
        (changed(face(), point=20_001.0), False),
        (changed(face(), point=-20_001.0), False),
        (changed(face(), box=20_001.0), False),
        (observation(face(), faces=2), False),
        (observation(face(), faces=0), False),
        (observation(face()), True),
    ],
)  # fmt: skip
def test_a_face_must_be_alone_near_and_somewhere(shown: Observation, counts: bool) -> None:
    liveness = watching()
    liveness.see(BLACK, shown, 100.0)
    assert liveness.frames == counts


def test_time_counts_from_the_first_frame_with_a_face() -> None:
    liveness = watching()
    for number in range(30):
        liveness.see(BLACK, observation(None), 50 + number)
    assert settled_after(liveness, 0.1, HEAD) == 10


def test_nothing_of_any_cue_is_left_when_wiped() -> None:
    liveness = watching()
    settled_after(liveness, 0.1, HEAD, 4)
    still, strips = liveness._stillness, liveness._surroundings
    last = still._last
    assert last is not None
    relief = liveness._relief._first
    assert relief is not None
    liveness.wipe()
    assert still._last is None
    assert not last[0].any()
    assert not relief._slopes.any()
    assert not any(strip._slopes.any() for strip in strips._strips)


# The check


@pytest.mark.parametrize(
    ("score", "certainty", "named"),
    [
        (-0.21, 1.0, True),
        (-0.2, 1.0, False),
        (-0.5, 0.41, True),
        (-0.5, 0.39, False),
        (1, 1, False),
    ],
)
def test_a_cue_speaks_against_from_a_fifth_on(score: float, certainty: float, named: bool) -> None:
    check = examine_picture(BY_DEPTH, [Cue(CueName.GRID, score, certainty)])
    assert check.detail == ("grid" if named else "")


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    ("depth", "result", "detail"),
    [
        (HEAD, Result.SUCCESSFUL, ""),
        (FLAT, Result.FAILED, "depth"),
        (None, Result.UNDETERMINED, ""),
    ],
    ids=["head", "flat", "nothing"],
)
def test_each_verdict_has_its_result(
    depth: NDArray[np.float32] | None, result: Result, detail: str, complete: bool
) -> None:
    liveness = watching(Asking.NEVER)
    settled_after(liveness, 0.125, depth)
    check = examine_presentation(liveness, complete=complete)
    incomplete = depth is None and not complete
    assert check.result is (Result.NOT_PERFORMED if incomplete else result)
    assert detail in check.detail


# Questions and answers


class Asked:
    """A challenge whose frames come when they are told to; the head is straight at 0.3."""

    def __init__(self, directions: bytes = b"\0\0\0", pauses: bytes = b"\0\0\0") -> None:
        self.challenge = Challenge(said(directions, pauses), 3.0)

    def at(self, now_s: float, turned: float | None) -> PromptState:
        held = None if turned is None else Held(0.3 + turned)
        self.challenge.see(held, Held(0.3), now_s)
        return self.challenge.state

    def asked(self) -> Asked:
        assert self.at(10.0, 0.0) is PromptState.ASKED
        return self


def test_two_frames_in_a_row_from_a_fifth_of_a_second_on_are_an_answer() -> None:
    one = Asked().asked()
    assert one.at(10.1875, 2.0) is PromptState.ASKED
    assert one.at(10.1999, 2.0) is PromptState.ASKED
    assert one.at(10.25, 2.0) is PromptState.ASKED
    assert one.at(10.3, 2.0) is PromptState.PAUSE
    other = Asked().asked()
    assert other.at(10.203125, 2.0) is PromptState.ASKED
    assert other.at(10.25, 2.0) is PromptState.PAUSE


@pytest.mark.parametrize(("turned", "state"), [(1.0, PromptState.PAUSE), (0.99, PromptState.ASKED)])
def test_a_movement_must_be_made_as_a_whole(turned: float, state: PromptState) -> None:
    one = Asked().asked()
    one.at(10.5, turned)
    assert one.at(10.6, turned) is state


def test_an_answer_that_was_broken_off_counts_from_the_beginning() -> None:
    one = Asked().asked()
    for now_s, turned in ((10.5, 2.0), (10.6, 0.5), (10.7, 2.0)):
        assert one.at(now_s, turned) is PromptState.ASKED
    assert one.at(10.8, 2.0) is PromptState.PAUSE


@pytest.mark.parametrize(
    ("turned", "states"), [(-1.0, "AAAW"), (-1.01, "AAAW"), (-0.99, "AAAA"), (-5.0, "AAAW")]
)
def test_four_frames_in_a_row_the_other_way_are_wrong(turned: float, states: str) -> None:
    one = Asked().asked()
    for number, expected in enumerate(states):
        state = one.at(10.5 + number / 10, turned)
        assert state is (PromptState.WRONG if expected == "W" else PromptState.ASKED)


def test_three_frames_the_other_way_and_one_between_are_not_wrong_but_a_mistake() -> None:
    one = Asked().asked()
    for number, turned in enumerate((-2.0, -2.0, -2.0, 0.0, -2.0, -2.0, -2.0, 0.0)):
        assert one.at(10.5 + number / 10, turned) is PromptState.ASKED
    assert one.at(11.5, 2.0) is PromptState.ASKED
    assert one.at(11.6, 2.0) is PromptState.UNANSWERED


def test_a_head_on_its_way_back_has_not_turned_the_other_way() -> None:
    """It was held aside by 0.7 when the question came: what counts is the way from there, too."""
    one = Asked()
    assert one.at(10.0, 0.7) is PromptState.ASKED
    for number in range(6):
        assert one.at(10.5 + number / 10, 0.0) is PromptState.ASKED
    aside = Asked()
    assert aside.at(10.0, -0.7) is PromptState.ASKED
    for number in range(6):
        assert aside.at(10.5 + number / 10, -1.6) is PromptState.ASKED


@pytest.mark.parametrize("side", [1, -1])
def test_the_next_question_comes_when_seven_tenths_or_less_are_left(side: int) -> None:
    one = Asked()
    assert one.at(10.0, side * 0.71) is PromptState.PAUSE
    assert one.at(10.1, side * 0.69) is PromptState.ASKED


@pytest.mark.parametrize(("byte", "pause_s"), [(0, 0.0), (85, 0.2), (255, 0.6)])
def test_a_pause_is_a_share_of_six_tenths_of_a_second(byte: int, pause_s: float) -> None:
    one = Asked(pauses=bytes([byte] * 3))
    assert one.at(10.0, 0.0) is (PromptState.PAUSE if byte else PromptState.ASKED)
    if byte:
        assert one.at(10.0 + pause_s - 0.01, 0.0) is PromptState.PAUSE
        assert one.at(10.0 + pause_s + 0.01, 0.0) is PromptState.ASKED


@pytest.mark.parametrize("turned", [0.0, None, 9.0])
def test_patience_ends_after_its_last_moment(turned: float | None) -> None:
    """While nothing is asked yet, because a head never rests, and while nothing is answered."""
    one = Asked()
    if turned == 0.0:
        one.asked()
    else:
        one.at(10.0, turned)
    waiting = PromptState.ASKED if turned == 0.0 else PromptState.PAUSE
    assert one.at(13.0, turned) is waiting
    assert one.at(13.01, turned) is PromptState.UNANSWERED


def test_three_different_movements_may_be_asked_each_in_its_time() -> None:
    """The bytes of the random source, odd for right and even for left, each counted once."""
    one = Asked(bytes([7, 2, 255]))
    hints = []
    now_s = 10.0
    for turned in (-2.0, 2.0, -2.0):
        assert one.at(now_s, 0.0) is PromptState.ASKED
        hints.append(one.challenge.hint)
        assert one.at(now_s + 2.9, turned) is PromptState.ASKED
        one.at(now_s + 2.95, turned)
        now_s += 3.0
    assert hints == [Hint.TURN_RIGHT, Hint.TURN_LEFT, Hint.TURN_RIGHT]
    assert one.challenge.state is PromptState.ANSWERED
    assert one.challenge.over
    assert one.challenge.cue() == Cue(CueName.ANSWER, 1, 1)


def test_it_takes_three_bytes_for_the_movements_and_three_for_the_pauses() -> None:
    wanted = []

    def source(count: int) -> bytes:
        wanted.append(count)
        return bytes(count)

    Challenge(source, 3.0)
    assert wanted == [3, 3]


def test_a_turn_is_counted_in_six_hundredths_of_the_eye_distance() -> None:
    known = face()
    straight = Held.of(known).turned
    assert Held.of(nose_moved(known, 0.06)).turned - straight == pytest.approx(1, abs=0.02)
    assert Held.usual([Held(1.0), Held(9.0), Held(2.0)]) == Held(2.0)
    assert replace(Held(2.0), turned=-1.0).towards(Hint.TURN_RIGHT, Held(1.0)) == 2.0
