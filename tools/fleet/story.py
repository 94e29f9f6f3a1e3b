"""What a gate writes about one traveller: the events of a passage, and when they happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from edge.checks import CheckId, Reason, Result
from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.contract.payloads import (
    CheckResult,
    ChipRead,
    ChipVerified,
    DecisionMade,
    DocumentRead,
    FaceCaptured,
    FaceCompared,
    Nothing,
    Payload,
    TransactionClosed,
)

STATES: Final = ("SLV", "GTM", "HND", "NIC", "CRI", "PAN", "MEX", "DOM", "USA", "DEU")
ONE_REFERRED_IN: Final = 12
_DOCUMENT: Final = (CheckId.MRZ_READ, CheckId.MRZ_CHECK_DIGITS, CheckId.DOC_EXPIRY)
_CHIP: Final = (
    CheckId.CHIP_ACCESS,
    CheckId.CHIP_SOD_SIGNATURE,
    CheckId.CHIP_DS_CHAIN,
    CheckId.CHIP_DS_VALIDITY,
    CheckId.CHIP_DG_HASH,
    CheckId.CHIP_DG1_VS_MRZ,
    CheckId.CHIP_ACTIVE_AUTH,
)
_FREED: Final = {
    EventType.GATE_AUTHORISED,
    EventType.GATE_OPENED,
    EventType.GATE_PASSED,
    EventType.GATE_CLOSED,
}
"""Because of the decision."""
_FACE: Final = (CheckId.FACE_DETECT, CheckId.FACE_QUALITY, CheckId.FACE_PAD, CheckId.FACE_MATCH)


@dataclass(frozen=True, slots=True)
class Scene:
    """Events that happen together, `after_s` seconds after the document was presented."""

    after_s: float
    happenings: tuple[tuple[EventType, Payload | None], ...]

    def drafts(self, transaction: str, clock: Callable[[], datetime]) -> list[EventDraft]:
        """The events, happening now; a decision has the id of its transaction."""
        now, decision = clock(), str(UUID(transaction))
        return [
            EventDraft(
                kind,
                now,
                data or Nothing(),
                transaction,
                causation_id=decision if kind in _FREED else None,
                id=decision if kind is EventType.DECISION_MADE else None,
            )
            for kind, data in self.happenings
        ]


def passage(number: int) -> tuple[Scene, ...]:
    """The `number`th passage of a gate: most open, one in twelve is referred by the face."""
    referred = number % ONE_REFERRED_IN == ONE_REFERRED_IN - 1
    state = STATES[number % len(STATES)]
    document, chip = _all(_DOCUMENT), _all(_CHIP)
    face = _all(_FACE[:-1]) + _all(_FACE[-1:], Result.FAILED if referred else Result.SUCCESSFUL)
    opening = (
        Scene(0, ((EventType.TRANSACTION_STARTED, None), (EventType.DOCUMENT_PRESENTED, None))),
        Scene(
            0.2,
            (
                (
                    EventType.DOCUMENT_READ,
                    DocumentRead(
                        format="TD3", document_code="P", issuing_state=state, checks=document
                    ),
                ),
            ),
        ),
        Scene(
            3.2,
            (
                (EventType.CHIP_READ, ChipRead(access="pace-gm", pace_offered=True, bytes_read=19)),
                (EventType.CHIP_VERIFIED, ChipVerified(issuer=state, checks=chip)),
            ),
        ),
        Scene(
            3.4,
            (
                (
                    EventType.FACE_CAPTURED,
                    FaceCaptured(frames=24, usable=20, quality={"pose": 93, "sharpness": 71}),
                ),
                (EventType.FACE_COMPARED, FaceCompared(false_match_rate="1e-4", checks=face)),
                (EventType.DECISION_MADE, _decision(referred, document + chip + face)),
            ),
        ),
    )
    return (*opening, *(_REFERRAL if referred else _WALK))


_WALK: Final = (
    Scene(3.5, ((EventType.GATE_AUTHORISED, None),)),
    Scene(4.1, ((EventType.GATE_OPENED, None),)),
    Scene(6.0, ((EventType.GATE_PASSED, None),)),
    Scene(
        7.2,
        (
            (EventType.GATE_CLOSED, None),
            (EventType.TRANSACTION_CLOSED, TransactionClosed(outcome="passed")),
        ),
    ),
)
_REFERRAL: Final = (
    Scene(7.0, ((EventType.TRANSACTION_CLOSED, TransactionClosed(outcome="referred")),)),
)


def _decision(referred: bool, checks: tuple[CheckResult, ...]) -> DecisionMade:
    return DecisionMade(
        decision="refer" if referred else "open",
        reasons=(Reason.FACE_NOMATCH,) if referred else (),
        checks=checks,
        policy_version="fleet",
        policy_digest="0" * 64,
        models={"fleet": "0" * 64},
        timings_ms={"decision": 3412.5, "match": 41.25},
    )


def _all(ids: tuple[CheckId, ...], result: Result = Result.SUCCESSFUL) -> tuple[CheckResult, ...]:
    return tuple(CheckResult(id=each, result=result) for each in ids)
