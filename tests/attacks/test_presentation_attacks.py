"""Things made to pass for the holder of a genuine document, by species (ISO/IEC 30107-3).

Rendered from public-domain photographs: they prove that each cue does what it is there for, and
nothing about the field.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from drivers.virtual.performance import Act
from edge.face.pad import Asking, Cue, CueName, Liveness, PadVerdict
from edge.face.pad.liveness import DOUBT
from edge.face.pad.prompt import Challenge, Held, PromptState
from tests.support.face.faces import pipeline
from tests.support.face.presented import (
    CROPS,
    FRAMES_PER_S,
    dice,
    means,
    observation,
    performer,
    presented,
    sequence,
)
from tools.evaluation.pad.presentation import Outcome, look, outcome
from tools.specimen import pictures


def cue(found: Outcome, name: CueName) -> Cue:
    return next(each for each in found.cues if each.name is name)


def against(found: Outcome, name: CueName) -> float:
    return cue(found, name).score * cue(found, name).certainty


@pytest.mark.parametrize(
    "crop",
    [CROPS[0], pytest.param(CROPS[1], marks=pytest.mark.whole)],
    ids=[crop.file for crop in CROPS],
)
@pytest.mark.parametrize("act", [act for act in Act if act is not Act.LIVE])
def test_no_species_is_taken_for_a_person(act: Act, crop: pictures.Crop) -> None:
    assert presented(act, crop).verdict is not PadVerdict.LIVE


def test_a_print_in_the_hand_is_flat_and_moves_with_its_border() -> None:
    found = presented(Act.PHOTO, CROPS[0])
    assert against(found, CueName.RELIEF) < -0.5
    assert against(found, CueName.SURROUNDINGS) < -0.2


def test_a_print_bent_around_the_face_has_no_nose_either() -> None:
    assert against(presented(Act.BENT_PHOTO, CROPS[0]), CueName.RELIEF) <= 0


def test_a_screen_betrays_itself_by_its_grid() -> None:
    assert against(presented(Act.SCREEN, CROPS[0]), CueName.GRID) < -0.9


def test_eyes_that_look_through_holes_make_no_nose() -> None:
    assert against(presented(Act.MASK, CROPS[0]), CueName.RELIEF) <= 0


def test_a_frame_fed_in_again_and_again_is_known_whatever_it_shows() -> None:
    found = presented(Act.STILL, CROPS[0])
    assert found.verdict is PadVerdict.ATTACK
    assert against(found, CueName.STILLNESS) == -1


def test_a_frame_fed_in_with_made_up_movement_is_still_one_frame() -> None:
    """As the virtual camera itself once did: whole pixels to and fro."""
    liveness = Liveness(means(Asking.NEVER))
    frame, found = sequence(Act.STILL)[0]
    for number in range(DOUBT + 6):
        across, down = 3 * (number % 4), 2 * (number % 3)
        moved = np.roll(frame, (down, across), (0, 1))
        liveness.see(moved, observation(found.moved(across, down)), number / 5)
    assert liveness.conclude() is PadVerdict.ATTACK


def test_the_answer_to_another_prompt_is_no_answer() -> None:
    """On a screen whose grid and border nobody sees."""
    unheard = frozenset({CueName.GRID, CueName.SURROUNDINGS, CueName.TEXTURE})
    found = presented(Act.ANSWER, asking=Asking.ALWAYS, unheard=unheard)
    assert found.asked
    assert against(found, CueName.ANSWER) <= 0
    assert found.verdict is not PadVerdict.LIVE


def test_an_answer_prepared_for_one_prompt_fits_few_others() -> None:
    """A recording that does left, right, left: of eight prompts it may answer one."""
    asked = {tuple(byte % 2 for byte in dice(seed)(3)) for seed in range(200)}
    assert len(asked) == 8


@pytest.mark.parametrize("turned_s", [0.2, 0.25, 0.3, 0.35, 0.5])
@pytest.mark.parametrize("frames_per_s", [8.0, 10.0, 30.0])
def test_a_film_of_a_head_that_is_shaken_answers_no_more_than_one_prompt_of_eight(
    turned_s: float, frames_per_s: float
) -> None:
    """To the left, to the right, to the left: sooner or later it does whatever was asked."""
    answered = 0
    for directions, phase in product(product((0, 1), repeat=3), range(8)):
        said = iter((bytes(directions), dice(phase)(3)))
        challenge = Challenge(lambda _, said=said: next(said), 4.0)  # type: ignore[misc]
        for frame in range(round(12 * frames_per_s)):
            moment = frame / frames_per_s / turned_s + phase / 4
            turned = 2.5 * math.sin(math.pi * moment)
            challenge.see(Held(turned), Held(0.0), frame / frames_per_s)
        answered += challenge.state is PromptState.ANSWERED
    assert answered <= 64 / 8


def test_the_face_that_lives_must_be_the_face_that_is_compared() -> None:
    """An accomplice who is alive, then a picture of the holder: one face after the other."""
    liveness = Liveness(means())
    accomplice = performer(Act.LIVE, pictures.SECOND_LIVE)
    for number in range(24):
        look(liveness, pipeline(), accomplice.frame(number / FRAMES_PER_S), number / FRAMES_PER_S)
    assert liveness.verdict is PadVerdict.LIVE
    for frame, found in sequence(Act.PHOTO)[:2]:
        liveness.recognise(pipeline().embed(frame, found))
    assert outcome(liveness, 0.0).verdict is not PadVerdict.LIVE
