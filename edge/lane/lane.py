"""The lane as every part of the shell sees it: its state, its sensors, its devices."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from edge.checks import Result
from edge.devices.lane_devices import Devices
from edge.devices.supervisor import Availability
from edge.gate import events
from edge.gate.states import Maintenance, OutOfService, Posture, State, Topology, posture
from edge.gate.step import step
from edge.host.observable import Observable
from edge.lane.sensors import Sensors, event_of
from edge.ports import LaneSignal

log = structlog.get_logger()


class ServiceCondition(Protocol):
    """Something besides the devices that must be well before a lane takes travellers."""

    @property
    def may_serve(self) -> bool:
        """Whether it is well."""

    @property
    def changed(self) -> Observable[[]]:
        """Tells when `may_serve` may have changed."""


class Lane:
    """The state of one lane, and the only place that changes it.  One event loop uses it.

    Only `post` calls `step`, so there are no locks.  A lane takes travellers while every device is
    ready, every condition allows it, and the sensors have said who stands there.
    """

    def __init__(
        self,
        topology: Topology,
        devices: Devices,
        conditions: Sequence[ServiceCondition],
        *,
        maintenance: bool,
    ) -> None:
        self.topology = topology
        self.devices = devices
        self.sensors = Sensors(topology)
        self.state: State = OutOfService()
        self.moves = 0
        """How often the state has changed."""
        self.moved: Observable[[State, events.Event, State]] = Observable()
        """Tells the state before, the event, and the state after."""
        self.posture_due = asyncio.Event()
        """Set when the cabinet must take the posture of the state, or take it again."""
        self.maintenance = maintenance
        """The gate is to be out of service by order; see `maintain`."""
        self.restarting = False
        """The computer is about to be restarted; see `restart`."""
        self._conditions = conditions
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        for condition in conditions:
            condition.changed.listen(self.reconsider)

    @property
    def is_alone(self) -> bool:
        """Whether the sensors count exactly one person in the lane, and are there to do so."""
        return self.sensors.presence is Result.SUCCESSFUL and self.devices.gate.ready

    @property
    def lacks(self) -> bool:
        """Whether a device was tried and is not there."""
        every = self.devices.every()
        return any(device.status.health is Availability.LOST for device in every)

    async def until(self, reached: Callable[[State], bool]) -> State:
        """Wait until the state is as asked, return it."""
        while not reached(self.state):
            self._changed.clear()
            await self._changed.wait()
        return self.state

    async def until_counted(self, timeout_s: float) -> Result:
        """Wait until the sensors have counted the persons in the lane, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.sensors.presence is Result.NOT_PERFORMED:
                    self._changed.clear()
                    await self._changed.wait()
        return self.sensors.presence

    def post(self, event: events.Event) -> None:
        """Apply one event to the gate; everything else follows from the new state."""
        before = self.state
        after = step(before, event, self.topology)
        if isinstance(after, OutOfService):
            after = self._resumed(after)
        if after == before:
            return
        self.state = after
        self.moves += 1
        # First the doors: reports and logs may take their time, or fail.
        self._restart_timer(posture(after))
        if posture(after) != posture(before):
            self.posture_due.set()
        self._changed.set()
        log.info("gate_state_changed", state=type(after).__name__, trigger=type(event).__name__)
        self.moved.tell(before, event, after)

    def sense(self, signal: LaneSignal) -> None:
        """Take in what the cabinet reports, and act on it."""
        slept = not self.sensors.awake
        self.sensors.see(signal, posture(self.state).free)
        event = event_of(signal)
        if event is not None:
            self.post(event)
        if slept and self.sensors.awake:
            self.reconsider()
        self._changed.set()

    def lose_device(self, *, cabinet: bool) -> None:
        """Act on the loss of a device; without the cabinet nobody counts persons any more."""
        if cabinet:
            self.sensors.lose_count()
        self.post(events.DeviceMissing(cabinet=cabinet))
        self._changed.set()

    def maintain(self, *, wanted: bool) -> None:
        """Take the gate out of service once no traveller is being served, or put it back."""
        self.maintenance = wanted
        self.reconsider()

    def restart(self, *, wanted: bool) -> None:
        """Take no new traveller, or take them as before; `maintenance` stays as it is."""
        self.restarting = wanted
        self.reconsider()

    def release(self, transaction: str) -> bool:
        """Let a referred traveller pass by an officer's order; whether the gate does it.

        The gate does not when it serves another transaction, or when the sensors do not count
        exactly one person.
        """
        before = self.state
        self.post(events.OfficerRelease(transaction, alone=self.is_alone))
        return self.state != before

    def reconsider(self) -> None:
        """Serve again, or stop serving, when a condition of service has changed."""
        if self.maintenance or self.restarting:
            self.post(events.MaintenanceBegun())
            return
        if isinstance(self.state, Maintenance):
            self.post(events.MaintenanceEnded())
        if not self._may_serve():
            self.post(events.ServiceEnded())
        elif isinstance(self.state, OutOfService):
            self.post(events.DevicesReady())

    def _resumed(self, state: OutOfService) -> State:
        """The state that a gate takes by itself when its service has just been interrupted."""
        if self.maintenance or self.restarting:
            return step(state, events.MaintenanceBegun(), self.topology)
        if self._may_serve():
            return step(state, events.DevicesReady(), self.topology)
        return state

    def _may_serve(self) -> bool:
        """A cabinet that has not said yet who stands there would speak of somebody else later."""
        ready = all(device.ready for device in self.devices.every())
        allowed = all(condition.may_serve for condition in self._conditions)
        return ready and allowed and self.sensors.awake

    def _restart_timer(self, stance: Posture) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if stance.patience_s is not None:
            self._timer = asyncio.get_running_loop().call_later(
                stance.patience_s, self.post, events.TimedOut()
            )
