"""How a gate is, for the retained topics `state` and `health`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import assert_never

from edge.contract.messages import (
    ClockHealth,
    DeviceHealth,
    DiskHealth,
    Health,
    JournalHealth,
    JournalStatus,
    OutboxHealth,
    PkiHealth,
    Stall,
    State,
    StateName,
)
from edge.devices.lane_devices import AnyDevice
from edge.gate.states import Alarmed, Evacuating, Maintenance, OutOfService, Vacating
from edge.host import kernel_clock
from edge.host.kernel_clock import Discipline
from edge.journal.capacity import Level, StorageWatch
from edge.journal.chain_head import ChainHead
from edge.journal.writer import JournalWriter
from edge.lane.lane import Lane
from edge.lane.transaction import TransactionRunner
from edge.mqtt.publisher import Publisher
from edge.trust import TrustStore

TIMESYNC = Path("/run/systemd/timesync")


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Composes `health` from what the parts of a gate know."""

    lane: Lane
    journal_writer: JournalWriter
    publisher: Publisher
    storage: StorageWatch
    runner: TransactionRunner
    head: ChainHead
    clock: Callable[[], datetime]
    timesync: Path = TIMESYNC
    discipline: Callable[[], Discipline | None] = kernel_clock.discipline

    def compose(self) -> Health:
        """The content of `health`; ages in seconds, null for what is not known."""
        now = self.clock()
        writer = self.journal_writer
        return Health(
            time=now,
            devices={device.status.role: _device(device) for device in self.lane.devices.every()},
            outbox=OutboxHealth(
                depth=writer.depth,
                bytes=writer.backlog.octets,
                oldest_age_s=writer.oldest_age_s(now),
                stall=self.publisher.stall,
            ),
            journal=JournalHealth(
                status=self._journal(),
                detail=self.storage.verdict.detail,
                unwritten=writer.unwritten,
                first_sequence=writer.first_sequence,
            ),
            disk=DiskHealth(free_bytes=self.storage.disk_free_bytes),
            broker=self.publisher.health(),
            clock=_clock(self.discipline(), self.timesync),
            pki=_pki(self.runner.inspector.store, now),
            head=self.head.compose(),
            notices=self.runner.notices,
        )

    def _journal(self) -> JournalStatus:
        if not self.journal_writer.healthy:
            return "lost"
        match self.storage.verdict.level:
            case Level.FINE:
                return "ready"
            case Level.ALARM:
                return "alarm"
            case Level.STOP:
                return "full"
            case _:
                assert_never(self.storage.verdict.level)


def state_of(lane: Lane, storage: StorageWatch, stall: Stall | None) -> State:
    """The content of `state`; a gate whose events are not taken is not well, though it serves."""
    well = storage.verdict.level is Level.FINE and stall is None
    return State(state=_state_name(lane, well=well))


def _state_name(lane: Lane, *, well: bool) -> StateName:
    match lane.state:
        case Evacuating():
            return "emergency"
        case Maintenance():
            return "maintenance"
        case Alarmed():
            return "alarmed"
        case OutOfService() | Vacating():
            return "degraded"
        case _:
            return "online" if well else "degraded"


def _device(device: AnyDevice) -> DeviceHealth:
    return DeviceHealth(
        status=device.status.health.value,
        detail=device.status.detail,
        last_good_age_s=device.last_good_age_s,
    )


def _clock(discipline: Discipline | None, timesync: Path) -> ClockHealth:
    """What the kernel says of the clock; where it says nothing, what systemd-timesyncd does."""
    if discipline is None:
        return ClockHealth(synchronised=_synchronised(timesync), offset_s=None, max_error_s=None)
    return ClockHealth(
        synchronised=discipline.synchronised,
        offset_s=discipline.offset_s,
        max_error_s=discipline.max_error_s,
    )


def _synchronised(folder: Path) -> bool | None:
    """Whether systemd-timesyncd has set the clock; None where it does not run."""
    return (folder / "synchronized").exists() if folder.is_dir() else None


def _pki(store: TrustStore, now: datetime) -> PkiHealth:
    """How old what is trusted is: the newest revocation list, and whether one has lapsed."""
    newest = max((found.this_update for found in store.revocation_lists), default=None)
    return PkiHealth(
        anchors=len(store.anchors),
        revocation_lists=len(store.revocation_lists),
        revocation_age_s=None if newest is None else (now - newest).total_seconds(),
        revocation_lapsed=sum(found.next_update < now for found in store.revocation_lists),
    )
