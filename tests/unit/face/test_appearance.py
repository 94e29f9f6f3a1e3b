"""Light, sharpness, eyes, mouth and hats, on public photographs made worse step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

import numpy as np
import pytest

from edge.face import Hint
from edge.face.quality import LEAST, hint_for, measure, unified
from tests.support.face import degraded
from tests.support.face.degraded import Aligned
from tests.support.face.faces import FRAME
from tests.support.face.good_picture import ANOTHER_LIVE, good
from tools.specimen.pictures import FIRST_LIVE, SECOND_LIVE, Crop

CROPS: Final = (FIRST_LIVE, SECOND_LIVE, ANOTHER_LIVE)
SURGICAL, WHITE, BLACK = (150.0, 190.0, 220.0), (235.0, 235.0, 235.0), (30.0, 30.0, 32.0)
every_face = pytest.mark.parametrize("crop", CROPS, ids=lambda crop: crop.file + str(crop.box[0]))


def measures(
    crop: Crop, change: Callable[[Aligned], Aligned] = lambda same: same
) -> dict[str, int]:
    known, aligned = good(crop)
    return measure(known, 0, change(aligned), FRAME)


def hint(crop: Crop, change: Callable[[Aligned], Aligned]) -> Hint | None:
    known, aligned = good(crop)
    changed = change(aligned)
    return hint_for(measure(known, 0, changed, FRAME), known, changed, FRAME)


def does_not_rise(values: Sequence[int], tolerance: int = 2) -> bool:
    """Never up by more than rounding and noise make."""
    return all(after <= before + tolerance for before, after in pairwise(values))


@every_face
@pytest.mark.parametrize(
    ("name", "change", "steps"),
    [
        ("sharpness", degraded.blurred, (0.01, 0.7, 1.2, 1.8, 2.5, 3.5, 5)),
        ("sharpness", degraded.moved, (1, 5, 9, 13, 17, 21)),
        ("exposure", degraded.exposed, (0, -2, -4, -5, -6, -7, -8)),
        ("exposure", degraded.exposed, (1, 2, 3, 4, 5, 6)),
        ("contrast", degraded.hazy, (0, 0.4, 0.6, 0.8, 0.9, 0.97)),
        ("evenness", degraded.lit_from_the_side, (0.5, 1, 2, 3, 4, 5, 6)),
        ("shade", degraded.under_a_brim, (1.0, 0.6, 0.4, 0.25, 0.12, 0.05)),
        ("eyes", degraded.with_dark_glasses, (1.0, 0.5, 0.25, 0.12, 0.05)),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_what_gets_worse_is_measured_worse(
    crop: Crop,
    name: str,
    change: Callable[[Aligned, float], Aligned],
    steps: Sequence[float],
) -> None:
    found = [measures(crop, lambda face, step=step: change(face, step)) for step in steps]  # type: ignore[misc]
    values = [each[name] for each in found]
    assert does_not_rise(values), values
    assert values[0] >= 60
    assert values[-1] < LEAST, values
    assert unified(found[-1]) < unified(found[0])


@every_face
@pytest.mark.parametrize("deviation", [3.0, 6.0, 10.0])
def test_noise_makes_no_picture_sharp(crop: Crop, deviation: float) -> None:
    soft = partial(degraded.blurred, deviation=3.5)
    noisy = measures(crop, lambda face: degraded.noisy(soft(face), deviation))
    assert noisy["sharpness"] <= measures(crop, soft)["sharpness"] + 16


@every_face
@pytest.mark.parametrize("colour", [SURGICAL, WHITE, BLACK], ids=["surgical", "white", "black"])
def test_a_mask_hides_the_mouth(crop: Crop, colour: Sequence[float]) -> None:
    masked = partial(degraded.with_mask, colour=colour)
    assert measures(crop, masked)["mouth"] < LEAST
    assert hint(crop, masked) is Hint.SHOW_MOUTH


@every_face
def test_dark_glasses_and_hair_hide_the_eyes(crop: Crop) -> None:
    for change in (degraded.with_dark_glasses, degraded.with_hair_over_an_eye):
        assert measures(crop, change)["eyes"] < LEAST
        assert hint(crop, change) is Hint.SHOW_EYES


@every_face
def test_clear_glasses_may_stay_on(crop: Crop) -> None:
    assert hint(crop, degraded.with_clear_glasses) is None
    assert measures(crop, degraded.with_clear_glasses)["eyes"] >= 60


@every_face
def test_a_hat_that_shades_the_face_is_to_be_taken_off(crop: Crop) -> None:
    assert hint(crop, partial(degraded.under_a_brim, light_left=0.1)) is Hint.TAKE_OFF_HAT


@every_face
@pytest.mark.parametrize("colour", [BLACK, WHITE, (20.0, 60.0, 120.0), (140.0, 30.0, 40.0)])
@pytest.mark.parametrize("cover", [degraded.in_a_head_scarf, degraded.under_a_turban])
def test_a_head_covering_that_leaves_the_face_visible_costs_nothing(
    crop: Crop, colour: Sequence[float], cover: Callable[..., Aligned]
) -> None:
    """Nobody is asked to bare their head: only a shadow on the face counts."""
    covered, bare = measures(crop, partial(cover, colour=colour)), measures(crop)
    assert hint(crop, partial(cover, colour=colour)) is None
    for name in ("shade", "exposure", "evenness"):
        assert covered[name] >= bare[name] - 3, name
    assert unified(covered) >= unified(bare) - 4


@every_face
@pytest.mark.parametrize("share", [0.6, 0.35, 0.2, 0.12])
def test_dark_skin_is_neither_too_dark_nor_of_too_little_contrast(crop: Crop, share: float) -> None:
    dark, light = measures(crop, partial(degraded.reflecting, share=share)), measures(crop)
    assert hint(crop, partial(degraded.reflecting, share=share)) is None
    for name in ("exposure", "contrast", "sharpness", "mouth", "eyes"):
        assert dark[name] >= light[name] - 35, (name, dark[name], light[name])
    assert unified(dark) >= unified(light) - 8


@every_face
@pytest.mark.parametrize("gamma", [0.6, 0.8, 1.3, 1.8])
def test_the_tone_curve_of_a_camera_hardly_counts(crop: Crop, gamma: float) -> None:
    curved = measures(crop, partial(degraded.toned, gamma=gamma))
    assert min(curved.values()) >= LEAST
    assert unified(curved) >= unified(measures(crop)) - 20


@every_face
def test_dark_skin_in_poor_light_is_told_before_light_skin_only_by_what_the_camera_loses(
    crop: Crop,
) -> None:
    """With two stops less light than a good picture both still pass."""
    dark = measures(crop, lambda face: degraded.exposed(degraded.reflecting(face, 0.2), -2))
    assert min(dark.values()) >= LEAST
    assert np.isfinite(unified(dark))
