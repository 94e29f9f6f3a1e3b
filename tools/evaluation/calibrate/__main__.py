"""Calibrate the comparison of faces: python -m tools.evaluation.calibrate --help."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from edge.errors import SettingsError
from edge.inference.models import ModelStore
from tools.evaluation.calibrate import hard_cases, people, plots, report, sweep
from tools.evaluation.calibrate.fit import MARK, Choice
from tools.evaluation.calibrate.people import Pairs, Picture
from tools.evaluation.calibrate.portraits import AS_IS, DEGRADATIONS
from tools.evaluation.calibrate.rates import scores
from tools.evaluation.calibrate.report import Measured
from tools.evaluation.calibrate.templates import Directions, directions
from tools.gatectl.commands.options import manifest_option, weights_option

EPILOG = """\b
Examples:
  python -m tools.evaluation.calibrate PEOPLE/ --people 1-250 --portrait jp2-15k
  python -m tools.evaluation.calibrate PEOPLE/ --people 1-250 --sweep
  python -m tools.evaluation.calibrate PEOPLE/ --people 1-250 --card models/comparison.md
  python -m tools.evaluation.calibrate --set brazil.csv --set congress.csv --fit --card CARD
  python -m tools.evaluation.calibrate --set brazil.csv --set congress.csv --check
  python -m tools.evaluation.calibrate --set brazil.csv --fit --embedder arcface --manifest OWN
  python -m tools.evaluation.calibrate --pairs protocol.csv --labels groups.csv"""
SET_HELP = "A set with labels: CSV of file, person, sex, population, age, year."


def _range(_context: object, _option: object, text: str | None) -> range | None:
    if text is None:
        return None
    first, dash, last = text.partition("-")
    if not dash or not first.isdecimal() or not last.isdecimal() or int(first) > int(last):
        raise click.BadParameter("give FIRST-LAST, such as 1-250")
    return range(int(first), int(last) + 1)


def _shares(_context: object, _option: object, texts: tuple[str, ...]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.partition("=")
        try:
            weight = float(number) if equals else 1.0
        except ValueError:
            raise click.BadParameter("give NAME, or NAME=WEIGHT such as sface=0.8") from None
        if name in shares:
            raise click.BadParameter(f"{name} is given twice")
        shares[name] = weight
    return shares


@click.command(epilog=EPILOG)
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--pairs", type=click.Path(path_type=Path), help="Pairs: CSV, see docs/face.md.")
@click.option("--only", default="", help="Count only pictures below a folder of this name.")
@click.option("--people", "wanted", callback=_range, help="People by number: FIRST-LAST.")
@click.option(
    "--portrait",
    type=click.Choice(list(DEGRADATIONS)),
    default=AS_IS,
    show_default=True,
    help="What is done to the portrait side.",
)
@click.option("--set", "sets", multiple=True, type=click.Path(path_type=Path), help=SET_HELP)
@click.option("--check", is_flag=True, help="With --set: fail when a group is beyond a rate.")
@click.option("--labels", type=click.Path(path_type=Path), help="Groups of people: CSV.")
@click.option("--rate", default="1e-4", show_default=True, help="False match rate for groups.")
@click.option("--fit", is_flag=True, help="With --set: write centres and thresholds.")
@click.option(
    "--embedder",
    "embedders",
    multiple=True,
    callback=_shares,
    metavar="NAME[=WEIGHT]",
    help="With --fit: compare by this embedder; several, whose weights add up to 1.",
)
@click.option(
    "--centred",
    type=click.FloatRange(0, 2),
    default=1.0,
    show_default=True,
    help="With --embedder: how much of the mean direction is subtracted.",
)
@click.option("--sweep", "try_weights", is_flag=True, help="Try weights, two-fold by people.")
@click.option("--card", type=click.Path(path_type=Path), help="The model card to write to.")
@click.option("--plots", "figures", type=click.Path(path_type=Path), help="A folder for plots.")
@click.option("--cache", type=click.Path(path_type=Path), help="A folder to keep templates in.")
@manifest_option
@weights_option
def main(  # noqa: PLR0913  # one for each option
    folders: tuple[Path, ...],
    *,
    pairs: Path | None,
    only: str,
    wanted: range | None,
    portrait: str,
    sets: tuple[Path, ...],
    check: bool,
    labels: Path | None,
    rate: str,
    fit: bool,
    embedders: dict[str, float],
    centred: float,
    try_weights: bool,
    card: Path | None,
    figures: Path | None,
    cache: Path | None,
    manifest: Path,
    weights: Path,
) -> None:
    """Measure how well the gate tells people apart, on pictures of people.

    FOLDERS hold one folder for each person, named after them.  Every picture is embedded through
    the gate's own pipeline, as a portrait; every two are compared.

    With --set strangers are drawn within groups of one sex and population, and a false match rate
    is that of the worst group of adults.  A policy means these rates.
    """
    store = ModelStore(manifest, weights)
    if embedders and not fit:
        raise click.UsageError("--embedder wants --fit")
    if sets or check or fit:
        _require_only(sets, folders, pairs)
        choice = Choice(embedders, centred) if embedders else None
        wishes = hard_cases.Wishes(portrait, cache, fit, check, card, choice)
        hard_cases.measure(store, sets, wishes, _say)
        return
    of = None if labels is None else (people.groups(labels), store.threshold(rate))
    pictures, tried = _material(folders, pairs, only, wanted, portrait)
    sides = [
        directions(store, pictures, side, cache, _say)
        for side in ([portrait] if portrait == AS_IS else [portrait, AS_IS])
    ]
    if try_weights:
        click.echo(sweep.table(store, sides, pictures, tried))
        return
    measured, found = _measure(store, sides, pictures, tried, portrait)
    text = report.table(measured, store.manifest.comparison.thresholds)
    if of is not None:
        text += "\n\n" + report.by_group(found, tried, pictures, *of)
    click.echo(text)
    if card is not None:
        report.write_between(card, f"{MARK} {portrait}", text, ("<!-- ", " -->"))
    if figures is not None:
        for path in plots.draw([measured], figures, f"face-{portrait}"):
            _say(f"{path} written")


def _require_only(sets: tuple[Path, ...], folders: tuple[Path, ...], protocol: Path | None) -> None:
    if folders or protocol is not None or not sets:
        raise click.UsageError("--fit and --check want --set, without folders and --pairs")


def _material(
    folders: tuple[Path, ...], protocol: Path | None, only: str, wanted: range | None, portrait: str
) -> tuple[list[Picture], Pairs]:
    if bool(folders) == (protocol is not None):
        raise click.UsageError("give folders of people, or --pairs")
    if protocol is not None:
        pictures, tried = people.in_protocol(protocol)
    else:
        pictures = people.in_folders(folders, only, wanted)
        tried = people.every_pair(pictures, ordered=portrait != AS_IS)
    if tried.same.all() or not tried.same.any():
        raise SettingsError("pairs of one person are wanted, and pairs of two")
    return pictures, tried


def _measure(
    store: ModelStore,
    sides: list[Directions],
    pictures: list[Picture],
    tried: Pairs,
    portrait: str,
) -> tuple[Measured, NDArray[np.float32]]:
    rows = [np.nan_to_num(side.of(store.manifest.comparison.embedders)) for side in sides]
    acquired = np.logical_and.reduce([side.acquired for side in sides])
    found = scores((rows[0], rows[-1]), tried, acquired)
    measured = Measured.of(
        f"portrait {portrait}", pictures, int((~acquired).sum()), found.split(tried), tried
    )
    return measured, found.all


def _say(line: str) -> None:
    click.echo(f"calibrate: {line}", err=True)


def run() -> None:
    """Run the command; what is wrong with files is said in one line."""
    try:
        main.main(prog_name="python -m tools.evaluation.calibrate")
    except SettingsError as error:
        raise SystemExit(f"calibrate: {error}") from error


if __name__ == "__main__":
    run()
