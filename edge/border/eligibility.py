"""Who may use the gate: document type, nationality, age (from the authentic document)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from edge.border.policy import Policy
from edge.border.validity import USUAL, ages_when_issued
from edge.checks import Check, CheckId, Result
from edge.emrtd.files import ElementaryFile
from edge.mrz import MachineReadableZone

YOUNG_PORTRAIT = "the portrait is of a minor"
UNDATED_PORTRAIT = "the portrait may be of a minor"


def examine(
    zone: MachineReadableZone, issued: date | None, today: date, policy: Policy
) -> tuple[Check, ...]:
    """Check type, nationality and age against the policy; an unknown age is undetermined.

    `zone` is the MRZ of an authentic chip, `issued` the day of issue that its DG12 tells.
    """
    return (
        Check(CheckId.ELIG_DOCUMENT_TYPE, _one_of(zone.document_code[:1], policy.document_codes)),
        Check(CheckId.ELIG_NATIONALITY, _one_of(zone.nationality, policy.nationalities)),
        _age(zone, issued, today, policy),
    )


def may_be_compared(checks: Iterable[Check]) -> bool:
    """Whether the face may be compared with the portrait: the age of both is known and allows it.

    Whatever the policy demands of the check.
    """
    ages = [check.result for check in checks if check.id is CheckId.ELIG_AGE]
    return bool(ages) and all(result is Result.SUCCESSFUL for result in ages)


def is_of_age(zone: MachineReadableZone, today: date, policy: Policy) -> bool:
    """Whether the page says that the holder is old enough; what the chip says is still to come."""
    return _holder(zone, today, policy) is Result.SUCCESSFUL


def files_to_read(
    zone: MachineReadableZone, today: date, policy: Policy
) -> tuple[ElementaryFile, ...]:
    """DG12, where only the day of issue can tell how old the portrait is: it costs time to read."""
    is_sure = _portrait(zone, None, today, policy) is Result.SUCCESSFUL
    return (ElementaryFile.DG12,) if is_of_age(zone, today, policy) and not is_sure else ()


def _age(zone: MachineReadableZone, issued: date | None, today: date, policy: Policy) -> Check:
    """The age of the holder, then that in the portrait; the first doubt is told."""
    holder = _holder(zone, today, policy)
    if holder is not Result.SUCCESSFUL:
        return Check(CheckId.ELIG_AGE, holder)
    portrait = _portrait(zone, issued, today, policy)
    detail = {Result.FAILED: YOUNG_PORTRAIT, Result.UNDETERMINED: UNDATED_PORTRAIT}
    return Check(CheckId.ELIG_AGE, portrait, detail.get(portrait, ""))


def _holder(zone: MachineReadableZone, today: date, policy: Policy) -> Result:
    age = zone.age_on(today)
    if age is None:
        return Result.UNDETERMINED
    return Result.SUCCESSFUL if age >= policy.least_age else Result.FAILED


def _portrait(
    zone: MachineReadableZone, issued: date | None, today: date, policy: Policy
) -> Result:
    validity = policy.validity.get(zone.issuing_state, USUAL)
    ages = ages_when_issued(zone, issued, today, validity)
    grown = {age >= policy.compared_from for age in ages}
    if grown == {True}:
        return Result.SUCCESSFUL
    return Result.FAILED if grown == {False} else Result.UNDETERMINED


def _one_of(value: str, accepted: frozenset[str]) -> Result:
    return Result.SUCCESSFUL if not accepted or value in accepted else Result.FAILED
