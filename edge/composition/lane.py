"""Builds the lane itself: the loop, whoever attends travellers, and what is told of them."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from functools import partial

from edge.composition.plan import Plan
from edge.composition.records import Records
from edge.contract.pseudonym import Pseudonyms
from edge.devices.lane_devices import Devices
from edge.journal.capacity import Level, StorageWatch, Verdict
from edge.lane.event_log import Chronicle
from edge.lane.face_session import FaceEngine
from edge.lane.inspection import Inspector
from edge.lane.loop import Loop
from edge.lane.passages import Passages
from edge.lane.transaction import Attendant
from edge.pki.certificate_watch import CertificateWatch


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane, staffed; nothing happens in it until its loop is run."""

    loop: Loop
    attendant: Attendant
    chronicle: Chronicle
    storage: StorageWatch
    certificates: CertificateWatch


def build_lane(plan: Plan, records: Records, engine: FaceEngine, passages: Passages) -> Lane:
    """Build a lane that writes into open records and looks through a warm face engine."""
    settings, recorder = plan.settings, records.recorder
    chronicle = Chronicle(
        recorder,
        plan.clock,
        plan.rules.models.identities(),
        lambda: str(uuid.uuid4()),
        plan.rules.sealer,
    )
    storage = StorageWatch(recorder, settings.state_dir, settings.journal, plan.clock)
    loop = Loop(settings.topology, lambda: recorder.healthy and storage.may_serve)
    devices = plan.equipment.supervised(loop.on_device)
    inspector = _inspector(plan, devices, engine, chronicle)
    attendant = Attendant(loop, inspector, chronicle, passages)
    attendant.refers = lambda: storage.refers
    loop.staff(devices, attendant)
    recorder.on_erased = chronicle.erased
    recorder.on_health = loop.reconsider
    storage.on_change = partial(_tell_storage, chronicle, loop)
    certificates = CertificateWatch(
        settings.broker.tls,
        lambda: attendant.inspector.store,
        chronicle.certificate_expiring,
        plan.clock,
        plan.is_plausible,
    )
    return Lane(loop, attendant, chronicle, storage, certificates)


def _inspector(plan: Plan, devices: Devices, engine: FaceEngine, chronicle: Chronicle) -> Inspector:
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
        chronicle=chronicle,
        clock=plan.clock,
        random=os.urandom,
        identify=lambda: uuid.uuid4().hex,
        pseudonyms=Pseudonyms(os.urandom),
    )


def _tell_storage(chronicle: Chronicle, loop: Loop, verdict: Verdict) -> None:
    chronicle.storage(verdict.detail, is_fine=verdict.level is Level.FINE)
    loop.reconsider()
