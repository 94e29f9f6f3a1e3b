"""gatectl policy: what a policy demands of a traveller."""

from __future__ import annotations

import click

from tools.command_line import runs
from tools.gatectl.commands.options import FILE, examples

EXAMPLES = examples(
    "policy explain config/policy.example.toml",
    "policy explain --training --json config/policy.example.toml",
)


@click.group(epilog=EXAMPLES)
def group() -> None:
    """Explain policies."""


@group.command(epilog=EXAMPLES)
@click.argument("file", type=FILE)
@click.option("--training", is_flag=True, help="As a training lane follows it, not a live one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@runs("tools.gatectl.policy:explain")
def explain() -> None:
    """Show what the policy in FILE demands, check by check.

    A check that is named by the policy or by the floor must have been made.  One that is unnamed
    belongs to what this lane does not have, such as a list: it only must not have failed.
    """
