"""gatectl keys: keys of the central system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from edge.errors import SettingsError
from edge.files.reading import read_json
from tools.central.central_key import CentralKey, Curve, Use

CURVES: dict[Use, tuple[Curve, ...]] = {
    Use.SIGN: ("Ed25519", "P-256"),
    Use.SEAL: ("P-256", "X25519"),
}
"""The first is what is made when none is named."""
EXAMPLES = """\b
Examples:
  gatectl keys new --use sig --out central.sig.jwk --jwks central.jwks.json
  gatectl keys new --use enc --curve X25519 --out central.enc.jwk --jwks central.jwks.json"""


@click.group(epilog=EXAMPLES)
def group() -> None:
    """Make keys of a central system."""


@group.command(epilog=EXAMPLES)
@click.option(
    "--use",
    type=click.Choice([use.value for use in Use]),
    required=True,
    help="sig signs commands, enc seals personal fields of events.",
)
@click.option(
    "--curve",
    type=click.Choice(sorted({curve for curves in CURVES.values() for curve in curves})),
    help="Default: Ed25519 to sign, P-256 to seal.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The private key, a JWK; a new file that only its owner may read.",
)
@click.option(
    "--jwks",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Add the public key to this JWK Set: what `[central] keys` of the gates names.",
)
def new(use: str, curve: str | None, out: Path, jwks: Path | None) -> None:
    """Make a key pair; the private key stays with the central system."""
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
    new = path.with_name(f"{path.name}.new")
    try:
        new.write_text(text, encoding="ascii")
        new.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror})") from error


def _read(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("keys"), list):
        raise SettingsError(f"{path} is no JWK Set: `keys` is no list")
    return content
