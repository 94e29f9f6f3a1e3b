"""gatectl models: install, verify and list the models of the manifest."""

from __future__ import annotations

import click

from tools.command_line import runs
from tools.gatectl.commands.options import examples, manifest_option, weights_option


@click.group(epilog=examples("models verify"))
def group() -> None:
    """Install and verify the face models."""


@group.command(epilog=examples("models install"))
@manifest_option
@weights_option
@runs("tools.gatectl.models:bring")
def install() -> None:
    """Obtain, verify and prepare the models that are not right."""


@group.command(epilog=examples("models verify"))
@manifest_option
@weights_option
@runs("tools.gatectl.models:verify")
def verify() -> None:
    """Verify every model: its hash, and a known answer.

    Exit 1 when one is not.
    """


@group.command(name="list", epilog=examples("models list"))
@manifest_option
@weights_option
@runs("tools.gatectl.models:show")
def list_() -> None:
    """List the models with licence and hash.

    The list also shows how faces are compared with them.
    """
