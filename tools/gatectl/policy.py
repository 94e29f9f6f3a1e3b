"""gatectl policy: what a policy demands of a traveller."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

import click

from edge.border.floor import FLOOR
from edge.border.policy import DOUBTED, REASONS, UNKNOWN, Policy
from edge.border.requirement import Requirement
from edge.checks import CheckId, Result
from edge.contract.json_object import JsonObject
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
        click.echo(json.dumps({**_header(policy), "checks": rows}))
        return
    click.echo(f"policy {policy.version}, {'live' if policy.live else 'training'} operation")
    click.echo(f"travellers from {policy.least_age} years on; {age_of_faces(policy)}")
    for row in rows:
        demand = f"{row['requirement'] or 'unnamed'} ({row['source']})"
        click.echo(f"{row['check']:25} {demand:28} opens with: {', '.join(row['opens'])}")
        if row["why"]:
            click.echo(f"{'':25} at least {row['least']} in live operation: {row['why']}")


def age_of_faces(policy: Policy) -> str:
    """From which age faces are compared, and who accepted that where it is below the floor."""
    said = f"faces are compared from {policy.compared_from} years on, now and in the portrait"
    accepted = policy.younger_faces
    if accepted is None:
        return said
    return (
        f"{said}: {accepted.accepted_by} accepts false match rate {accepted.false_match_rate:g}"
        f" at that age, found by {accepted.calibration}"
    )


def _header(policy: Policy) -> JsonObject:
    accepted = policy.younger_faces
    return {
        "version": policy.version,
        "live": policy.live,
        "least_age": policy.least_age,
        "compared_from": policy.compared_from,
        "younger_faces": None if accepted is None else asdict(accepted),
    }


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
