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


def explain(file: Path, training: bool, as_json: bool) -> None:
    """Run `gatectl policy explain`."""
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
