"""gatectl models: install, verify and list the models of the manifest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.errors import SettingsError
from edge.inference.models import ADVICE, ModelStore


def bring(manifest: Path, weights: Path) -> None:
    """Run `gatectl models install`."""
    from tools.models.install import install  # noqa: PLC0415  # onnx is slow to import

    install(manifest, weights, click.echo)


def verify(manifest: Path, weights: Path) -> None:
    """Run `gatectl models verify`."""
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
        click.echo("\n".join([*wrong, f"to repair it, {ADVICE}"]), err=True)
        sys.exit(1)
    click.echo(f"{pictures.folder}: as the manifest says")


def show(manifest: Path, weights: Path) -> None:
    """Run `gatectl models list`."""
    listed = ModelStore(manifest, weights).manifest
    for name, model in listed.models.items():
        click.echo(f"{name:8} {model.title}; {model.licence}; {model.sha256[:16]}")
        click.echo(f"         {model.provenance}")
    shares = listed.comparison.embedders.items()
    added = " + ".join(f"{share.weight:g} {name}" for name, share in shares)
    click.echo(f"similarity: {added}; {listed.comparison.measured}")
    for rate, similarity in listed.comparison.thresholds.items():
        click.echo(f"         false match rate {rate}: similarity {similarity}")
