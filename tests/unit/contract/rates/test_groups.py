"""One place for the words of groups: those of the calibration are those of the gate."""

from __future__ import annotations

import pytest

from edge.contract.rates.groups import OTHERS, Group, band, child_band, group
from tools.evaluation.calibrate.labelled import Labels


@pytest.mark.parametrize(
    ("age", "word"),
    [
        (0, "under 6"),
        (5, "under 6"),
        (6, "6 to 11"),
        (12, "12 to 17"),
        (17, "12 to 17"),
        (18, "18 to 29"),
        (29, "18 to 29"),
        (30, "30 to 49"),
        (50, "50 to 64"),
        (64, "50 to 64"),
        (65, "65 and over"),
        (112, "65 and over"),
        (None, ""),
    ],
)
def test_every_age_has_a_word(age: int | None, word: str) -> None:
    assert band(age) == word
    assert child_band(age) == (word if age is not None and age < 18 else "")


@pytest.mark.parametrize("age", [5, 17, 18, 40, 80])
@pytest.mark.parametrize("sex", ["F", "M", ""])
def test_the_gate_compares_whom_the_calibration_compares(age: int, sex: str) -> None:
    assert Group("GTM", sex, band(age)).compared == Labels(sex, "GTM", age, None).group


def test_adults_of_every_age_are_one_group_and_children_are_not() -> None:
    assert group("GTM", "F", "18 to 29") == group("GTM", "F", "65 and over") == "GTM F"
    assert group("GTM", "F", "12 to 17") == "GTM F 12 to 17"
    assert group("", "F", "18 to 29") == group("GTM", "", "18 to 29") == ""
    assert Group(OTHERS, "M", "30 to 49").compared == "(others) M"
