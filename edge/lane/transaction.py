"""Serves one traveller after the other: inspect, decide, write down, and only then open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from edge.border.decide import decide
from edge.border.decision import Decision, Refer
from edge.checks import Reason
from edge.contract.rates.counts import alarms
from edge.devices.supervisor import Status
from edge.errors import DeliveryError
from edge.gate import events
from edge.gate.states import (
    Alarmed,
    Authorised,
    Closing,
    Evacuating,
    Referred,
    Released,
    Releasing,
    State,
    Topology,
    Verifying,
    Withdrawing,
)
from edge.gate.step import Undecided
from edge.host.observable import Observable
from edge.lane.event_log import EventLog, outcome_of
from edge.lane.inspection import Inspection, Inspector
from edge.lane.lane import Lane
from edge.lane.passages import Passage, Passages
from edge.ports import LaneSignal, Scan

SENSE_S = 2.0
"""How long a decision waits for the sensors to have counted the persons in the lane."""

log = structlog.get_logger()


class TransactionRunner:
    """Leads each transaction from the first line of the document to the closed doors.

    `refers` says whether the gate is so degraded that it refers every traveller.
    """

    def __init__(
        self,
        lane: Lane,
        inspector: Inspector,
        event_log: EventLog,
        passages: Passages,
        *,
        refers: Callable[[], bool],
    ) -> None:
        self._lane = lane
        self._refers = refers
        self.inspector = inspector
        """How the next traveller is inspected, and by which rules; a reload replaces it."""
        self._event_log = event_log
        self.passages = passages
        """Keeps each passage that has ended."""
        self._unclosed: Inspection | None = None
        """The transaction that began last, until its end is written down."""
        self.current: Inspection | None = None
        """The inspection under way."""
        self.released = ""
        """The transaction whose traveller an officer's last order let pass, if any."""
        self.changed: Observable[[]] = Observable()
        """Tells when the pages may have something new to show."""
        lane.moved.listen(self._moved)

    @property
    def notices(self) -> tuple[str, ...]:
        """What travellers have shown of the gate, and what a technician does about it."""
        advice = self.inspector.stance.advice
        return (*((advice,) if advice else ()), *alarms(self.inspector.rates.told))

    def begin(self, scan: Scan) -> tuple[str, Coroutine[None, None, None]]:
        """Begin a transaction: its id, and the work to be done until it is closed."""
        inspection = self.inspector.begin(scan, self.changed.tell)
        self.current = self._unclosed = inspection
        if self._refers():
            inspection.faults.add(Reason.MODE_DEGRADED)
        self._event_log.presented(inspection.transaction)
        return inspection.transaction, self._serve(inspection)

    def close_unfinished(self) -> None:
        """Write down the end of a transaction that the stop of the gate has broken off."""
        inspection = self._unclosed
        if inspection is not None:
            self._close(inspection)
            inspection.wipe()

    def sensed(self, signal: LaneSignal) -> None:
        """Write down what the cabinet reported."""
        current = self.current
        self._event_log.sensed(signal, current.transaction if current else None)
        self.changed.tell()

    def device_changed(self, status: Status) -> None:
        """Write down that a device came or went."""
        self._event_log.device_changed(status)
        self.changed.tell()

    def _moved(self, before: State, event: events.Event, after: State) -> None:
        if self.current is not None:
            self._note(self.current, before, event, after)
        self._tell(before, event, after)
        self.changed.tell()

    def _note(
        self, inspection: Inspection, before: State, event: events.Event, after: State
    ) -> None:
        """Note a move at once: the gate may go on before the work on a decision has ended."""
        if isinstance(event, events.TravellerPassed) and isinstance(after, Closing):
            inspection.passed = True  # by their own authorisation; any other passage is an alarm
        if isinstance(after, Referred) and _is_undecided(before, inspection.transaction):
            inspection.referral = Refer(after.reasons)
        elif isinstance(after, Released):
            inspection.released = True
        elif _is_over(after, inspection.transaction):
            self.current = None  # what the sensors report from here on belongs to the next one

    def _tell(self, before: State, event: events.Event, after: State) -> None:
        if isinstance(after, Authorised | Released):
            self._event_log.authorised(after.transaction)
        elif not isinstance(after, Withdrawing | Closing):
            self._event_log.authorisation_ended()
        if isinstance(after, Releasing | Released):
            self.released = after.transaction if isinstance(after, Released) else ""
        if isinstance(before, Authorised | Released) and isinstance(event, events.TimedOut):
            self._event_log.passage_timeout(before.transaction)
        found_by_gate = not isinstance(event, events.AlarmRaised)
        if isinstance(after, Alarmed) and not isinstance(before, Alarmed) and found_by_gate:
            self._event_log.alarm(after.alarm)
        if isinstance(before, Evacuating) != isinstance(after, Evacuating):
            command = event.command if isinstance(event, events.OfficerReset) else None
            self._event_log.emergency(raised=isinstance(after, Evacuating), command=command)

    async def _serve(self, inspection: Inspection) -> None:
        try:
            await self._until_decided(inspection)
            await self._until_closed(inspection)
        finally:
            inspection.wipe()
            self.changed.tell()

    async def _until_decided(self, inspection: Inspection) -> None:
        """Work towards a decision until there is one, or the gate has gone on without it."""
        work = asyncio.create_task(self._judge(inspection))
        moved_on = asyncio.create_task(
            self._lane.until(lambda state: not _is_undecided(state, inspection.transaction))
        )
        try:
            await asyncio.wait({work, moved_on}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            moved_on.cancel()
            work.cancel()
            await asyncio.wait({work})
        error = None if work.cancelled() else work.exception()
        if error is not None:  # an officer takes over, whatever the error was
            log.error("inspection_failed", transaction=inspection.transaction, exc_info=error)
            inspection.faults.add(Reason.DEVICE_FAULT)
            if _is_undecided(self._lane.state, inspection.transaction):
                await self._conclude(inspection, Refer(frozenset({Reason.DEVICE_FAULT})))
        if inspection.referral is not None and inspection.referral != inspection.decision:
            await self._write_down(inspection, inspection.referral)

    async def _judge(self, inspection: Inspection) -> None:
        if self.inspector.topology is Topology.BARRIER:
            await inspection.whole()
        else:
            await inspection.document()
            early = decide(inspection.evidence(), inspection.policy.about_documents())
            if isinstance(early, Refer):
                await self._conclude(inspection, early)
                return
            self._lane.post(events.DocumentPassed(inspection.transaction))
            await self._lane.until(lambda state: state == Verifying(inspection.transaction))
            await inspection.face()
        inspection.count(await self._lane.until_counted(SENSE_S))
        await self._conclude(inspection, decide(inspection.evidence(), inspection.policy))

    async def _conclude(self, inspection: Inspection, decision: Decision) -> None:
        """Make the decision durable, then let the gate act on it."""
        written = await self._write_down(inspection, decision)
        self._lane.post(events.Decided(inspection.transaction, written))

    async def _write_down(self, inspection: Inspection, decision: Decision) -> Decision:
        """Journal a decision, return what the gate may do: what is not journalled opens nothing."""
        inspection.decided(decision)
        try:
            await self._event_log.decided(
                inspection.transaction,
                decision,
                inspection.evidence().checks,
                inspection.policy,
                inspection.timings_ms,
            )
        except DeliveryError as error:
            log.warning(
                "decision_write_failed", transaction=inspection.transaction, cause=str(error)
            )
            return Refer(frozenset({Reason.DEVICE_FAULT}))
        finally:
            inspection.time_decision()
        return decision

    async def _until_closed(self, inspection: Inspection) -> None:
        transaction = inspection.transaction
        await self._lane.until(lambda state: _is_over(state, transaction))
        self._close(inspection)
        inspection.count_errors()  # not of one that a stop breaks off: strangers are gone by then

    def _close(self, inspection: Inspection) -> None:
        self._unclosed = None
        transaction = inspection.transaction
        outcome = outcome_of(
            inspection.decision, passed=inspection.passed, released=inspection.released
        )
        self._event_log.closed(transaction, outcome, inspection.traveller)
        self.passages.add(
            Passage(
                transaction=transaction,
                at=inspection.began,
                decision=inspection.decision,
                passed=inspection.passed,
                released=inspection.released,
                checks=inspection.evidence().checks,
                timings_ms=dict(inspection.timings_ms),
            )
        )


def _is_over(state: State, transaction: str) -> bool:
    return not isinstance(state, Closing) and getattr(state, "transaction", None) != transaction


def _is_undecided(state: State, transaction: str) -> bool:
    return isinstance(state, Undecided) and state.transaction == transaction
