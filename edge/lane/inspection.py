"""The evidence about one traveller and one document, growing while it is gathered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from edge import mrz
from edge.border import eligibility
from edge.border.decide import Evidence
from edge.border.decision import Decision, Refer
from edge.border.policy import Policy
from edge.checks import Check, CheckId, Reason, Result
from edge.contract.pseudonym import Pseudonyms
from edge.contract.rates.groups import Group, band
from edge.devices.supervisor import Supervised
from edge.emrtd.document_model import ReadHintCache
from edge.errors import UnreadableMrz
from edge.gate.states import Topology
from edge.lane.camera_stance import CameraStance
from edge.lane.chip_session import ChipSession
from edge.lane.clock import LaneClock
from edge.lane.document_inspection import ChipOutcome
from edge.lane.error_rates import ErrorRates
from edge.lane.event_log import EventLog
from edge.lane.face_session import FaceEngine, FaceSession
from edge.lane.strangers import Somebody
from edge.ports import Camera, ChipReader, DepthSensor, Scan
from edge.settings.chip import ChipSettings
from edge.settings.face import FaceSettings
from edge.trust import TrustStore
from edge.trust.deviation_list import judge_printed_digits


@dataclass(frozen=True, slots=True)
class Inspector:
    """What every inspection of a lane works with."""

    topology: Topology
    reader: Supervised[ChipReader]
    camera: Supervised[Camera]
    engine: FaceEngine
    store: TrustStore
    policy: Policy
    chip: ChipSettings
    face: FaceSettings
    event_log: EventLog
    clock: LaneClock
    random: Callable[[int], bytes]
    identify: Callable[[], str]
    pseudonyms: Pseudonyms
    depth: Supervised[DepthSensor] | None
    rates: ErrorRates
    memory: ReadHintCache = field(default_factory=ReadHintCache)
    """How documents of each model want to be read; lost at the end of the daemon."""
    stance: CameraStance = field(default_factory=CameraStance)

    def begin(self, scan: Scan, on_change: Callable[[], None]) -> Inspection:
        """Begin the inspection of a traveller who presented a document."""
        return Inspection(self, scan, on_change)


class Inspection:
    """One transaction's evidence.  `on_change` is called when there is something new to show."""

    def __init__(self, inspector: Inspector, scan: Scan, on_change: Callable[[], None]) -> None:
        self._with = inspector
        self._scan: Scan | None = scan
        self._on_change = on_change
        self._checks: list[Check] = []
        self._began_s = time.monotonic()
        self._chip = ChipOutcome(())
        self._document_done = asyncio.Event()
        self._may_be_compared = True
        """False once page or chip say that the traveller is not to be compared."""
        self._faces = FaceSession(
            inspector.engine, inspector.camera, inspector.face, self._guide, inspector.depth
        )
        self._holder: Somebody | None = None
        """The holder of the authentic document; None also when they are not to be compared."""
        self.transaction = inspector.identify()
        self.began = inspector.clock.now()
        self.faults: set[Reason] = set()
        self.timings_ms: dict[str, float] = {}
        self.decision: Decision | None = None
        self.referral: Refer | None = None
        """The referral that the gate itself began, before or beside the decision."""
        self.passed = False
        self.released = False
        """An officer let the referred traveller pass."""
        self.progress: float | None = 0.0
        """Share of the document examined so far, 0..1; None once that is over."""
        self.hint: str | None = None
        """What the traveller should do for a better picture."""
        self.issuing_state = ""
        self.traveller: str | None = None
        """The traveller's number of the day, once the document was read."""

    @property
    def policy(self) -> Policy:
        """The rules this traveller is judged by, from the first line to the last."""
        return self._with.policy

    async def whole(self) -> None:
        """Barrier: examine document, chip and face, reader and camera side by side."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.document())
            tasks.create_task(self.face())

    async def document(self) -> None:
        """Examine the MRZ, then read and verify the chip."""
        try:
            zone = self._read_mrz()
            if zone is not None:
                await self._read_chip(zone)
        finally:
            self.progress = None
            self._document_done.set()
            self._on_change()

    async def face(self) -> None:
        """Capture the face while the chip is read, compare it once the portrait is authentic.

        The gate neither looks at nor compares the face of a traveller who is not of age.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._faces.capture(self._document_done, self._is_comparison_due))
            tasks.create_task(self._learn_portrait())
        self._checks += self._faces.compare()
        self._with.stance.note(self._faces.lying)
        if self._faces.lost:
            self.faults.add(Reason.DEVICE_FAULT)
        self.hint = None
        self._with.event_log.face(self.transaction, self._faces, self._with.policy)

    def count(self, presence: Result) -> None:
        """Add what the sensors say about how many persons are in the lane."""
        self._checks.append(Check(CheckId.LANE_SINGLE_PERSON, presence))

    def decided(self, decision: Decision) -> None:
        """Note the decision, and how long it took so far."""
        self.decision = decision
        self.time_decision()

    def time_decision(self) -> None:
        """Note how long the traveller has waited for the decision: again once it is on the disk."""
        self._time("decision", self._began_s)
        if self._chip.last_byte_s is not None:
            self._time("decision_after_last_byte", self._chip.last_byte_s)

    def evidence(self) -> Evidence:
        """All that is known so far."""
        return Evidence(tuple(self._checks), frozenset(self.faults))

    def count_errors(self) -> None:
        """Count what became of the face, once the passage is over and before it is forgotten."""
        if self._holder is None:
            return
        rates = self._with.rates
        similarities = self._faces.similarities(rates.strangers, self._holder, time.monotonic())
        rates.count(
            self._holder.group,
            self._faces.checks,
            similarities,
            self._with.clock.now(),
            released=self.released,
        )

    def wipe(self) -> None:
        """Forget everything personal."""
        self._scan = None
        self._holder = None
        self._chip = ChipOutcome(())
        self._faces.wipe()

    def _read_mrz(self) -> mrz.MachineReadableZone | None:
        now = self._with.clock.now()
        today = self._with.clock.date_of(now)
        self._checks.append(self._with.clock.examine(now))
        lines = self._scan.lines if self._scan is not None else ()
        self._scan = None
        try:
            zone = mrz.parse(lines)
        except UnreadableMrz:
            self._checks.append(Check(CheckId.MRZ_READ, Result.FAILED))
            self._with.event_log.unread(self.transaction, tuple(self._checks))
            return None
        found = tuple(
            judge_printed_digits(check, zone, self._with.store.deviation_lists)
            for check in mrz.examine(zone, today)
        )
        self._checks += found
        self.issuing_state = zone.issuing_state
        self._may_be_compared = eligibility.is_of_age(zone, today, self._with.policy)
        self.traveller = self._with.pseudonyms.of(zone, today)
        self._time("mrz", self._began_s)
        self._with.event_log.read(self.transaction, zone, found)
        return zone

    async def _read_chip(self, zone: mrz.MachineReadableZone) -> None:
        started_s = time.monotonic()
        session = ChipSession(
            self._with.reader,
            self._with.store,
            self._with.chip,
            self._with.random,
            self._advance,
            self._with.memory,
        )
        now = self._with.clock.now()
        today, policy = self._with.clock.date_of(now), self._with.policy
        outcome = await session.inspect(zone, now, eligibility.files_to_read(zone, today, policy))
        self._chip = outcome
        self._checks += outcome.checks
        self.faults |= outcome.faults
        self._time("chip", started_s)
        document = outcome.document
        if document is not None:
            found = eligibility.examine(document.mrz, document.issued, today, policy)
            self._may_be_compared &= eligibility.may_be_compared(found)
            self._checks += found
            if self._may_be_compared:
                self._holder = self._somebody(document.mrz, today)
        self._with.event_log.chip(self.transaction, outcome)

    def _somebody(self, zone: mrz.MachineReadableZone, today: date) -> Somebody:
        sex = zone.sex if zone.sex in {"M", "F"} else "X"
        group = Group(zone.nationality, sex, band(zone.age_on(today)))
        return self._with.rates.strangers.somebody(zone, group)

    async def _learn_portrait(self) -> None:
        """Make ready what faces are compared with, as soon as it is authentic."""
        await self._document_done.wait()
        document = self._chip.document
        if self._may_be_compared and document is not None and document.portrait is not None:
            started_s = time.monotonic()
            await self._faces.learn(document.portrait)
            self._time("match", started_s)

    def _is_comparison_due(self) -> bool:
        """Whether the face may still be compared, as far as is known."""
        is_read = self._document_done.is_set()
        return self._may_be_compared and not (is_read and self._chip.document is None)

    def _advance(self, share: float) -> None:
        if self.progress is not None:  # the last word of a reader that was left comes late
            self.progress = share
            self._on_change()

    def _guide(self, hint: str | None) -> None:
        if hint != self.hint:
            self.hint = hint
            self._on_change()

    def _time(self, step: str, since_s: float) -> None:
        self.timings_ms[step] = round((time.monotonic() - since_s) * 1000, 1)
