"""gatectl keys: keys of the central system."""

from __future__ import annotations

import click

from tools.command_line import runs
from tools.gatectl.commands.options import FILE, examples

EXAMPLES = examples(
    "keys new --use sig --out central.sig.jwk --jwks central.jwks.json",
    "keys new --use enc --curve X25519 --out central.enc.jwk --jwks central.jwks.json",
)


@click.group(epilog=EXAMPLES)
def group() -> None:
    """Make keys of a central system."""


@group.command(epilog=EXAMPLES)
@click.option(
    "--use",
    type=click.Choice(["sig", "enc"]),
    required=True,
    help="sig signs commands, enc seals personal fields of events.",
)
@click.option(
    "--curve",
    type=click.Choice(["Ed25519", "P-256", "X25519"]),
    help="Default: Ed25519 to sign, P-256 to seal.",
)
@click.option(
    "--out",
    type=FILE,
    required=True,
    help="The private key, a JWK; a new file that only its owner may read.",
)
@click.option(
    "--jwks",
    type=FILE,
    help="Add the public key to this JWK Set: what `[central] keys` of the gates names.",
)
@runs("tools.gatectl.keys:new")
def new() -> None:
    """Make a key pair; the private key stays with the central system."""
