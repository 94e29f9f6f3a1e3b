"""What the directions of many faces have in common, and what tells groups of people apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.errors import SettingsError
from edge.inference.manifest import Comparison, Share
from tools.evaluation.calibrate import report
from tools.evaluation.calibrate.labelled import LabelledSets
from tools.evaluation.calibrate.templates import Directions

Floats = NDArray[np.float32]
LEAST_PEOPLE: Final = 30
"""A group's mean says something of the group, and nothing of anybody, from so many people on."""
MOST: Final = 6
"""So many directions, those in which groups differ most: with more, people are less unlike."""
LEAST_PART: Final = 1e-3
"""A direction in which the means of groups differ by less is none."""


def fitted(comparison: Comparison, sets: LabelledSets, found: Directions) -> dict[str, Share]:
    """The embedders of a comparison with new centres, and new `without` where they are levelled.

    Every set counts alike in a centre, and in a set every group of adults with people enough.

    Raises:
        SettingsError: no group has people enough.
    """
    made = {}
    for name, share in comparison.embedders.items():
        means = {of: _means(sets, found, name, of) for of in sorted(set(sets.of))}
        if not any(means.values()):
            raise SettingsError(f"no group has {LEAST_PEOPLE} people: more people are wanted")
        made[name] = _fitted(share, means)
    return made


def _fitted(share: Share, means: Mapping[str, Sequence[Floats]]) -> Share:
    middle = np.mean([np.mean(groups, axis=0) for groups in means.values() if groups], axis=0)
    rows: Floats = np.empty((0, len(middle)), np.float32)
    if share.levelled:
        apart = np.array([mean for groups in means.values() for mean in groups]) - middle
        _, parts, found = np.linalg.svd(apart, full_matrices=False)
        rows = found[parts > LEAST_PART][:MOST]
    return share.model_copy(
        update={
            "centre": _rounded(share.centred * middle),
            "without": tuple(map(_rounded, rows)),
        }
    )


def _rounded(row: Floats) -> tuple[float, ...]:
    """As it is written, so that what was measured is what the manifest says."""
    return tuple(round(number, report.PLACES) for number in row.tolist())


def _means(sets: LabelledSets, found: Directions, embedder: str, of: str) -> list[Floats]:
    """The mean of each group of adults of a set, which may be one without a name."""
    groups: dict[str, set[str]] = {}
    for picture, labels, where in zip(sets.pictures, sets.labels, sets.of, strict=True):
        if where == of and not labels.band:
            groups.setdefault(labels.group, set()).add(picture.person)
    return [
        found.centre(embedder, _rows(sets, of, name))
        for name, people in sorted(groups.items())
        if len(people) >= LEAST_PEOPLE
    ]


def _rows(sets: LabelledSets, of: str, group: str) -> NDArray[np.bool_]:
    return np.array(
        [
            where == of and not labels.band and labels.group == group
            for labels, where in zip(sets.labels, sets.of, strict=True)
        ]
    )
