"""gatectl policy: what a policy demands of a traveller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import click

from edge.border.floor import FLOOR
from edge.border.policy import DOUBTED, REASONS, UNKNOWN, Policy
from edge.border.requirement import Requirement
from edge.checks import CheckId, Result
from edge.settings.policy import load_policy

EXAMPLE = """\b
Examples:
  gatectl policy explain config/policy.example.toml
  gatectl policy explain --training --json config/policy.example.toml"""


class Row(TypedDict):
    """What is demanded of one check, and from where the demand comes."""

    check: str
    requirement: str | None
    source: str
    opens: list[str]
    failed: str
    undetermined: str
    least: str | None
    why: str | None


@click.group(epilog=EXAMPLE)
def group() -> None:
    """Explain policies."""


@group.command(epilog=EXAMPLE)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--training", is_flag=True, help="As a training lane follows it, not a live one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def explain(file: Path, training: bool, as_json: bool) -> None:
    """Say of each check what the policy in FILE demands, and what opens the gate.

    A check that is named by the policy or by the floor must have been made.  One that is unnamed
    belongs to what this lane does not have, such as a list: it only must not have failed.
    """
    policy = load_policy(file, live=not training)
    rows = [_row(check, policy) for check in CheckId]
    if as_json:
        click.echo(json.dumps({"version": policy.version, "live": policy.live, "checks": rows}))
        return
    click.echo(f"policy {policy.version}, {'live' if policy.live else 'training'} operation")
    for row in rows:
        demand = f"{row['requirement'] or 'unnamed'} ({row['source']})"
        click.echo(f"{row['check']:25} {demand:28} opens with: {', '.join(row['opens'])}")
        if row["why"]:
            click.echo(f"{'':25} at least {row['least']} in live operation: {row['why']}")


def _row(check: CheckId, policy: Policy) -> Row:
    demand, rule = policy.demands.get(check), FLOOR.get(check)
    opens = set(Result) - {Result.FAILED} if demand is None else demand.tolerated
    failed = REASONS[check]
    return Row(
        check=check.value,
        requirement=None if demand is None else demand.value,
        source=_source(check, policy, demand),
        opens=[result.value for result in Result if result in opens],
        failed=failed.value,
        undetermined=(DOUBTED.get(check) or UNKNOWN.get(check) or failed).value,
        least=None if rule is None else rule.least.value,
        why=None if rule is None else rule.why,
    )


def _source(check: CheckId, policy: Policy, demand: Requirement | None) -> str:
    """Which of the three says so: the policy file, the floor, or nobody."""
    if check in policy.requirements and policy.requirements[check] is demand:
        return "policy"
    return "nobody" if demand is None else "floor"
