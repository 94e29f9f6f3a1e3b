"""Calibration by groups: thresholds for the worst group of adults, and whether they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from edge.errors import SettingsError
from edge.inference.models import ModelStore
from tools.evaluation.calibrate import fit, report
from tools.evaluation.calibrate.fit import Choice
from tools.evaluation.calibrate.groups import BEYOND, Measurement
from tools.evaluation.calibrate.labelled import read
from tools.evaluation.calibrate.portraits import AS_IS
from tools.evaluation.calibrate.templates import directions

GROUPS: Final = "calibration groups"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be done with the sets, and where the result goes."""

    portrait: str
    cache: Path | None
    fit: bool
    check: bool
    card: Path | None
    choice: Choice | None = None
    """None: the comparison of the manifest."""


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
    if wishes.fit and wishes.portrait != AS_IS:
        raise SettingsError("a fit wants the portraits as they are")
    if wishes.choice is not None:
        store = fit.chosen(store, wishes.choice)
    found = directions(store, sets.pictures, wishes.portrait, wishes.cache, say)
    if wishes.fit:
        comparison, measured = fit.fitted(store, sets, found, wishes.cache, say)
        fit.write(store.manifest_path, comparison)
        say(f"{store.manifest_path}: centres, and thresholds for the worst group, written")
    else:
        comparison = store.manifest.comparison
        measured = Measurement(sets, found.of(comparison.embedders))
    text = report.groups_table(measured, comparison.thresholds)
    click.echo(text)
    if wishes.card is not None:
        report.write_between(wishes.card, GROUPS, text, ("<!-- ", " -->"))
    if wishes.check:
        _check(measured, comparison.thresholds)


def _check(measured: Measurement, thresholds: Mapping[str, float]) -> None:
    beyond = [
        f"{group}: {found:.1e} at the similarity of {rate}"
        for rate, group, found in measured.beyond(thresholds)
    ]
    if beyond:
        raise SettingsError(f"beyond {BEYOND} times a stated rate: {'; '.join(beyond)}")
