"""Calibration by groups: thresholds for the worst group of adults, and whether they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import numpy as np
from numpy.typing import NDArray

from edge.errors import SettingsError
from edge.inference.manifest import Comparison, Share
from edge.inference.models import ModelStore
from tools.evaluation.calibrate import report
from tools.evaluation.calibrate.groups import BEYOND, Measurement
from tools.evaluation.calibrate.labelled import LabelledSets, read
from tools.evaluation.calibrate.templates import Directions, directions

MARK: Final = "calibration"
GROUPS: Final = "calibration groups"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be done with the sets, and where the result goes."""

    portrait: str
    cache: Path | None
    fit: bool
    check: bool
    card: Path | None


def measure(
    store: ModelStore, paths: Sequence[Path], wishes: Wishes, say: Callable[[str], None]
) -> None:
    """Measure the sets, print tables, and do what is wished.

    Raises:
        SettingsError: a set cannot be read or is too small; with `check`, a group of adults is
            beyond three times a rate that the manifest states.
    """
    sets = read(paths)
    if (wishes.fit or wishes.check) and not sets.adult_groups:
        raise SettingsError("no group of adults: sex and population are wanted")
    comparison = store.manifest.comparison
    found = directions(store, sets.pictures, wishes.portrait, wishes.cache, say)
    if wishes.fit:
        comparison = comparison.model_copy(update={"embedders": _centred(comparison, sets, found)})
    measured = Measurement(sets, _rows(comparison, found))
    if wishes.fit:
        comparison = _fitted(comparison, measured)
        report.write_between(store.manifest_path, MARK, report.toml(comparison), ("# <", ">"))
        say(f"{store.manifest_path}: centres, and thresholds for the worst group, written")
    text = report.groups_table(measured, comparison.thresholds)
    click.echo(text)
    if wishes.card is not None:
        report.write_between(wishes.card, GROUPS, text, ("<!-- ", " -->"))
    if wishes.check:
        _check(measured, comparison.thresholds)


def _fitted(comparison: Comparison, measured: Measurement) -> Comparison:
    thresholds = measured.thresholds(report.RATES, report.PLACES)
    if not thresholds:
        raise SettingsError("not enough pairs for any rate: more people are wanted")
    kept = {"thresholds": thresholds, "evidence": report.evidence(measured, thresholds)}
    return comparison.model_copy(update=kept)


def _centred(comparison: Comparison, sets: LabelledSets, found: Directions) -> dict[str, Share]:
    """The embedders with new centres: every set counts alike, and in it every group of adults."""
    made = {}
    for name, share in comparison.embedders.items():
        by_set = []
        for of in sorted(set(sets.of)):
            groups = _adults_of(sets, of)
            by_set += (
                [np.mean([found.centre(name, rows) for rows in groups], axis=0)] if groups else []
            )
        # Rounded as it is written, so that what was measured is what the manifest says.
        centre = np.round(share.centred * np.mean(by_set, axis=0), report.PLACES)
        made[name] = share.model_copy(update={"centre": tuple(map(float, centre))})
    return made


def _adults_of(sets: LabelledSets, of: str) -> list[NDArray[np.bool_]]:
    """The pictures of each group of adults of a set, which may be one without a name."""
    groups = [
        labels.group if where == of and not labels.band else None
        for labels, where in zip(sets.labels, sets.of, strict=True)
    ]
    return [
        np.array([group == name for group in groups])
        for name in sorted({group for group in groups if group is not None})
    ]


def _check(measured: Measurement, thresholds: Mapping[str, float]) -> None:
    beyond = [
        f"{group}: {found:.1e} at the similarity of {rate}"
        for rate, group, found in measured.beyond(thresholds)
    ]
    if beyond:
        raise SettingsError(f"beyond {BEYOND} times a stated rate: {'; '.join(beyond)}")


def _rows(comparison: Comparison, found: Directions) -> NDArray[np.float32]:
    shares = comparison.embedders
    weights = {name: share.weight for name, share in shares.items()}
    centres = {name: np.array(share.centre, np.float32) for name, share in shares.items()}
    return found.templates(weights, centres)
