"""gatectl privacy: what this device holds now, and erasing what may go."""

from __future__ import annotations

import click

from tools.command_line import runs
from tools.gatectl.commands.options import config_option, examples, json_option
from tools.gatectl.moments import moment


@click.group(epilog=examples("privacy report", "privacy erase --before 2026-11-24"))
def group() -> None:
    """Show and erase what this gate holds about travellers."""


@group.command(
    epilog=examples("privacy report --config config/gate.virtual.toml", "privacy report --json")
)
@config_option
@json_option
@runs("tools.gatectl.privacy:report")
def report() -> None:
    """Say what this device holds now.

    Reads beside the daemon, and changes nothing.  Exit 0 also when something is overdue.
    """


@group.command(
    epilog=examples(
        "privacy erase --before 2026-11-24T12:00:00Z",
        "privacy erase --before 2026-11-24 --yes > statement.json",
    )
)
@config_option
@click.option("--before", type=moment, required=True, help="Erase what was recorded before.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@runs("tools.gatectl.privacy:erase")
def erase() -> None:
    """Erase events the central system has stored, and prove it.

    The daemon must be stopped.  What was not acknowledged stays: it exists nowhere else.  The
    newest event stays for the chain.  Prints the statement that is written into the chain, signed;
    the bytes in the files are overwritten.
    """
