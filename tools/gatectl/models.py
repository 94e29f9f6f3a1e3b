"""gatectl models: install, verify and list the models of the manifest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.errors import SettingsError
from edge.inference.models import MEND, ModelStore

ROOT = Path(__file__).parents[2]
EXAMPLE = """\b
Example:
  gatectl models {}"""
manifest_option = click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False),
    default=ROOT / "models/manifest.toml",
    help="The manifest; default: models/manifest.toml.",
)
weights_option = click.option(
    "--weights",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "models/weights",
    help="The folder of the prepared files; default: models/weights.",
)


@click.group(epilog=EXAMPLE.format("verify"))
def group() -> None:
    """Install and verify the face models."""


@group.command(epilog=EXAMPLE.format("install"))
@manifest_option
@weights_option
def install(manifest: Path, weights: Path) -> None:
    """Obtain, verify and prepare every model; does nothing for those that are right."""
    from tools.models.install import install as bring  # noqa: PLC0415  # onnx is slow to import

    bring(manifest, weights, click.echo)


@group.command(epilog=EXAMPLE.format("verify"))
@manifest_option
@weights_option
def verify(manifest: Path, weights: Path) -> None:
    """Say of every model whether it is what the manifest says and computes what it should.

    Exit 1 when one is not.
    """
    from tools.models.install import wrong_pictures  # noqa: PLC0415
    from tools.models.known_answer import prove  # noqa: PLC0415

    store = ModelStore(manifest, weights)
    pictures = store.manifest.pictures
    wrong = [
        f"{pictures.folder}/{name} is missing or wrong"
        for name in wrong_pictures(pictures, weights)
    ]
    for name, model in store.manifest.models.items():
        if model.optional and not store.path(name).exists():
            click.echo(f"{name}: left out, and the gate works without it")
            continue
        try:
            prove(store, name)
        except SettingsError as error:
            wrong.append(str(error))
        else:
            click.echo(f"{name}: as the manifest says, and computes what it should")
    if wrong:
        click.echo("\n".join([*wrong, f"to mend it, {MEND}"]), err=True)
        sys.exit(1)
    click.echo(f"{pictures.folder}: as the manifest says")


@group.command(name="list", epilog=EXAMPLE.format("list"))
@manifest_option
@weights_option
def show(manifest: Path, weights: Path) -> None:
    """List the models with licence and hash, and how faces are compared with them."""
    listed = ModelStore(manifest, weights).manifest
    for name, model in listed.models.items():
        click.echo(f"{name:8} {model.title}; {model.licence}; {model.sha256[:16]}")
        click.echo(f"         {model.provenance}")
    shares = listed.comparison.embedders.items()
    added = " + ".join(f"{share.weight:g} {name}" for name, share in shares)
    click.echo(f"similarity: {added}; {listed.comparison.measured}")
    for rate, similarity in listed.comparison.thresholds.items():
        click.echo(f"         false match rate {rate}: similarity {similarity}")
