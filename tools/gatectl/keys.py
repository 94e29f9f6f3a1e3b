"""gatectl keys: keys of the central system."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge.contract.json_object import JsonObject
from edge.errors import SettingsError
from edge.files.reading import read_json
from edge.files.writing import replace_file
from tools.central.central_key import CentralKey, Curve, Use

CURVES: dict[Use, tuple[Curve, ...]] = {
    Use.SIGN: ("Ed25519", "P-256"),
    Use.SEAL: ("P-256", "X25519"),
}
"""The first is what is made when none is named."""


def new(use: str, curve: str | None, out: Path, jwks: Path | None) -> None:
    """Run `gatectl keys new`."""
    purpose = Use(use)
    chosen = next((each for each in CURVES[purpose] if curve in (each, None)), None)
    if chosen is None:
        raise click.UsageError(f"a key to {purpose.name.lower()} is {' or '.join(CURVES[purpose])}")
    known = _read(jwks) if jwks is not None and jwks.exists() else {"keys": []}
    key = CentralKey.make(purpose, chosen)
    key.write(out)
    if jwks is not None:
        known["keys"].append(key.public)
        try:
            _replace(jwks, json.dumps(known, indent=2) + "\n")
        except SettingsError:
            out.unlink()  # a private key whose public one is nowhere is of no use
            raise
        click.echo(f"{out}: private key {key.kid}; its public key was added to {jwks}")
    else:
        click.echo(json.dumps({"keys": [key.public]}, indent=2))


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of a file, or leave that as it was."""
    try:
        replace_file(path, text.encode("ascii"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror})") from error


def _read(path: Path) -> JsonObject:
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("keys"), list):
        raise SettingsError(f"{path} is no JWK Set: `keys` is no list")
    return content
