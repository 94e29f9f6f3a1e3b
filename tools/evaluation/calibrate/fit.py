"""Fits a comparison to labelled sets: centres, thresholds for the worst group, what was found."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge.errors import SettingsError
from edge.inference.extension import REPLACED
from edge.inference.manifest import Comparison, Share
from edge.inference.models import ModelStore
from edge.settings.loader import read_toml
from tools.evaluation.calibrate import centres, report
from tools.evaluation.calibrate.groups import Measurement
from tools.evaluation.calibrate.labelled import LabelledSets
from tools.evaluation.calibrate.templates import Directions, directions

MARK: Final = "calibration"
CHIP: Final = "jp2-15k"
"""What a chip does to a portrait, of which a copy is to be known again."""
COPIES: Final = 200
"""So many pictures, or fewer, are compared with themselves as on a chip."""
MISSED_COPIES: Final = 0.01
"""The share of them that may be less similar than `same_picture`."""

COMMENT: Final = ("# <", ">")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """The embedders to compare by, with their weights, and how much of the centre to subtract."""

    embedders: Mapping[str, float]
    centred: float


def chosen(store: ModelStore, choice: Choice) -> ModelStore:
    """The store with a comparison that is to be fitted.

    Raises:
        SettingsError: a model is not in the manifest or is no embedder, or the weights do not add
            up to 1.
    """
    models = store.manifest.models
    for name in choice.embedders:
        if name not in models or models[name].alignment is None:
            known = ", ".join(each for each in models if models[each].alignment is not None)
            raise SettingsError(f"`{name}` is no embedder of the manifest; there is: {known}")
    if not math.isclose(sum(choice.embedders.values()), 1) or min(choice.embedders.values()) <= 0:
        raise SettingsError("the weights of the embedders are above 0 and add up to 1")
    shares = {
        name: Share(weight=weight, mirrored=True, centred=choice.centred, centre=())
        for name, weight in choice.embedders.items()
    }
    changed = {"embedders": shares, "measured": "worst group of adults of the sets below"}
    return store.comparing(store.manifest.comparison.model_copy(update=changed))


def fitted(
    store: ModelStore, sets: LabelledSets, found: Directions, cache: Path | None, say: Say
) -> tuple[Comparison, Measurement]:
    """The comparison of a store, fitted to sets whose pictures were embedded as they are.

    The measurement is that of the sets with its centres.

    Raises:
        SettingsError: there are too few people for any rate, or copies of a portrait cannot be told
            from other portraits of its holder.
    """
    comparison = store.manifest.comparison
    embedders = centres.fitted(comparison, sets, found)
    comparison = comparison.model_copy(update={"embedders": embedders})
    measured = Measurement(sets, found.of(embedders))
    thresholds = measured.thresholds(report.RATES, report.PLACES)
    if not thresholds:
        raise SettingsError("not enough pairs for any rate: more people are wanted")
    update = {
        "thresholds": thresholds,
        "evidence": report.evidence(measured, thresholds),
        "sets": {name: comparison.sets.get(name) or _counted(sets, name) for name in _names(sets)},
        "same_picture": _same_picture(store.comparing(comparison), sets, found, cache, say),
    }
    comparison = comparison.model_copy(update=update)
    if comparison.same_picture <= max(thresholds.values()):
        raise SettingsError("copies of a portrait are no more similar than other portraits are")
    combination = store.comparing(comparison).manifest.combination
    return comparison.model_copy(update={"measured_with": combination}), measured


def write(path: Path, comparison: Comparison) -> None:
    """Write a comparison into a manifest, where it stood, or at the end of one that had none.

    Raises:
        SettingsError: it stood elsewhere than between the marks, or there is no writing.
    """
    if REPLACED not in read_toml(path):
        report.add_between(path, MARK, COMMENT)
    report.write_between(path, MARK, report.toml(comparison), COMMENT)


def copied(sets: LabelledSets) -> list[int]:
    """The places of the pictures that are compared with themselves: some adults of every set."""
    adults = [at for at, labels in enumerate(sets.labels) if not labels.band]
    return adults[:: max(math.ceil(len(adults) / COPIES), 1)]


def _same_picture(
    store: ModelStore, sets: LabelledSets, found: Directions, cache: Path | None, say: Say
) -> float:
    """The similarity that nearly every portrait of an adult has with itself as on a chip."""
    used = copied(sets)
    comparison = store.manifest.comparison
    pictures = [sets.pictures[at] for at in used]
    copies = directions(store, pictures, CHIP, cache, say).of(comparison.embedders)
    similarities = (found.of(comparison.embedders)[used] * copies).sum(axis=1)
    seen = similarities[np.isfinite(similarities)]
    if not len(seen):
        raise SettingsError("no copy of a portrait shows a face")
    step = 10**report.PLACES
    return min(math.floor(float(np.quantile(seen, MISSED_COPIES)) * step), step - 1) / step


def _names(sets: LabelledSets) -> list[str]:
    return sorted(set(sets.of))


def _counted(sets: LabelledSets, name: str) -> str:
    pictures = [each for each, of in zip(sets.pictures, sets.of, strict=True) if of == name]
    return f"{len({each.person for each in pictures})} people, {len(pictures)} pictures"
