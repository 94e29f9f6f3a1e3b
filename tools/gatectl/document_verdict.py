"""What the gate would decide about a document, in words and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from edge.border.decide import Evidence, decide, objections, unanswered
from edge.border.decision import Open
from edge.border.policy import Policy
from edge.border.reasons import WORDS
from edge.checks import CheckId, Reason
from edge.contract.json_object import JsonObject


class DocumentDecision(StrEnum):
    """What the gate would do with a document."""

    ACCEPT = "accept"
    """Go on to the face."""
    REFER = "refer"
    UNDECIDED = "undecided"
    """Nothing speaks against the document, but the gate examines more than was given here."""


@dataclass(frozen=True, slots=True)
class DocumentVerdict:
    """The decision under a policy, with its reasons or the checks that are still to be made."""

    policy: str
    """Its version."""
    decision: DocumentDecision
    reasons: frozenset[Reason] = frozenset()
    missing: tuple[CheckId, ...] = ()

    @classmethod
    def of(cls, evidence: Evidence, policy: Policy, *, complete: bool) -> Self:
        """Decide as the gate does before it looks at the face (`edge.border.decide`).

        `complete` says that all was examined that the gate examines of a document.
        """
        about_documents = policy.about_documents()
        decision = decide(evidence, about_documents)
        if isinstance(decision, Open):
            return cls(policy.version, DocumentDecision.ACCEPT)
        if complete or objections(evidence, about_documents):
            return cls(policy.version, DocumentDecision.REFER, decision.reasons)
        missing = tuple(check.id for check in unanswered(evidence, about_documents))
        return cls(policy.version, DocumentDecision.UNDECIDED, missing=missing)

    def report(self) -> JsonObject:
        """As JSON."""
        return {
            "policy": self.policy,
            "outcome": self.decision.value,
            "reasons": [
                {"code": reason.value, "text": WORDS[reason]} for reason in sorted(self.reasons)
            ],
            "missing": [check.value for check in self.missing],
        }

    def told(self) -> str:
        """As lines for people."""
        match self.decision:
            case DocumentDecision.ACCEPT:
                return f"the gate would accept the document and go on to the face, {self._by}"
            case DocumentDecision.UNDECIDED:
                return (
                    f"nothing speaks against the document, {self._by}; the gate would also examine"
                    f" {', '.join(self.missing)}"
                )
            case DocumentDecision.REFER:
                reasons = (
                    f"  {reason.value:24} {WORDS[reason]}" for reason in sorted(self.reasons)
                )
                return "\n".join((f"the gate would refer the traveller, {self._by}:", *reasons))

    @property
    def _by(self) -> str:
        return f"by policy {self.policy}"
