"""A lane whose scanner and cabinet are scripted, and an inspector that has nothing to look with."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from drivers.virtual.camera import VirtualCamera
from drivers.virtual.reader import VirtualReader
from edge.border.policy import Policy
from edge.contract.pseudonym import Pseudonyms
from edge.devices.cabinet import Cabinet
from edge.devices.lane_devices import Devices
from edge.devices.supervisor import Availability, Status, Supervised
from edge.face import FacePipeline
from edge.gate.events import Event
from edge.gate.states import Ready, State, Topology
from edge.host.device_thread import DeviceThread
from edge.host.observable import Observable
from edge.imaging import Decoder
from edge.lane.error_rates import ErrorRates
from edge.lane.event_log import EventLog
from edge.lane.face_session import FaceEngine
from edge.lane.inspection import Inspector
from edge.lane.lane import Lane
from edge.lane.loop import Loop
from edge.lane.strangers import Strangers
from edge.ports import LaneSignal, Scan
from edge.settings.chip import ChipSettings
from edge.settings.face import FaceSettings
from edge.trust import TrustStore
from tests.support.bench import QueueGate, QueueScanner, hurry, settled, tell
from tests.support.clocks import lane_clock

POLICY = Policy(
    version="1",
    digest="0" * 64,
    requirements=MappingProxyType({}),
    false_match_rate="1e-4",
    minimum_age=18,
    nationalities=frozenset(),
    document_codes=frozenset(),
)


@dataclass(frozen=True, slots=True)
class Move:
    """One step of the gate."""

    before: State
    event: Event
    after: State


class Witness:
    """Lets every transaction stand until it is ended, and remembers everything."""

    def __init__(self) -> None:
        self.scans: list[Scan] = []
        self.moves: list[Move] = []
        self.signals: list[LaneSignal] = []
        self.statuses: list[Status] = []
        self.ended = asyncio.Event()

    def begin(self, scan: Scan) -> tuple[str, Coroutine[None, None, None]]:
        self.scans.append(scan)
        return f"t{len(self.scans)}", self._serve()

    async def _serve(self) -> None:
        await self.ended.wait()

    def moved(self, before: State, event: Event, after: State) -> None:
        self.moves.append(Move(before, event, after))

    def sensed(self, signal: LaneSignal) -> None:
        self.signals.append(signal)

    def device_changed(self, status: Status) -> None:
        self.statuses.append(status)


class Condition:
    """A condition of service that a test sets."""

    def __init__(self) -> None:
        self.may_serve = True
        self.changed: Observable[[]] = Observable()

    def become(self, *, well: bool) -> None:
        self.may_serve = well
        self.changed.tell()


def devices(scanner: QueueScanner, gate: QueueGate) -> Devices:
    """Every device of a lane; reader and camera stand on a stage that nobody enters."""
    reader = VirtualReader.Settings(stage="scripted")
    camera = VirtualCamera.Settings(stage="scripted")
    return Devices(
        scanner=Supervised("scanner", "queue", lambda: scanner),
        reader=Supervised("chip-reader", "virtual", lambda: VirtualReader(reader)),
        camera=Supervised("camera", "virtual", lambda: VirtualCamera(camera)),
        gate=Supervised("gate", "queue", lambda: Cabinet(gate)),
        depth=None,
    )


def inspector(
    lane: Lane, event_log: EventLog, clock: Callable[[], datetime], identify: Callable[[], str]
) -> Inspector:
    """Finds no face in any picture, trusts no issuer, and demands nothing."""
    return Inspector(
        topology=lane.topology,
        reader=lane.devices.reader,
        camera=lane.devices.camera,
        engine=FaceEngine(
            DeviceThread("face"),
            FacePipeline(lambda _: [], ()),
            Decoder(),
            0.4,
            0.94,
            forget=lambda: None,
            means=None,
        ),
        depth=None,
        store=TrustStore(()),
        policy=POLICY,
        chip=ChipSettings(),
        face=FaceSettings(),
        event_log=event_log,
        clock=lane_clock(clock),
        random=os.urandom,
        identify=identify,
        pseudonyms=Pseudonyms(os.urandom),
        rates=ErrorRates({}, 5, Strangers(0, 1.0, os.urandom)),
    )


class ScriptedLane:
    """A lane, its loop and its scripted devices; made inside a running event loop."""

    def __init__(self, topology: Topology = Topology.BARRIER) -> None:
        self.condition = Condition()
        self.witness = Witness()
        self.scanner = QueueScanner()
        self.gate = QueueGate()
        self.devices = devices(self.scanner, self.gate)
        self.lane = Lane(topology, self.devices, (self.condition,), maintenance=False)
        self.lane.moved.listen(self.witness.moved)
        self.loop = Loop(self.lane, self.witness)

    def state(self) -> State:
        """The state now; a call, because a type checker takes an attribute to stay as it was."""
        return self.lane.state

    def stand(self, state: State) -> None:
        """Begin in a state, as if the lane had come there."""
        self.lane.state = state

    def report(self, role: str, health: Availability) -> None:
        """Report of a device what its supervisor would."""
        (device,) = (each for each in self.devices.every() if each.status.role == role)
        device.changed.tell(replace(device.status, health=health))

    async def ready(self) -> None:
        await self.lane.until(lambda state: isinstance(state, Ready))


def serving(
    story: Callable[[ScriptedLane], Coroutine[Any, Any, None]],
    topology: Topology = Topology.BARRIER,
) -> None:
    """Tell a story while the lane runs, from the moment it waits for a traveller."""

    async def told() -> None:
        scripted = ScriptedLane(topology)
        running = asyncio.create_task(scripted.loop.run())
        await scripted.ready()
        scripted.witness.signals.clear()
        try:
            await story(scripted)
            assert not running.done()
        finally:
            scripted.gate.may_move.set()
            scripted.scanner.end()
            scripted.gate.end()
            await settled(running)
        assert running.cancelled()
        for device in (scripted.scanner, scripted.gate):
            assert device.story.count("release") == device.story.count("open")

    tell(told())


def still(
    story: Callable[[ScriptedLane], Coroutine[Any, Any, None]],
    topology: Topology = Topology.BARRIER,
) -> None:
    """Tell a story of a lane whose devices are not even opened: only time goes by."""

    async def told() -> None:
        await story(ScriptedLane(topology))

    hurry(told())
