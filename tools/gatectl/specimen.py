"""gatectl specimen: specimen passports for the virtual lane."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from tools.specimen.issue import PORTRAITS, SCENARIOS, issue_all, issue_if_needed

EXAMPLES = """\b
Examples:
  gatectl specimen issue --out var/specimens
  gatectl specimen issue --out var/specimens --if-needed"""


@click.group(epilog=EXAMPLES)
def group() -> None:
    """Issue specimen documents; never real ones."""


@group.command(epilog=EXAMPLES)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write; specimens that are in it are replaced.",
)
@click.option(
    "--portraits",
    type=click.Path(path_type=Path, file_okay=False),
    default=PORTRAITS,
    help="Folder with the specimen photographs.",
)
@click.option(
    "--if-needed",
    is_flag=True,
    help="Only when missing, older than 30 days, or of another version.",
)
def issue(out: Path, portraits: Path, if_needed: bool) -> None:
    """Issue a test CSCA and the specimen travellers of the virtual lane."""
    if if_needed:
        issued = issue_if_needed(out, click.echo, portraits)
    else:
        issue_all(out, portraits, datetime.now(UTC), click.echo)  # noqa: TID251
        issued = True
    if issued:
        click.echo(f"issued: {', '.join(scenario.name for scenario in SCENARIOS)}")
