"""Of all frames of a traveller one template stays, the best; nothing of the others."""

from __future__ import annotations

import pytest

from edge.face import BestFrame
from edge.face.quality import LEAST
from tests.support.face.faces import observation, template


def seen(best: BestFrame, *qualities: int | None) -> list[bool]:
    """Look at frames as a gate does: embed and keep each that would improve."""
    wanted = []
    for quality in qualities:
        frame = observation(quality)
        wanted.append(best.would_improve(frame))
        if wanted[-1]:
            best.keep(frame, template(quality or 0, 1))
    return wanted


def test_before_any_frame_there_is_nothing() -> None:
    best = BestFrame()
    assert (best.frames, best.usable, best.observation, best.template) == (0, 0, None, None)


def test_only_a_better_frame_is_worth_embedding() -> None:
    best = BestFrame()
    assert seen(best, 40, 60, 60, 50, 61) == [True, True, False, False, True]
    assert best.observation is not None
    assert best.observation.overall == 61
    assert best.template is not None
    assert best.template.vector[0] == pytest.approx(template(61, 1).vector[0])
    assert (best.frames, best.usable) == (5, 5)


def test_what_cannot_be_used_is_never_embedded() -> None:
    best = BestFrame()
    assert seen(best, None, 0, LEAST - 1) == [False, False, False]
    assert (best.frames, best.usable, best.template) == (3, 0, None)


def test_the_least_usable_quality_is_used() -> None:
    best = BestFrame()
    assert seen(best, LEAST) == [True]
    assert best.usable == 1


def test_what_was_seen_is_told_even_when_nothing_could_be_used() -> None:
    """The hint for an officer is the best of the poor frames, and a face is more than none."""
    best = BestFrame()
    seen(best, None, 5, 20, 10, None)
    assert best.observation is not None
    assert best.observation.overall == 20


def test_a_face_of_no_quality_is_more_than_no_face() -> None:
    best = BestFrame()
    seen(best, None, 0, None)
    assert best.observation is not None
    assert best.observation.face is not None


def test_a_usable_frame_replaces_any_poor_one_and_is_not_replaced_by_one() -> None:
    best = BestFrame()
    assert seen(best, 20, 30, 24, None) == [False, True, False, False]
    assert best.observation is not None
    assert best.observation.overall == 30


def test_the_template_of_a_worse_frame_is_wiped() -> None:
    best = BestFrame()
    seen(best, 40)
    first = best.template
    seen(best, 80)
    assert first is not None
    assert not first.vector.any()
    assert best.template is not None
    assert best.template.vector.any()


def test_wiping_leaves_no_template() -> None:
    best = BestFrame()
    seen(best, 40)
    kept = best.template
    best.wipe()
    assert kept is not None
    assert not kept.vector.any()
    assert best.template is None
    best.wipe()


def test_after_wiping_the_next_usable_frame_is_wanted_however_poor() -> None:
    best = BestFrame()
    seen(best, 90)
    best.wipe()
    assert seen(best, 30) == [True]


def test_a_frame_judged_after_the_end_leaves_nothing() -> None:
    best = BestFrame()
    best.wipe()
    late = template(60, 1)
    best.keep(observation(60), late)
    assert best.template is None
    assert not late.vector.any()
