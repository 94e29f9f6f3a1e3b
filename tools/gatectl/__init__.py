"""gatectl: what technicians run; a command is imported when it is called."""

from __future__ import annotations

import importlib
import sys

import click
from typing_extensions import override

from edge.errors import EdgeError, first_of

COMMANDS = {
    "camera": "tools.gatectl.camera:group",
    "command": "tools.gatectl.command:group",
    "config": "tools.gatectl.config:group",
    "events": "tools.gatectl.events:group",
    "face": "tools.gatectl.face:group",
    "keys": "tools.gatectl.keys:group",
    "models": "tools.gatectl.models:group",
    "policy": "tools.gatectl.policy:group",
    "privacy": "tools.gatectl.privacy:group",
    "read": "tools.gatectl.read:command",
    "simulate": "tools.gatectl.simulate:command",
    "specimen": "tools.gatectl.specimen:group",
    "trust": "tools.gatectl.trust:group",
    "verify": "tools.gatectl.verify:command",
}
EXAMPLES = """\b
Examples:
  gatectl models install
  gatectl simulate genuine
  gatectl simulate --all --json
  gatectl config check /etc/egate/gate.toml"""


class Lazy(click.Group):
    """A group whose commands are imported on use."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        found = getattr(importlib.import_module(module), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is not a command")
        return found


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
@click.version_option(package_name="egate")
def gatectl() -> None:
    """Set up, try out and look after a gate."""


def main() -> None:
    """Run gatectl; what goes wrong on purpose is told in one line, exit 1."""
    try:
        gatectl()
    except* EdgeError as errors:
        fault = first_of(errors)
    else:
        return
    click.echo(f"gatectl: {fault}", err=True)
    sys.exit(1)
