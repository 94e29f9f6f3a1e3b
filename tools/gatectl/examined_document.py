"""All that was examined of one document, on a reader or in files, and the decision it leads to."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, Self

from edge import mrz
from edge.border import eligibility
from edge.border.decide import Evidence
from edge.border.policy import Policy
from edge.checks import Check, CheckId, Result
from edge.contract.json_object import JsonObject
from edge.emrtd.files import ElementaryFile
from edge.lane.clock import LaneClock
from edge.lane.document_inspection import ChipOutcome
from edge.mrz import MachineReadableZone
from edge.trust import AuthenticDocument, ChipInspection
from tools.gatectl.document_verdict import DocumentDecision, DocumentVerdict

_ASKED_OF: Final[Mapping[CheckId, ElementaryFile]] = MappingProxyType(
    {CheckId.CHIP_COM_SOD: ElementaryFile.COM, CheckId.CHIP_DG_HASH: ElementaryFile.DG1}
)
"""Without its file such a check is in doubt.  A chip is to blame for that, a folder is not."""


@dataclass(frozen=True, slots=True)
class ExaminedDocument:
    """The checks of one document in the order of the gate, and the decision of the gate."""

    issuer: str
    """Country of the document signer, alpha-2; empty when unknown."""
    checks: tuple[Check, ...]
    verdict: DocumentVerdict

    @classmethod
    def on_reader(
        cls,
        zone: MachineReadableZone | None,
        outcome: ChipOutcome,
        policy: Policy,
        clock: LaneClock,
        at: datetime,
    ) -> Self:
        """A document on a reader; all of it, where the printed MRZ is known."""
        checks = (
            *_of_page(zone, clock, at),
            *outcome.checks,
            *_of_holder(outcome.document, clock.date_of(at), policy),
        )
        evidence = Evidence(checks, outcome.faults)
        verdict = DocumentVerdict.of(evidence, policy, complete=zone is not None)
        return cls(outcome.issuer, checks, verdict)

    @classmethod
    def in_files(  # noqa: PLR0913, PLR0917  # what is judged, and by what
        cls,
        zone: MachineReadableZone | None,
        found: ChipInspection,
        files: Container[ElementaryFile],
        policy: Policy,
        clock: LaneClock,
        as_of: datetime,
    ) -> Self:
        """The dumped files of a chip, judged as of a moment; the chip was asked nothing."""
        checks = (
            *_of_page(zone, clock, as_of),
            *found.checks,
            *_of_holder(found.document, clock.date_of(as_of), policy),
        )
        answered = tuple(check for check in checks if not _wants_file(check, files))
        verdict = DocumentVerdict.of(Evidence(answered), policy, complete=False)
        return cls(found.issuer, checks, verdict)

    @property
    def exit_status(self) -> int:
        """1 when a check failed or the gate would refer, else 0."""
        failed = any(check.result is Result.FAILED for check in self.checks)
        return int(failed or self.verdict.decision is DocumentDecision.REFER)

    def report(self) -> JsonObject:
        """As JSON."""
        return {
            "issuer": self.issuer,
            "checks": [
                {"id": check.id.value, "result": check.result.value, "detail": check.detail}
                for check in self.checks
            ],
            "decision": self.verdict.report(),
        }

    def told(self) -> list[str]:
        """Issuer and checks as lines for people."""
        checks = (
            f"{check.id.value:26} {check.result.value:14} {check.detail}" for check in self.checks
        )
        return [f"issuer: {self.issuer or 'unknown'}", *map(str.rstrip, checks)]


def _of_page(
    zone: MachineReadableZone | None, clock: LaneClock, as_of: datetime
) -> tuple[Check, ...]:
    """Check what the gate checks before the chip: its clock, and the page where it is known."""
    page = () if zone is None else mrz.examine(zone, clock.date_of(as_of))
    return (clock.examine(clock.now()), *page)


def _of_holder(
    document: AuthenticDocument | None, today: date, policy: Policy
) -> tuple[Check, ...]:
    """Check what the gate checks after the chip, once the document is authentic."""
    if document is None:
        return ()
    return eligibility.examine(document.mrz, document.issued, today, policy)


def _wants_file(check: Check, files: Container[ElementaryFile]) -> bool:
    file = _ASKED_OF.get(check.id)
    return check.result is Result.UNDETERMINED and file is not None and file not in files
