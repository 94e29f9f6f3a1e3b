"""From evidence to a decision; pure, total, and open only when nothing speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from edge.border.decision import Decision, Open, Refer
from edge.border.policy import DOUBTED, REASONS, UNKNOWN, Policy
from edge.border.requirement import Requirement
from edge.checks import Check, CheckId, Reason, Result

Demands: TypeAlias = Mapping[CheckId, Requirement]

UNANSWERED = frozenset({Result.NOT_PERFORMED, Result.ABORTED, Result.NOT_SUPPORTED})


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about one traveller and one document at the moment of decision."""

    checks: tuple[Check, ...] = ()
    faults: frozenset[Reason] = frozenset()
    """What prevented checks: a broken read, a lost device, a time-out."""


def decide(evidence: Evidence, policy: Policy) -> Decision:
    """Open when every check is as the policy demands and nothing went wrong, else refer.

    A check that was never reached names a reason only when nothing else explains the referral: an
    officer reads that the chip refused access, not that thirteen checks are missing.  When one
    check was answered more than once, every answer counts.
    """
    reasons = objections(evidence, policy) or {
        _reason(check) for check in unanswered(evidence, policy)
    }
    return Refer(frozenset(reasons)) if reasons else Open()


def objections(evidence: Evidence, policy: Policy) -> frozenset[Reason]:
    """The reasons against opening in what was answered, and in what went wrong."""
    spoken = _against(evidence, policy)
    return evidence.faults | {_reason(each) for each in spoken if each.result not in UNANSWERED}


def unanswered(evidence: Evidence, policy: Policy) -> tuple[Check, ...]:
    """The checks whose missing answer keeps the gate closed."""
    return tuple(each for each in _against(evidence, policy) if each.result in UNANSWERED)


def _against(evidence: Evidence, policy: Policy) -> list[Check]:
    demands = policy.demands
    return [each for each in _complete(evidence.checks, demands) if not _opens(each, demands)]


def _complete(checks: tuple[Check, ...], demands: Demands) -> tuple[Check, ...]:
    """Add the checks that the floor or the policy names and nobody made."""
    missing = demands.keys() - {check.id for check in checks}
    return checks + tuple(Check(check, Result.NOT_PERFORMED) for check in sorted(missing))


def _opens(check: Check, demands: Demands) -> bool:
    """Whether the gate may open with this check; one that nobody demands must not have failed."""
    demand = demands.get(check.id)
    return check.result is not Result.FAILED if demand is None else check.result in demand.tolerated


def _reason(check: Check) -> Reason:
    if check.result is Result.FAILED:
        return REASONS[check.id]
    if check.result is Result.UNDETERMINED and check.id in DOUBTED:
        return DOUBTED[check.id]
    return UNKNOWN.get(check.id, REASONS[check.id])
