"""From evidence to a decision; pure, total, and open only when nothing speaks against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.border.decision import Decision, Open, Refer
from edge.border.policy import DOUBTED, REASONS, UNKNOWN, Policy
from edge.checks import Check, Reason, Result

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
    officer is told that the chip refused access, not that thirteen checks are missing.  When one
    check was answered more than once every answer counts.
    """
    answered = set(_reasons(evidence, policy, unanswered=False)) | evidence.faults
    reasons = answered or set(_reasons(evidence, policy, unanswered=True))
    return Refer(frozenset(reasons)) if reasons else Open()


def _reasons(evidence: Evidence, policy: Policy, *, unanswered: bool) -> Iterator[Reason]:
    for check in _complete(evidence.checks, policy):
        if (check.result in UNANSWERED) is unanswered and not policy.tolerates(
            check.id, check.result
        ):
            yield _reason(check)


def _complete(checks: tuple[Check, ...], policy: Policy) -> tuple[Check, ...]:
    """Add the checks the policy names and nobody performed."""
    missing = policy.requirements.keys() - {check.id for check in checks}
    return checks + tuple(Check(check, Result.NOT_PERFORMED) for check in sorted(missing))


def _reason(check: Check) -> Reason:
    if check.result is Result.FAILED:
        return REASONS[check.id]
    if check.result is Result.UNDETERMINED and check.id in DOUBTED:
        return DOUBTED[check.id]
    return UNKNOWN.get(check.id, REASONS[check.id])
