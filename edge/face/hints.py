"""Hints to a traveller for a better picture: one at a time, the most important first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Hint(StrEnum):
    """What the traveller should do; the screens have words and a picture for each.

    Left and right are the traveller's, who faces the camera.
    """

    NO_FACE = "no-face"
    ONE_PERSON = "one-person"
    COME_CLOSER = "come-closer"
    STEP_BACK = "step-back"
    MOVE_LEFT = "move-left"
    MOVE_RIGHT = "move-right"
    LOOK_STRAIGHT = "look-straight"
    RAISE_CHIN = "raise-chin"
    LOWER_CHIN = "lower-chin"
    HOLD_UPRIGHT = "hold-upright"
    TAKE_OFF_HAT = "take-off-hat"
    SHOW_EYES = "show-eyes"
    SHOW_MOUTH = "show-mouth"
    HOLD_STILL = "hold-still"
    MORE_LIGHT = "more-light"
    LESS_LIGHT = "less-light"
    TURN_LEFT = "turn-left"
    """Asked when a presentation is in doubt, like the next one."""
    TURN_RIGHT = "turn-right"


@dataclass(frozen=True, slots=True)
class Situation:
    """Facts that decide between two hints for the same measure."""

    fills_the_frame: bool = False
    is_left_of_centre: bool = False
    """In the picture."""
    chin_is_up: bool = False
    is_overexposed: bool = False
    is_under_a_brim: bool = False


def advise(poor: frozenset[str], situation: Situation) -> Hint | None:
    """The most important hint for the poor measures; None when no measure is poor.

    A traveller who is not alone needs no hint to come closer, one who moves no hint about the eyes.
    """
    # A traveller who is too far to the right is on the left of the picture.
    sideways = Hint.MOVE_LEFT if situation.is_left_of_centre else Hint.MOVE_RIGHT
    lighting = Hint.LESS_LIGHT if situation.is_overexposed else Hint.MORE_LIGHT
    in_order = (
        ("one_face" in poor, Hint.ONE_PERSON),
        ("inter_eye" in poor, Hint.COME_CLOSER),
        (situation.fills_the_frame, Hint.STEP_BACK),
        ("centring" in poor, sideways),
        ("yaw" in poor, Hint.LOOK_STRAIGHT),
        ("pitch" in poor, Hint.LOWER_CHIN if situation.chin_is_up else Hint.RAISE_CHIN),
        ("roll" in poor, Hint.HOLD_UPRIGHT),
        (bool(poor & {"exposure", "contrast", "evenness"}), lighting),
        ("sharpness" in poor, Hint.HOLD_STILL),
        ("shade" in poor, Hint.TAKE_OFF_HAT if situation.is_under_a_brim else Hint.MORE_LIGHT),
        ("eyes" in poor, Hint.SHOW_EYES),
        ("mouth" in poor, Hint.SHOW_MOUTH),
    )
    return next((hint for holds, hint in in_order if holds), None)
