"""gatectl config: is this configuration valid?"""

from __future__ import annotations

import click

from tools.command_line import runs
from tools.gatectl.commands.options import FILE, examples

EXAMPLE = examples("config check config/gate.virtual.toml")


@click.group(epilog=EXAMPLE)
def group() -> None:
    """Check configurations."""


@group.command(epilog=EXAMPLE)
@click.argument("file", type=FILE)
@runs("tools.gatectl.config:check")
def check() -> None:
    """Check FILE and everything it names.

    That is the policy, the keys, and the role and options of every driver.
    """
