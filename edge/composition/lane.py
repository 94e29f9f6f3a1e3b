"""Builds the lane itself: its state, its loop, its transactions, and the log of its events."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from edge.composition.plan import Plan
from edge.composition.records import Records
from edge.contract.pseudonym import Pseudonyms
from edge.devices.lane_devices import Devices
from edge.host.clock_error import ClockError
from edge.host.kernel_clock import Discipline
from edge.journal.capacity import StorageWatch
from edge.lane.camera_stance import CameraStance
from edge.lane.clock import LaneClock, last_known
from edge.lane.error_rates import ErrorRates
from edge.lane.event_log import EventLog
from edge.lane.face_session import FaceEngine
from edge.lane.inspection import Inspector
from edge.lane.lane import Lane
from edge.lane.loop import Loop
from edge.lane.passages import Passages
from edge.lane.strangers import Strangers
from edge.lane.transaction import TransactionRunner
from edge.management.actions import MAINTENANCE
from edge.management.rates_report import RatesReport
from edge.pki.certificate_watch import CertificateWatch


@dataclass(frozen=True, slots=True)
class LaneParts:
    """What one lane is built of; nothing happens in it until its loop is run."""

    lane: Lane
    loop: Loop
    runner: TransactionRunner
    event_log: EventLog
    storage: StorageWatch
    certificates: CertificateWatch
    clock: LaneClock
    rates: RatesReport


def build_lane(plan: Plan, records: Records, engine: FaceEngine, passages: Passages) -> LaneParts:
    """Build a lane that writes into open records and looks through a warm face engine."""
    settings, journal_writer = plan.settings, records.journal_writer
    journal = records.journal
    clock = LaneClock(
        plan.clock,
        settings.zone,
        last_known(journal.durable_facts(), journal.newest, plan.rules.store),
        _clock_error(plan),
    )
    event_log = EventLog(
        journal_writer,
        clock,
        plan.rules.models.identities(),
        lambda: str(uuid.uuid4()),
        plan.rules.sealer,
    )
    storage = StorageWatch(journal_writer, settings.state_dir, settings.journal, plan.clock)
    lane = Lane(
        settings.topology,
        plan.equipment.supervised(),
        (journal_writer, storage),
        maintenance=MAINTENANCE in records.journal.durable_facts(),
    )
    inspector = _inspector(plan, lane.devices, engine, event_log, clock)
    runner = TransactionRunner(lane, inspector, event_log, passages, refers=lambda: storage.refers)
    certificates = CertificateWatch(
        settings.broker.tls,
        lambda: runner.inspector.store,
        event_log.certificate_expiring,
        plan.clock,
        clock.is_plausible,
    )
    rates = RatesReport(
        inspector.rates,
        event_log,
        plan.rules.models.manifest.comparison.digest,
        plan.clock,
    )
    loop = Loop(lane, runner)
    return LaneParts(lane, loop, runner, event_log, storage, certificates, clock, rates)


def _inspector(
    plan: Plan, devices: Devices, engine: FaceEngine, event_log: EventLog, clock: LaneClock
) -> Inspector:
    return Inspector(
        topology=plan.settings.topology,
        reader=devices.reader,
        camera=devices.camera,
        depth=devices.depth,
        engine=engine,
        store=plan.rules.store,
        policy=plan.rules.policy,
        chip=plan.settings.chip,
        face=plan.settings.face,
        event_log=event_log,
        clock=clock,
        random=os.urandom,
        identify=lambda: uuid.uuid4().hex,
        pseudonyms=Pseudonyms(os.urandom),
        stance=CameraStance(plan.settings.devices.camera.rotate),
        rates=_rates(plan),
    )


def _rates(plan: Plan) -> ErrorRates:
    wanted = plan.settings.error_rates
    return ErrorRates(
        plan.rules.models.manifest.comparison.thresholds,
        plan.settings.statistics.suppress_below,
        Strangers(wanted.strangers, wanted.keep_s, os.urandom),
    )


def _clock_error(plan: Plan) -> Callable[[], float | None]:
    """The bound of the clock's error.

    In training the clock counts as right, unless `[clock]` says how right it is: computers of
    trainees are often not synchronised, and the clock may be a simulated one.
    """
    hardware_s = plan.settings.clock.hardware_error_s
    if plan.settings.live:
        return ClockError(hardware_s).bound_s
    if hardware_s is None:
        return lambda: 0.0
    alone = Discipline(synchronised=False)
    return ClockError(
        hardware_s, asked=lambda: alone, wall_s=lambda: plan.clock().timestamp()
    ).bound_s
