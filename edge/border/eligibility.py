"""Who may use the gate: document type, nationality, age (from the authentic document)."""

from __future__ import annotations

from datetime import date

from edge.border.policy import Policy
from edge.checks import Check, CheckId, Result
from edge.mrz import MachineReadableZone


def examine(
    document_code: str, nationality: str, age: int | None, policy: Policy
) -> tuple[Check, ...]:
    """Check type, nationality and age against the policy; an unknown age is undetermined."""
    return (
        Check(CheckId.ELIG_DOCUMENT_TYPE, _one_of(document_code[:1], policy.document_codes)),
        Check(CheckId.ELIG_NATIONALITY, _one_of(nationality, policy.nationalities)),
        Check(CheckId.ELIG_AGE, _age(age, policy.minimum_age)),
    )


def of_holder(zone: MachineReadableZone, today: date, policy: Policy) -> tuple[Check, ...]:
    """Check the holder of an authentic document, by the MRZ that the chip holds."""
    return examine(zone.document_code, zone.nationality, zone.age_on(today), policy)


def _one_of(value: str, accepted: frozenset[str]) -> Result:
    return Result.SUCCESSFUL if not accepted or value in accepted else Result.FAILED


def _age(age: int | None, minimum: int) -> Result:
    if age is None:
        return Result.UNDETERMINED
    return Result.SUCCESSFUL if age >= minimum else Result.FAILED
