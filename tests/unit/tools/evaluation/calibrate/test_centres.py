"""Centres and the directions between groups, on faces drawn around the means of groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import SettingsError
from edge.inference.manifest import Comparison, Share
from tools.evaluation.calibrate.centres import fitted
from tools.evaluation.calibrate.labelled import LabelledSets, Labels
from tools.evaluation.calibrate.people import Picture
from tools.evaluation.calibrate.templates import Directions


def comparison(*, levelled: bool) -> Comparison:
    share = Share(weight=1, mirrored=False, centred=1.5, levelled=levelled, centre=(0.0,) * 4)
    return Comparison(
        detector="none",
        embedders={"one": share},
        measured="here",
        same_picture=0.9,
        thresholds={"1e-2": 0.5},
    )


def drawn(people: dict[str, int]) -> tuple[LabelledSets, Directions]:
    """People of groups of one set; a group's mean is the axis of its place."""
    rows, labels, pictures = [], [], []
    for axis, (group, count) in enumerate(people.items()):
        for at in range(count):
            row = np.eye(4, dtype=np.float32)[axis]
            # Two and two the same distance from the mean, on the axis that no group has.
            row[3] = 0.5 if at % 2 else -0.5
            rows.append(row)
            labels.append(Labels("F", group, None, None))
            pictures.append(Picture(Path(f"{group}{at}.jpg"), f"{group}{at}"))
    return LabelledSets(pictures, labels, ["set"] * len(rows)), Directions({"one": np.array(rows)})


def test_of_a_levelled_embedder_nothing_is_left_in_which_groups_differ() -> None:
    sets, found = drawn({"Peru": 30, "Chad": 40, "few": 8})
    shares = fitted(comparison(levelled=True), sets, found)
    assert list(shares["one"].centre) == [0.75, 0.75, 0, 0]
    assert np.allclose(np.abs(shares["one"].without), [[0.7071, 0.7071, 0, 0]])
    rows = found.of(shares)
    peru, chad = rows[:30], rows[30:70]
    assert np.allclose(peru.mean(0), chad.mean(0), atol=1e-3)
    assert not np.allclose(peru[0], peru[1])


def test_an_embedder_that_is_not_levelled_keeps_them() -> None:
    sets, found = drawn({"Peru": 30, "Chad": 40})
    assert not fitted(comparison(levelled=False), sets, found)["one"].without


def test_groups_of_few_people_have_no_mean() -> None:
    with pytest.raises(SettingsError, match="no group has 30 people: more people are wanted"):
        fitted(comparison(levelled=True), *drawn({"Peru": 29}))
