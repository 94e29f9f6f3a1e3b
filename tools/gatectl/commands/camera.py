"""gatectl camera: which cameras there are, and what the configured one sees."""

from __future__ import annotations

from pathlib import Path

import click

from edge.__main__ import INSTALLED
from tools.command_line import runs
from tools.gatectl.commands.options import FILE, examples

FINDING = examples("camera list", "camera list --json")


@click.group(epilog=FINDING)
def group() -> None:
    """Find cameras, and align them."""


@group.command("list", epilog=FINDING)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@runs("tools.gatectl.camera:list_cameras")
def list_() -> None:
    """List the cameras, with their lines for the configuration.

    Exit 1 when there is none.
    """


@group.command(epilog=examples("camera accept --config /etc/egate/gate.toml"))
@click.option(
    "--config",
    type=FILE,
    default=INSTALLED,
    show_default=True,
    help="The configuration that names the camera.",
)
@runs("tools.gatectl.camera:accept")
def accept() -> None:
    """Accept the camera that is plugged in now.

    It becomes the camera of this gate.  A gate in live operation serves nobody with another one
    (name, port, serial number or picture size).  See first who changed it, and why.
    """


@group.command(
    epilog=examples(
        "camera preview --config /etc/egate/gate.toml",
        "camera preview --path /dev/video0 --json",
    )
)
@click.option(
    "--config",
    type=FILE,
    default=INSTALLED,
    show_default=True,
    help="The configuration that names the camera and the models.",
)
@click.option(
    "--path",
    type=click.Path(path_type=Path),
    help="A Video4Linux2 device instead of the configured camera.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--json", "as_json", is_flag=True, help="Look once and say what was seen.")
@runs("tools.gatectl.camera:preview")
def preview() -> None:
    """Show the live picture with a guide, on a page of this machine.

    While egated runs it holds the camera: see its technician page instead.  Nothing is stored.
    """
