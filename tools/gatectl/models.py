"""gatectl models: install, verify and list the models of the manifest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.errors import SettingsError
from edge.models import ModelStore

ROOT = Path(__file__).parents[2]
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


@click.group()
def group() -> None:
    """Install and verify the face models."""


@group.command()
@manifest_option
@weights_option
def install(manifest: Path, weights: Path) -> None:
    r"""Obtain, verify and prepare every model; does nothing for those that are right.

    \b
    Example:
      gatectl models install
    """
    from tools.models.install import install as bring  # noqa: PLC0415  # onnx is slow to import

    bring(manifest, weights, click.echo)


@group.command()
@manifest_option
@weights_option
def verify(manifest: Path, weights: Path) -> None:
    r"""Say of every model whether it is what the manifest says; exit 1 when one is not.

    \b
    Example:
      gatectl models verify
    """
    store = ModelStore(manifest, weights)
    wrong = 0
    for name in store.manifest.models:
        try:
            store.verify(name)
        except SettingsError as error:
            wrong += 1
            click.echo(str(error), err=True)
        else:
            click.echo(f"{name}: as the manifest says")
    sys.exit(1 if wrong else 0)


@group.command(name="list")
@manifest_option
@weights_option
def show(manifest: Path, weights: Path) -> None:
    r"""List the models with their licence, hash and thresholds.

    \b
    Example:
      gatectl models list
    """
    for name, model in ModelStore(manifest, weights).manifest.models.items():
        click.echo(f"{name:8} {model.title}; {model.licence}; {model.sha256[:16]}")
        click.echo(f"         {model.provenance}")
        for rate, similarity in model.thresholds.items():
            click.echo(f"         false match rate {rate}: similarity {similarity}")
