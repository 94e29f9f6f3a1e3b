"""Presentation attacks: `report` prints APCER per species and BPCER, `cost` the ms of each cue."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from drivers.virtual.performance import Act
from edge.errors import EdgeError, SettingsError
from edge.face import FacePipeline
from edge.face.pad import Asking, Liveness, Means
from edge.face.pad.grid import Grid
from edge.face.pad.relief import Relief
from edge.face.pad.stillness import Stillness
from edge.face.pad.surroundings import Surroundings
from edge.face.pad.texture import Texture
from edge.inference.models import ModelStore
from tools.evaluation.pad.material import FILM_FRAMES_PER_S, LIVE, films, sitters
from tools.evaluation.pad.presentation import Outcome, filmed, milliseconds, rendered
from tools.evaluation.pad.statistics import Row
from tools.specimen.issue import PORTRAITS

ROOT = Path(__file__).parents[3]
HEAD = (
    "| presentations | number | live | doubt | attack | asked | rate, 95 % interval |\n"
    "|---|---|---|---|---|---|---|"
)


@click.group()
def main() -> None:
    """Measure presentation attack detection."""


@main.command()
@click.option("--faces", type=click.Path(path_type=Path, exists=True), help="More photographs.")
@click.option(
    "--films",
    "folder",
    type=click.Path(path_type=Path, exists=True),
    help="Films in folders named after species, those of living people in `live`.",
)
@click.option("--seeds", default=2, show_default=True, help="Presentations per photograph and act.")
@click.option("--most", default=40, show_default=True, help="Photographs, at most.")
@click.option(
    "--asking", type=click.Choice([a.value for a in Asking]), default=Asking.IN_DOUBT.value
)
def report(faces: Path | None, folder: Path | None, seeds: int, most: int, asking: str) -> None:
    """Print the table of models/pad.md: rendered presentations, then films."""
    pipeline, means = _means(Asking(asking))
    found: dict[Act, list[Outcome]] = defaultdict(list)
    people = sitters(PORTRAITS, faces, pipeline)[:most]
    for number, sitter in enumerate(people):
        for act in Act:
            for seed in range(seeds):
                thrown = np.random.default_rng([number, seed]).bytes
                performer = sitter.performer(act, 100 * number + seed)
                asked = replace(means, random=thrown)
                found[act].append(rendered(performer, pipeline, asked, FILM_FRAMES_PER_S))
        click.echo(f"{number + 1}/{len(people)} photographs", err=True)
    click.echo(f"Rendered, {len(people)} photographs, {FILM_FRAMES_PER_S:.0f} frames/s:\n\n{HEAD}")
    for act, outcomes in found.items():
        click.echo(Row.of(act.value, outcomes).line(bona_fide=act is Act.LIVE))
    live = [outcome.took_s for outcome in found[Act.LIVE] if not outcome.asked]
    if live:
        click.echo(f"\nLive without being asked: median {np.median(live):.1f} s of watching.")
    if folder is not None:
        _films(folder, pipeline, means)


@main.command()
def cost() -> None:
    """Print the CPU time of each cue for one 640x480 frame, on one thread."""
    pipeline, means = _means(Asking.IN_DOUBT)
    sitter = sitters(PORTRAITS, None, pipeline)[0]
    frame = sitter.performer(Act.LIVE, 0).frame(0.5)
    observation = pipeline.observe(frame)
    face = observation.face
    if face is None:
        raise SettingsError("the specimen shows no face")
    every = (Stillness(), Relief(), Surroundings(), Grid(), Texture(means.texture))
    for cue in every:
        cue.see(frame, face)
        spent = milliseconds(lambda cue=cue: cue.see(frame, face))  # type: ignore[misc]
        click.echo(f"{type(cue).__name__.lower():14} {spent:6.2f} ms")
    liveness = Liveness(replace(means, asking=Asking.NEVER))
    whole = milliseconds(lambda: liveness._look(frame, face, 0.0, None))  # noqa: SLF001
    click.echo(f"{'all cues':14} {whole:6.2f} ms")
    click.echo(f"{'observe':14} {milliseconds(lambda: pipeline.observe(frame)):6.2f} ms")
    click.echo(f"{'embed':14} {milliseconds(lambda: pipeline.embed(frame, face)):6.2f} ms, 1 of 8")


def _films(folder: Path, pipeline: FacePipeline, means: Means) -> None:
    found: dict[str, list[Outcome]] = defaultdict(list)
    for species, name, frames in films(folder):
        outcome = filmed(frames, pipeline, means)
        found[species].append(outcome)
        said = " ".join(f"{c.name.value} {c.score:+.1f}*{c.certainty:.1f}" for c in outcome.cues)
        click.echo(f"{species}/{name}: {outcome.verdict.value}; {said}", err=True)
    click.echo(f"\nFilms, which answer nobody:\n\n{HEAD}")
    for species, outcomes in found.items():
        click.echo(Row.of(species, outcomes).line(bona_fide=species == LIVE))


def _means(asking: Asking) -> tuple[FacePipeline, Means]:
    store = ModelStore(ROOT / "models/manifest.toml", ROOT / "models/weights")
    return store.pipeline(), means_of(store, asking)


def means_of(store: ModelStore, asking: Asking) -> Means:
    """What a gate with these models judges by; SettingsError when it judges nothing."""
    pad = store.manifest.pad
    if pad is None:
        raise SettingsError("the manifest has no `[pad]`")
    network = store.network(pad.texture) if store.has_texture else None
    if network is None:
        click.echo(f"{pad.texture} is not installed: one cue less", err=True)
    recognition = store.manifest.comparison.recognition
    return Means(pad.weights(), recognition, network, np.random.default_rng(0).bytes, asking)


if __name__ == "__main__":
    try:
        main()
    except EdgeError as error:
        sys.exit(f"error: {error}")
