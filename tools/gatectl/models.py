"""gatectl models: install, verify and list the models of the manifest, and describe a new one."""

from __future__ import annotations

import getpass
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.errors import SettingsError
from edge.inference.manifest import Model, Pixels
from edge.inference.models import ADVICE, ModelStore


def bring(
    manifest: Path, weights: Path, accept_licence: tuple[str, ...], accepted_by: str | None
) -> None:
    """Run `gatectl models install`."""
    from tools.models.install import Consent, install  # noqa: PLC0415  # onnx is slow to import

    consent = None
    if accept_licence:
        today = datetime.now(UTC).date()  # noqa: TID251  # a person accepts now
        consent = Consent(accept_licence, today, accepted_by or _login_name())
    install(manifest, weights, click.echo, consent)


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
    store = ModelStore(manifest, weights)
    listed = store.manifest
    for name, model in listed.models.items():
        click.echo(f"{name:8} {model.title}; {model.licence}; {model.sha256[:16]}")
        click.echo(f"         {model.provenance}")
        if model.accept_licence:
            click.echo(f"         {_acceptance(store, name, model)}")
    shares = listed.comparison.embedders.items()
    added = " + ".join(f"{share.weight:g} {name}" for name, share in shares)
    click.echo(f"similarity: {added}; {listed.comparison.measured}")
    for rate, similarity in listed.comparison.thresholds.items():
        click.echo(f"         false match rate {rate}: similarity {similarity}")
    if not listed.is_measured:
        click.echo("         NOT measured with these embedders: a live gate does not start")


def describe(file: Path, prepare: tuple[str, ...], mean: float, scale: float, order: str) -> None:
    """Run `gatectl models describe`."""
    from tools.models.describe import describe as described  # noqa: PLC0415  # onnx again

    wanted = Pixels.model_validate({"mean": mean, "scale": scale, "order": order})
    pixels = None if wanted == Pixels() else wanted
    click.echo(described(file, prepare, pixels))


def _acceptance(store: ModelStore, name: str, model: Model) -> str:
    found = store.acceptance(name)
    if found is None:
        return f"licence NOT accepted, so the model is not used: {model.terms}"
    return f"licence accepted on {found.accepted_on} by {found.accepted_by}"


def _login_name() -> str:
    """The person behind this process, also through sudo(8)."""
    return os.environ.get("SUDO_USER") or getpass.getuser()
