"""Builds the lane itself: the loop, whoever attends travellers, and what is told of them."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass

from edge.composition.plan import Plan
from edge.composition.records import Records
from edge.contract.pseudonym import Pseudonyms
from edge.devices.lane_devices import Devices
from edge.journal.capacity import StorageWatch
from edge.lane.clock import is_plausible
from edge.lane.event_log import EventLog
from edge.lane.face_session import FaceEngine
from edge.lane.inspection import Inspector
from edge.lane.loop import Loop
from edge.lane.passages import Passages
from edge.lane.transaction import TransactionRunner
from edge.pki.certificate_watch import CertificateWatch


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane, staffed; nothing happens in it until its loop is run."""

    loop: Loop
    runner: TransactionRunner
    event_log: EventLog
    storage: StorageWatch
    certificates: CertificateWatch


def build_lane(plan: Plan, records: Records, engine: FaceEngine, passages: Passages) -> Lane:
    """Build a lane that writes into open records and looks through a warm face engine."""
    settings, journal_writer = plan.settings, records.journal_writer
    event_log = EventLog(
        journal_writer,
        plan.clock,
        plan.rules.models.identities(),
        lambda: str(uuid.uuid4()),
        plan.rules.sealer,
    )
    storage = StorageWatch(journal_writer, settings.state_dir, settings.journal, plan.clock)
    loop = Loop(settings.topology, lambda: journal_writer.healthy and storage.may_serve)
    devices = plan.equipment.supervised(loop.on_device)
    inspector = _inspector(plan, devices, engine, event_log)
    runner = TransactionRunner(loop, inspector, event_log, passages)
    runner.refers = lambda: storage.refers
    loop.staff(devices, runner)
    journal_writer.changed.listen(loop.reconsider)
    storage.changed.listen(loop.reconsider)
    certificates = CertificateWatch(
        settings.broker.tls,
        lambda: runner.inspector.store,
        event_log.certificate_expiring,
        plan.clock,
        is_plausible,
    )
    return Lane(loop, runner, event_log, storage, certificates)


def _inspector(plan: Plan, devices: Devices, engine: FaceEngine, event_log: EventLog) -> Inspector:
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
        clock=plan.clock,
        random=os.urandom,
        identify=lambda: uuid.uuid4().hex,
        pseudonyms=Pseudonyms(os.urandom),
    )
