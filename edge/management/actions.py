"""What each command does to a gate, and when the lane does not allow it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, assert_never

from edge.checks import Reason, Result
from edge.contract.answers import Diagnostics
from edge.contract.commands import (
    Code,
    Command,
    Diagnose,
    LeaveService,
    Reboot,
    RecordOutcome,
    Release,
    Reload,
    Reloaded,
    Reset,
    ResumeService,
)
from edge.contract.events import DurableFacts
from edge.contract.payloads import ConfigChanged, Outcome, Override
from edge.contract.verified_command import VerifiedCommand
from edge.errors import SettingsError
from edge.gate import events
from edge.gate.states import Maintenance, OutOfService, Ready, Referred, Releasing, Topology
from edge.gate.step import step
from edge.host.reboot import Rebooter, RebootFailed
from edge.lane.event_log import EventLog
from edge.lane.lane import Lane
from edge.lane.transaction import TransactionRunner
from edge.management.upkeep import Upkeep

MAINTENANCE = "maintenance"
"""What is remembered while a gate is out of service by order."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command that was taken has ended."""

    status: Literal["done", "failed"]
    code: Code
    detail: str = ""
    data: Diagnostics | None = None


@dataclass(frozen=True, slots=True)
class Actions:
    """Carries commands out; called in the event loop."""

    lane: Lane
    runner: TransactionRunner
    event_log: EventLog
    upkeep: Upkeep
    reboot: Rebooter
    on_reloaded: Callable[[], None]
    """Called when rules have changed: the central system must learn the new ones."""

    def objection(self, command: Command) -> Code | None:
        """Why the lane does not allow a command at this moment."""
        match command:
            case Release(transaction=transaction):
                return self._objection_to_release(transaction)
            case Reset():
                return self._objection_to_reset()
            case Reboot():
                idle = isinstance(self.lane.state, Ready | OutOfService | Maintenance)
                return None if idle and not self.lane.restarting else Code.BUSY
            case LeaveService() | ResumeService() | RecordOutcome() | Reload() | Diagnose():
                return None
            case _:
                assert_never(command)

    def announce(self, verified: VerifiedCommand) -> tuple[DurableFacts, ...]:
        """Put into the journal what a command is about to do; what to remember with it."""
        match verified.command:
            case Release():
                self._override(verified, verified.command, "released")
            case RecordOutcome(transaction=transaction, officer=officer, outcome=decided):
                outcome = Outcome(command=verified.id, officer=officer, outcome=decided)
                self.event_log.outcome(transaction, outcome)
            case LeaveService():
                return (_standing(maintenance=True),)
            case ResumeService():
                return (_standing(maintenance=False),)
            case Reset() | Reload() | Diagnose() | Reboot():
                pass
            case _:
                assert_never(verified.command)
        return ()

    def record_failure(self, verified: VerifiedCommand) -> tuple[DurableFacts, ...]:
        """Put into the journal that nothing came of what was announced."""
        match verified.command:
            case Release():
                self._override(verified, verified.command, "not_released")
            case LeaveService() | ResumeService():
                return (_standing(maintenance=self.lane.maintenance),)
            case RecordOutcome() | Reset() | Reload() | Diagnose() | Reboot():
                pass
            case _:
                assert_never(verified.command)
        return ()

    async def act(self, verified: VerifiedCommand) -> Ended:
        """Carry out what nothing speaks against; it is in the journal."""
        match verified.command:
            case LeaveService():
                self.lane.maintain(wanted=True)
                closed = isinstance(self.lane.state, Maintenance)
                return self._done(Code.DONE if closed else Code.DEFERRED)
            case ResumeService():
                self.lane.maintain(wanted=False)
                return self._done()
            case Release(transaction=transaction):
                return await self._release(verified, transaction)
            case RecordOutcome():
                return self._done()
            case Reset():
                self.lane.post(events.OfficerReset(verified.id))
                return self._done()
            case Reload(what=what):
                return await self._reload(verified, what)
            case Diagnose():
                return Ended("done", Code.DONE, data=self.upkeep.diagnose())
            case Reboot():
                return await self._reboot()
            case _:
                assert_never(verified.command)

    def _done(self, code: Code = Code.DONE) -> Ended:
        return Ended("done", code, type(self.lane.state).__name__)

    def _objection_to_release(self, transaction: str) -> Code | None:
        state = self.lane.state
        if not isinstance(state, Referred) or state.transaction != transaction:
            return Code.NOT_REFERRED
        order = events.OfficerRelease(transaction, alone=self.lane.is_alone)
        return Code.NOT_ALONE if step(state, order, self.lane.topology) == state else None

    def _objection_to_reset(self) -> Code | None:
        """An officer far away must not shut doors around somebody in a mantrap."""
        if step(self.lane.state, events.OfficerReset(), self.lane.topology) == self.lane.state:
            return Code.NOTHING_TO_RESET
        occupied = self.lane.sensors.presence is not Result.NOT_PERFORMED
        if self.lane.topology is Topology.MANTRAP and occupied:
            return Code.LANE_OCCUPIED
        return None

    def _override(
        self,
        verified: VerifiedCommand,
        order: Release,
        outcome: Literal["released", "not_released"],
    ) -> None:
        state = self.lane.state
        referred = state.reasons if isinstance(state, Referred) else frozenset()
        data = Override(
            command=verified.id,
            officer=order.officer,
            outcome=outcome,
            reasons=tuple(reason for reason in Reason if reason in referred),
        )
        self.event_log.overridden(order.transaction, data)

    async def _release(self, verified: VerifiedCommand, transaction: str) -> Ended:
        self.event_log.releasing(verified.id)
        self.lane.release(transaction)
        await self.lane.until(lambda state: not isinstance(state, Releasing))
        if self.runner.released == transaction:
            return self._done()
        return Ended("failed", Code.NOT_ALONE, type(self.lane.state).__name__)

    async def _reload(self, verified: VerifiedCommand, what: Reloaded) -> Ended:
        try:
            match what:
                case Reloaded.POLICY:
                    change = await self.upkeep.reload_policy()
                case Reloaded.TRUST:
                    change = await self.upkeep.reload_trust()
                case Reloaded.LISTS:
                    return Ended("failed", Code.NOT_CONFIGURED, "this version has no lists")
                case _:
                    assert_never(what)
        except SettingsError as error:
            return Ended("failed", Code.INVALID, str(error))
        self.event_log.config_changed(
            ConfigChanged(what=what, before=change.before, after=change.after, command=verified.id)
        )
        self.on_reloaded()
        return Ended("done", Code.DONE, change.after)

    async def _reboot(self) -> Ended:
        """Let nobody begin any more, then restart; when that does not happen serve as before."""
        self.lane.restart(wanted=True)
        restarts = False
        try:
            restarts = await self.reboot()
        except RebootFailed as error:
            return Ended("failed", Code.FAILED, str(error))
        finally:
            self.lane.restart(wanted=restarts)
        return self._done()


def _standing(*, maintenance: bool) -> DurableFacts:
    return DurableFacts(MAINTENANCE, "on" if maintenance else None)
