"""Writes events in the words of the vocabulary, and nothing personal in the clear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from edge.border.decision import Decision, Open
from edge.border.policy import Policy
from edge.checks import Check, Reason
from edge.contract.event_types import EventType
from edge.contract.events import DurableFacts, EventDraft
from edge.contract.payloads import (
    CertificateExpiring,
    CheckResult,
    Checks,
    ChipFailed,
    ChipRead,
    ChipVerified,
    CommandTaken,
    ConfigChanged,
    DecisionMade,
    DeviceStarted,
    DocumentRead,
    ErrorRatesFound,
    FaceCaptured,
    FaceCompared,
    Nothing,
    Outcome,
    Override,
    Payload,
    Peripheral,
    SecurityFinding,
    TransactionClosed,
)
from edge.contract.seal import Sealer, identity
from edge.devices.supervisor import Availability, Status
from edge.gate.events import Alarm
from edge.journal.writer import JournalWriter
from edge.lane.clock import LaneClock
from edge.lane.document_inspection import ChipOutcome
from edge.lane.face_session import FaceSession
from edge.lane.left_open import LeftOpen
from edge.mrz import MachineReadableZone
from edge.ports import LaneSignal

_SIGNALS: Mapping[LaneSignal, EventType] = {
    LaneSignal.OPENED: EventType.GATE_OPENED,
    LaneSignal.PASSED: EventType.GATE_PASSED,
    LaneSignal.TAILGATING: EventType.GATE_TAILGATING,
    LaneSignal.WRONG_WAY: EventType.GATE_WRONG_WAY,
    LaneSignal.INTRUSION: EventType.GATE_INTRUSION,
    LaneSignal.HELD_OPEN: EventType.GATE_HELD_OPEN,
    LaneSignal.FORCED: EventType.GATE_FORCED,
    LaneSignal.BLOCKED: EventType.GATE_BLOCKED,
    LaneSignal.ASSIST_REQUESTED: EventType.OFFICER_ASSIST,
}
_OF_AN_AUTHORISATION = {LaneSignal.OPENED, LaneSignal.PASSED}
"""These follow from a free exit; an alarm meanwhile has another cause."""


PassageOutcome: TypeAlias = Literal["passed", "not_passed", "referred", "released", "left"]


class EventLog:
    """Writes what happens in one lane.

    Args:
        journal_writer: takes the events.
        clock: the time of each event.
        models: the face models in use, id to SHA-256.
        identify: draws the id of an event that other events name as their cause.
        sealer: seals what identifies a traveller; without it no event contains such data.
    """

    def __init__(
        self,
        journal_writer: JournalWriter,
        clock: LaneClock,
        models: Mapping[str, str],
        identify: Callable[[], str],
        sealer: Sealer | None,
    ) -> None:
        self._journal_writer = journal_writer
        self._clock = clock
        self._models = models
        self._identify = identify
        self._sealer = sealer
        self._opened = False
        self._overrides: dict[str, str] = {}
        """By the id of an officer's command: the id of the event that announces its effect."""
        self._grounds: str | None = None
        """The event that would free the exit next."""
        self._freed_by: str | None = None
        """The event that freed the exit; kept until the doors are closed."""

    def started(self, version: str, *remember: DurableFacts) -> None:
        """The daemon has begun its work; `remember` is stored with the event."""
        data = DeviceStarted(version=version)
        draft = EventDraft(EventType.DEVICE_STARTED, self._clock.now(), data, remember=remember)
        self._write(draft)

    def close_left_open(self, found: LeftOpen) -> None:
        """Close the transaction that a former daemon could not close."""
        outcome = outcome_of(found.decision, passed=found.passed, released=found.released)
        self.closed(found.transaction, outcome, None)

    def stopped(self) -> None:
        """The daemon ends its work in good order."""
        self._put(EventType.DEVICE_STOPPED)

    def device_changed(self, status: Status) -> None:
        """A device came or went."""
        peripheral = Peripheral(role=status.role, driver=status.driver, detail=status.detail)
        lost = status.health is Availability.LOST
        kind = EventType.DEVICE_PERIPHERAL_LOST if lost else EventType.DEVICE_RECOVERED
        self._put(kind, data=peripheral)

    def refused(self, detail: str, count: int = 1) -> None:
        """Something that must not be obeyed arrived from outside, `count` times."""
        finding = SecurityFinding(detail=detail, count=count)
        self._put(EventType.SECURITY_AUTH_FAILED, data=finding)

    def certificate_expiring(self, data: CertificateExpiring) -> None:
        """A certificate ends soon, or has ended."""
        self._put(EventType.SECURITY_CERT_EXPIRING, data=data)

    def commanded(self, data: CommandTaken, *remember: DurableFacts) -> None:
        """A verified command was taken or ended; `remember` is stored with the event."""
        draft = EventDraft(
            EventType.AUDIT_COMMAND,
            self._clock.now(),
            data,
            causation_id=data.command,
            remember=remember,
        )
        self._write(draft)

    async def written(self) -> None:
        """Wait until every event so far is on the disk; DeliveryError when it is not."""
        await self._journal_writer.commit()

    def overridden(self, transaction: str, data: Override) -> None:
        """An officer lets a referred traveller pass, or tried to."""
        name = self._identify()
        if data.outcome == "released":
            self._overrides[data.command] = name
        else:
            self._overrides.pop(data.command, None)
        self._put(EventType.OFFICER_OVERRIDE, transaction, data, cause=data.command, name=name)

    def releasing(self, command: str) -> None:
        """The gate carries out an officer's command: its event is the cause of the free exit."""
        self._grounds = self._overrides.pop(command, None)

    def outcome(self, transaction: str, data: Outcome) -> None:
        """Second line has decided."""
        self._put(EventType.OFFICER_OUTCOME, transaction, data, cause=data.command)

    def config_changed(self, data: ConfigChanged) -> None:
        """Rules were replaced while the gate runs."""
        self._put(EventType.AUDIT_CONFIG_CHANGED, data=data, cause=data.command)

    def presented(self, transaction: str) -> None:
        """A document lies on the scanner."""
        self._put(EventType.TRANSACTION_STARTED, transaction)
        self._put(EventType.DOCUMENT_PRESENTED, transaction)

    def read(self, transaction: str, zone: MachineReadableZone, checks: tuple[Check, ...]) -> None:
        """The machine readable zone was read."""
        data = DocumentRead(
            format=zone.format.value,
            document_code=zone.document_code,
            issuing_state=zone.issuing_state,
            checks=_results(checks),
            sealed=self._sealed(zone),
        )
        self._put(EventType.DOCUMENT_READ, transaction, data)

    def unread(self, transaction: str, checks: tuple[Check, ...]) -> None:
        """The scanner saw no machine readable zone."""
        self._put(EventType.DOCUMENT_READ, transaction, DocumentRead(checks=_results(checks)))

    def chip(self, transaction: str, outcome: ChipOutcome) -> None:
        """The chip was read and verified, or was not."""
        if outcome.access is not None:
            data = ChipRead(
                access=outcome.access.protocol,
                pace_offered=outcome.access.pace_offered,
                bytes_read=outcome.bytes_read,
            )
            self._put(EventType.CHIP_READ, transaction, data)
        checks = _results(outcome.checks)
        if outcome.last_byte_s is None:
            failed = ChipFailed(fault=outcome.fault, checks=checks)
            self._put(EventType.CHIP_FAILED, transaction, failed)
        else:
            proven = None if outcome.document is None else self._sealed(outcome.document.mrz)
            verified = ChipVerified(issuer=outcome.issuer, checks=checks, sealed=proven)
            self._put(EventType.CHIP_VERIFIED, transaction, verified)

    def face(self, transaction: str, session: FaceSession, policy: Policy) -> None:
        """The face was captured, and compared if there was anything to compare it with."""
        captured = FaceCaptured(
            frames=session.frames, usable=session.usable, quality=session.quality
        )
        self._put(EventType.FACE_CAPTURED, transaction, captured)
        compared = FaceCompared(
            false_match_rate=policy.false_match_rate, checks=_results(session.checks)
        )
        self._put(EventType.FACE_COMPARED, transaction, compared)

    def error_rates(self, data: ErrorRatesFound) -> None:
        """Counts of this gate's own comparisons may be told."""
        self._put(EventType.FACE_ERROR_RATES, data=data)

    async def decided(
        self,
        transaction: str,
        decision: Decision,
        checks: tuple[Check, ...],
        policy: Policy,
        timings_ms: Mapping[str, float],
    ) -> None:
        """Write a decision down; DeliveryError when it is not durable."""
        data = DecisionMade(
            decision="open" if isinstance(decision, Open) else "refer",
            reasons=()
            if isinstance(decision, Open)
            else tuple(reason for reason in Reason if reason in decision.reasons),
            checks=_results(checks),
            policy_version=policy.version,
            policy_digest=policy.digest,
            models=self._models,
            timings_ms=timings_ms,
        )
        name = self._identify()
        self._write(
            EventDraft(EventType.DECISION_MADE, self._clock.now(), data, transaction, id=name)
        )
        await self.written()
        if isinstance(decision, Open):
            self._grounds = name

    def authorised(self, transaction: str) -> None:
        """The exit is free for one traveller."""
        self._freed_by = self._grounds
        self._put(EventType.GATE_AUTHORISED, transaction, cause=self._freed_by)

    def passage_timeout(self, transaction: str) -> None:
        """The authorisation was not used in time."""
        self._put(EventType.GATE_PASSAGE_TIMEOUT, transaction, cause=self._freed_by)

    def authorisation_ended(self) -> None:
        """The doors move for another reason from here on."""
        self._freed_by = None

    def sensed(self, signal: LaneSignal, transaction: str | None) -> None:
        """The cabinet reported something; doors that never opened do not close."""
        if signal is LaneSignal.CLOSED and self._opened:
            self._opened = False
            self._put(EventType.GATE_CLOSED, transaction, cause=self._freed_by)
        elif signal in _SIGNALS:
            self._opened |= signal is LaneSignal.OPENED
            cause = self._freed_by if signal in _OF_AN_AUTHORISATION else None
            self._put(_SIGNALS[signal], transaction, cause=cause)

    def alarm(self, alarm: Alarm) -> None:
        """The gate itself found something wrong that no sensor reported as an alarm."""
        self._put(_SIGNALS[LaneSignal(alarm.value)])

    def emergency(self, *, raised: bool, command: str | None = None) -> None:
        """Free egress began, or a person has reset the gate; `command` is the id of the order."""
        kind = EventType.GATE_EMERGENCY_ACTIVATED if raised else EventType.GATE_EMERGENCY_RESET
        self._put(kind, cause=command)

    def closed(
        self,
        transaction: str,
        outcome: PassageOutcome,
        traveller: str | None,
    ) -> None:
        """The transaction has ended; `traveller` is the traveller's number of the day."""
        data = TransactionClosed(outcome=outcome, traveller=traveller)
        self._put(EventType.TRANSACTION_CLOSED, transaction, data)

    def _sealed(self, zone: MachineReadableZone) -> str | None:
        if self._sealer is None:
            return None
        return self._sealer.seal(identity(zone, self._clock.date_of(self._clock.now())))

    def _put(
        self,
        kind: EventType,
        transaction: str | None = None,
        data: Payload | None = None,
        *,
        cause: str | None = None,
        name: str | None = None,
    ) -> None:
        content = Nothing() if data is None else data
        self._write(EventDraft(kind, self._clock.now(), content, transaction, cause, name))

    def _write(self, draft: EventDraft) -> None:
        """Write an event, and with it the last moment that has passed for certain."""
        known = self._clock.known_after(draft.occurred)
        self._journal_writer.put(replace(draft, remember=(*draft.remember, known)))


def _results(checks: tuple[Check, ...]) -> Checks:
    return tuple(
        CheckResult(id=check.id, result=check.result, detail=check.detail) for check in checks
    )


def outcome_of(decision: Decision | None, *, passed: bool, released: bool) -> PassageOutcome:
    """The outcome of a transaction; `released`: an officer let a referred traveller pass."""
    if decision is None:
        return "left"
    if isinstance(decision, Open):
        return "passed" if passed else "not_passed"
    return "released" if released and passed else "referred"
