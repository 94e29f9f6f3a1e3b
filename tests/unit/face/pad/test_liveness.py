"""A presentation from its first frame to the check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivers.virtual.performance import Act
from edge.checks import Check, CheckId, Result
from edge.face import DetectedFace, Hint, Observation
from edge.face.pad import NO_PAD, Asking, Liveness, PadVerdict, examine_presentation
from edge.face.pad.liveness import DOUBT, MOST_FRAMES, SOONEST
from tests.support.face.faces import face, template
from tests.support.face.presented import CROPS, means, observation, presented, sequence
from tools.specimen import pictures

BLACK = np.zeros((480, 640, 3), np.uint8)


def watched(act: Act, count: int = 16, asking: Asking = Asking.IN_DOUBT) -> Liveness:
    liveness = Liveness(means(asking))
    for number, (frame, found) in enumerate(sequence(act, count=count)):
        liveness.see(frame, observation(found), number / 10)
    return liveness


@pytest.mark.parametrize(
    "crop",
    [CROPS[0], pytest.param(CROPS[1], marks=pytest.mark.whole)],
    ids=[crop.file for crop in CROPS],
)
def test_a_person_is_live_without_being_asked_most_times(crop: pictures.Crop) -> None:
    found = [presented(Act.LIVE, crop, seed) for seed in range(2)]
    assert {each.verdict for each in found} == {PadVerdict.LIVE}
    assert sum(each.asked for each in found) <= 1


def test_a_person_who_is_always_asked_answers() -> None:
    found = presented(Act.LIVE, asking=Asking.ALWAYS)
    assert found.asked
    assert found.verdict is PadVerdict.LIVE


def test_before_enough_is_seen_nothing_is_said() -> None:
    liveness = watched(Act.LIVE, SOONEST - 1)
    assert not liveness.settled
    assert liveness.verdict is PadVerdict.DOUBT
    assert liveness.hint is None


def test_who_is_never_asked_stays_in_doubt() -> None:
    liveness = watched(Act.MASK, DOUBT + 8, Asking.NEVER)
    assert liveness.settled
    assert not liveness.asked
    assert liveness.conclude() is not PadVerdict.LIVE


def test_who_is_in_doubt_is_asked_to_turn() -> None:
    liveness = watched(Act.MASK, 32)
    assert liveness.asked
    assert not liveness.settled
    assert liveness.hint in {Hint.TURN_LEFT, Hint.TURN_RIGHT}


@pytest.mark.parametrize("count", [SOONEST + 2, DOUBT - 1, DOUBT + 4])
def test_where_everybody_is_asked_nobody_is_live_without_an_answer(count: int) -> None:
    """Who comes when the time is almost over is not let off."""
    liveness = watched(Act.LIVE, count, Asking.ALWAYS)
    assert not liveness.settled
    assert liveness.conclude() is PadVerdict.DOUBT


def test_who_turns_too_far_is_called_back_to_where_the_turn_can_be_seen() -> None:
    """And is not kept waiting there until the time is over."""
    liveness = watched(Act.MASK, 32)
    too_far = Observation(1, face(), Hint.LOOK_STRAIGHT, {"yaw": 0})
    asked = liveness.hint
    assert asked is not None
    liveness.see(BLACK, too_far, 3.2)
    assert liveness.hint is Hint.LOOK_STRAIGHT
    liveness.see(BLACK, observation(face()), 3.3)
    assert liveness.hint is asked


def test_who_was_asked_and_did_nothing_is_in_doubt_whatever_else_was_seen() -> None:
    liveness = Liveness(replace(means(Asking.ALWAYS), answer_s=0.3))
    for number, (frame, found) in enumerate(sequence(Act.LIVE, count=40)):
        liveness.see(frame, observation(found), number / 10)
    assert liveness.asked
    assert liveness.settled
    assert liveness.conclude() is PadVerdict.DOUBT


def test_nobody_before_the_camera_answers_nothing() -> None:
    liveness = watched(Act.MASK, 32)
    for number in range(80):
        liveness.see(BLACK, observation(None), 3.2 + number / 10)
    assert liveness.settled
    assert liveness.conclude() is PadVerdict.DOUBT
    assert liveness.hint is None


def test_another_face_at_the_end_is_no_longer_live() -> None:
    liveness = watched(Act.LIVE, 24)
    assert liveness.settled
    assert liveness.verdict is PadVerdict.LIVE
    liveness.recognise(template(1, 0))
    liveness.recognise(template(0, 1))
    assert liveness.conclude() is not PadVerdict.LIVE


@pytest.mark.parametrize(
    "unwatched",
    [
        observation(None),
        observation(face(), faces=2),
        observation(face(size=40.0)),
        Observation(1, face(), Hint.SHOW_EYES, {"eyes": 0}),
        observation(DetectedFace(np.full(4, np.nan, np.float32), face().landmarks, 0.9)),
        observation(DetectedFace(face().box, np.full((5, 2), np.inf, np.float32), 0.9)),
        observation(DetectedFace(face().box, face().landmarks * 1e6, 0.9)),
        observation(DetectedFace(np.array([1, 1, 0, 0], np.float32), face().landmarks, 0.9)),
    ],
    ids=["none", "two", "small", "dark glasses", "no box", "no landmarks", "far away", "flat box"],
)
def test_what_is_no_single_face_is_not_watched(unwatched: Observation) -> None:
    liveness = Liveness(means())
    for number in range(30):
        liveness.see(BLACK, unwatched, number / 10)
    assert liveness.frames == 0
    assert liveness.verdict is PadVerdict.DOUBT


def test_one_frame_in_eight_is_recognised_and_every_other_while_something_is_asked() -> None:
    liveness, wanted = Liveness(means(Asking.ALWAYS)), []
    for number, (frame, found) in enumerate(sequence(Act.LIVE, count=32)):
        wanted.append((liveness.asked, liveness.wants_template))
        liveness.see(frame, observation(found), number / 10)
    assert [want for asked, want in wanted if not asked][:17] == [True, *[False] * 7] * 2 + [True]
    assert [want for asked, want in wanted if asked][:4] in ([True, False] * 2, [False, True] * 2)
    liveness.wipe()
    assert not liveness.wants_template


def test_nobody_is_watched_for_ever() -> None:
    liveness = Liveness(means(network=False))
    liveness._frames = MOST_FRAMES
    liveness.see(BLACK, observation(face()), 1.0)
    assert liveness.settled


def test_a_depth_sensor_is_heard() -> None:
    flat = np.full((120, 160), 0.6, np.float32)
    liveness = Liveness(means(network=False))
    for number, (frame, found) in enumerate(sequence(Act.LIVE, count=30)):
        liveness.see(frame, observation(found), number / 10, flat)
    assert liveness.conclude() is PadVerdict.ATTACK


def test_wiped_is_over() -> None:
    liveness = watched(Act.LIVE, 5)
    liveness.wipe()
    assert liveness.settled
    frames = liveness.frames
    liveness.see(
        *((frame, observation(found), 1.0) for frame, found in sequence(Act.LIVE)[:1]).__next__()
    )
    assert liveness.frames == frames


# The check


def test_a_gate_without_detection_says_so() -> None:
    check = examine_presentation(None, complete=True)
    assert check == Check(CheckId.FACE_PAD, Result.NOT_PERFORMED, NO_PAD)


def test_a_live_presentation_is_successful() -> None:
    check = examine_presentation(watched(Act.LIVE, 24), complete=True)
    assert check == Check(CheckId.FACE_PAD, Result.SUCCESSFUL)


def test_an_attack_has_failed_and_the_officer_reads_why() -> None:
    check = examine_presentation(watched(Act.STILL, 24), complete=True)
    assert check.result is Result.FAILED
    assert check.detail == "stillness relief"


def test_doubt_is_undetermined_and_says_that_somebody_was_asked() -> None:
    check = examine_presentation(watched(Act.MASK, 32), complete=True)
    assert check.result is Result.UNDETERMINED
    assert check.detail.endswith("asked")


@pytest.mark.parametrize("count", [0, 12])
def test_looking_that_ended_early_proves_nothing(count: int) -> None:
    check = examine_presentation(watched(Act.MASK, count), complete=False)
    assert check == Check(CheckId.FACE_PAD, Result.NOT_PERFORMED)
