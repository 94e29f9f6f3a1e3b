"""gatectl: what technicians run; what a command does is imported when it is called."""

from __future__ import annotations

import sys

import click

from edge.errors import EdgeError, first_of
from tools.gatectl.commands import (
    camera,
    command,
    config,
    events,
    face,
    keys,
    models,
    policy,
    privacy,
    read,
    simulate,
    specimen,
    trust,
    verify,
)
from tools.gatectl.commands.options import examples


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "models install",
        "simulate genuine",
        "simulate --all --json",
        "config check /etc/egate/gate.toml",
    ),
)
@click.version_option(package_name="egate")
def gatectl() -> None:
    """Set up, try out and look after a gate."""


gatectl.add_command(camera.group, "camera")
gatectl.add_command(command.group, "command")
gatectl.add_command(config.group, "config")
gatectl.add_command(events.group, "events")
gatectl.add_command(face.group, "face")
gatectl.add_command(keys.group, "keys")
gatectl.add_command(models.group, "models")
gatectl.add_command(policy.group, "policy")
gatectl.add_command(privacy.group, "privacy")
gatectl.add_command(read.command, "read")
gatectl.add_command(simulate.command, "simulate")
gatectl.add_command(specimen.group, "specimen")
gatectl.add_command(trust.group, "trust")
gatectl.add_command(verify.command, "verify")


def main() -> None:
    """Run gatectl; an error that we foresaw is one line and exit 1."""
    try:
        gatectl()
    except* EdgeError as errors:
        fault = first_of(errors)
    else:
        return
    click.echo(f"gatectl: {fault}", err=True)
    sys.exit(1)
