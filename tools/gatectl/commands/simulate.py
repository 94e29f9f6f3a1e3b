"""gatectl simulate: specimen travellers on the real daemon, headless."""

from __future__ import annotations

import click

from tools import shipped
from tools.command_line import runs
from tools.gatectl.commands.options import FILE, examples


@click.command(
    epilog=examples("simulate genuine", "simulate impostor cloned-chip --json", "simulate --all")
)
@click.argument("scenarios", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every scenario there is.")
@click.option("--list", "listing", is_flag=True, help="Name the scenarios and stop.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.option(
    "--config",
    type=FILE,
    default=shipped.virtual_lane,
    help="The virtual lane to run; default: config/gate.virtual.toml.",
)
@runs("tools.gatectl.simulate:simulate")
def command() -> None:
    """Let specimen travellers pass a virtual lane.

    Exit 1 when one does not end as it must.

    Runs the real daemon without screens, with a state folder and a broker of its own.  Exits with 1
    when a scenario does not end as its definition says.
    """
