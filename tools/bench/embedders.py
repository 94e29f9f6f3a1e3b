"""Comparisons of faces beside each other: what the gate's own does, and what a licence buys.

Each is that of a manifest, with the centres it has.  Its similarities for the worst group of adults
are found again from the sets with labels, the same for all; then pictures of other people, of whom
nothing was chosen, say how often one person matches.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge.contract.rates.interval import Interval
from edge.errors import SettingsError
from edge.inference.models import ModelStore
from edge.settings.face import Models
from tools.bench import match
from tools.bench.face import MODELS
from tools.bench.rows import Row
from tools.evaluation.calibrate import report
from tools.evaluation.calibrate.groups import Measurement
from tools.evaluation.calibrate.labelled import LabelledSets, read
from tools.evaluation.calibrate.people import every_pair
from tools.evaluation.calibrate.portraits import AS_IS
from tools.evaluation.calibrate.rates import Confidence, scores
from tools.evaluation.calibrate.templates import directions

RATES: Final = ("3e-4", "1e-4")
"""Of the worst group of adults."""
MATCHES: Final = 15


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets with labels for the worst group, other people for true matches, a cache of templates."""

    groups: Sequence[Path]
    people: Path
    cache: Path | None


@dataclass(frozen=True, slots=True)
class AtRate:
    """The comparison at the similarity of one rate of the worst group."""

    rate: str
    similarity: float
    worst: str
    """The group that sets the similarity."""
    matched: Interval
    """The share of pairs of one person that match."""


@dataclass(frozen=True, slots=True)
class Found:
    """One comparison: its embedders, accuracy and cost."""

    name: str
    at: Sequence[AtRate]
    missed: int
    """Failures to acquire, of the other people."""
    match_ms: float
    """Processor time from the bytes of the portrait to the similarity, decoding apart."""
    peak_mb: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `face --embedders` takes."""
    group = parser.add_argument_group("face --embedders")
    group.add_argument("--embedders", action="store_true", help="compare comparisons of faces")
    group.add_argument("--manifest", action="append", type=Path, default=[], help="beside ours")
    group.add_argument("--weights", type=Path, default=MODELS.weights, help="of all of them")
    group.add_argument("--set", action="append", type=Path, default=[], help="with labels: CSV")
    group.add_argument("--people", type=Path, help="others, for true matches: CSV with labels")
    group.add_argument("--cache", type=Path, help="a folder to keep templates in")


def rows(arguments: argparse.Namespace, say: Callable[[str], None]) -> Iterator[Row]:
    """The shipped comparison, and those of other manifests: accuracy on sets, and cost."""
    manifests = [MODELS.manifest, *arguments.manifest]
    models = [Models(manifest=each, weights=arguments.weights) for each in manifests]
    for found in measure(models, Sets(arguments.set, arguments.people, arguments.cache), say):
        for at in found.at:
            yield Row(f"{found.name}: {at.rate} of {at.worst}", at.similarity, "cos")
            yield Row("  one person matches", 100 * at.matched.rate, "%")
            yield Row("  at least, with 95 % confidence over people", 100 * at.matched.low, "%")
            yield Row("  at most", 100 * at.matched.high, "%")
        yield Row(f"{found.name}: failures to acquire", found.missed, "")
        yield Row(f"{found.name}: portrait and match, processor", found.match_ms, "ms")
        yield Row(f"{found.name}: peak memory", found.peak_mb, "MB")


def measure(models: Sequence[Models], sets: Sets, say: Callable[[str], None]) -> Iterator[Found]:
    """Measure the comparison of each manifest.

    Raises:
        SettingsError: a set or a model cannot be read, nobody has accepted the licence of a model,
            or there are too few people.
    """
    groups, people = read(sets.groups), read([sets.people])
    for each in models:
        store = ModelStore(each.manifest, each.weights)
        shares = store.manifest.comparison.embedders.items()
        name = " + ".join(f"{share.weight:g} {of}" for of, share in shares)
        say(f"{name}: pictures ...")
        missed, at = _accuracy(store, groups, people, sets.cache, say)
        say(f"{name}: matches and memory ...")
        cost_ms = statistics.median(_match_ms(each))
        yield Found(name, at, missed, cost_ms, match.peak_mb(each))


def _accuracy(
    store: ModelStore,
    groups: LabelledSets,
    people: LabelledSets,
    cache: Path | None,
    say: Callable[[str], None],
) -> tuple[int, list[AtRate]]:
    comparison = store.manifest.comparison
    of_groups = directions(store, groups.pictures, AS_IS, cache, say)
    measured = Measurement(groups, of_groups.of(comparison.embedders))
    thresholds = measured.thresholds(RATES, report.PLACES)
    if not thresholds:
        raise SettingsError("too few people with labels for any rate")
    found = directions(store, people.pictures, AS_IS, cache, say)
    rows = np.nan_to_num(found.of(comparison.embedders))
    pairs = every_pair(people.pictures, ordered=False)
    split = scores((rows, rows), pairs, found.acquired).split(pairs)
    confidence = Confidence(split, pairs, people.pictures)
    return int((~found.acquired).sum()), [
        AtRate(rate, similarity, _worst(measured, rate), confidence.true_matches(similarity))
        for rate, similarity in thresholds.items()
    ]


def _match_ms(models: Models) -> Iterator[float]:
    """From the bytes of an authentic portrait to the similarity, in this process."""
    with (
        tempfile.TemporaryDirectory(prefix="egate-bench-") as made,
        match.warm_engine(models=models) as engine,
    ):
        match.issue(Path(made))
        portrait, frame = match.authentic(Path(made)), np.load(Path(made, match.FRAME))
        for _ in range(MATCHES):
            live = match.watched(engine, frame, 1)
            started_s = time.process_time()
            match.similarity(engine, portrait, live)
            yield 1000 * (time.process_time() - started_s)
            live.wipe()


def _worst(measured: Measurement, rate: str) -> str:
    return max(measured.deciding, key=lambda group: group.threshold(float(rate))).name
