"""A camera that lies on its side is told by several travellers, not by one who leaned."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from edge.lane.camera_stance import SEVERAL, CameraStance, advice

UPRIGHT = {0: 8}
ON_ITS_SIDE = {90: 7, 0: 1}


def stance(*travellers: dict[int, int], rotate: int = 0) -> CameraStance:
    found = CameraStance(rotate)
    for lying in travellers:
        found.note(lying)
    return found


@pytest.mark.parametrize(
    ("turned", "rotate", "wanted"), [(90, 0, 270), (270, 0, 90), (180, 0, 180), (90, 90, 0)]
)
def test_the_advice_names_the_setting_that_puts_it_upright(
    turned: int, rotate: int, wanted: int
) -> None:
    found = stance(*[{turned: 5}] * SEVERAL, rotate=rotate).advice
    assert found == advice(turned, rotate)
    assert f"`rotate = {wanted}` in [devices.camera]" in found


def test_upright_needs_no_advice() -> None:
    assert advice(0, 90) == ""
    assert stance(*[UPRIGHT] * 9).advice == ""


def test_one_traveller_less_is_not_enough() -> None:
    assert stance(*[ON_ITS_SIDE] * (SEVERAL - 1)).advice == ""
    assert stance(*[ON_ITS_SIDE] * (SEVERAL - 1), UPRIGHT, ON_ITS_SIDE).advice == ""
    assert stance(*[ON_ITS_SIDE] * (SEVERAL - 1), {180: 3}).advice == ""


def test_most_of_the_faces_of_a_traveller_count() -> None:
    half = {90: 4, 0: 4}
    assert stance(*[half] * SEVERAL).advice == ""
    assert stance(*[{90: 5, 0: 4}] * SEVERAL).advice


def test_a_traveller_without_a_face_says_nothing() -> None:
    assert stance(*[ON_ITS_SIDE] * (SEVERAL - 1), {}, ON_ITS_SIDE).advice
    assert stance(*[ON_ITS_SIDE] * SEVERAL, {}).advice


def test_the_first_upright_traveller_ends_it() -> None:
    assert stance(*[ON_ITS_SIDE] * 5, UPRIGHT).advice == ""


def test_it_is_logged_once() -> None:
    with capture_logs() as lines:
        stance(*[ON_ITS_SIDE] * 3 * SEVERAL)
    assert [line["event"] for line in lines] == ["camera_turn_detected"]
