"""The loop of one lane: what the devices report goes in, what the cabinet must do comes out.

The loop knows nothing of documents and faces: a transaction does the work on a scan.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from functools import partial
from typing import Protocol

from edge.devices.cabinet import Cabinet, Stance
from edge.devices.supervisor import Availability, Status
from edge.errors import DeviceError
from edge.gate import events
from edge.gate.states import Ready, posture
from edge.host.mailbox import Mailbox
from edge.lane.lane import Lane
from edge.ports import DocumentScanner, LaneSignal, Scan

LISTEN_S = 1.0
TAKE_S = 1.0
"""How long a cabinet may take to understand a posture; its doors may move longer."""
MOST_SIGNALS = 256
"""Signals that may wait while the event loop is busy; with more the cabinet counts as lost."""
PAUSE_S = 0.1
"""How soon a device that is not there is listened to again: it reports first who stands there."""


class Transactions(Protocol):
    """Serves travellers, and hears what the devices report before the lane acts on it."""

    def begin(self, scan: Scan) -> tuple[str, Coroutine[None, None, None]]:
        """Begin a transaction: its id, and the work to be done until it is closed."""

    def sensed(self, signal: LaneSignal) -> None:
        """Hear what the cabinet reported."""

    def device_changed(self, status: Status) -> None:
        """Hear that a device came or went."""


class Loop:
    """Runs the devices of one lane and serves travellers, until cancelled."""

    def __init__(self, lane: Lane, transactions: Transactions) -> None:
        self._lane = lane
        self._devices = lane.devices
        self._transactions = transactions
        for device in lane.devices.every():
            device.changed.listen(self._hear_of_device)

    async def run(self) -> None:
        """Serve travellers until cancelled; the devices are released on the way out."""
        async with asyncio.TaskGroup() as tasks:
            self._lane.reconsider()
            for device in self._devices.every():
                tasks.create_task(device.run())
            tasks.create_task(self._take_postures())
            tasks.create_task(self._hear_signals())
            tasks.create_task(self._watch_for_documents(tasks))

    def _hear_of_device(self, status: Status) -> None:
        self._transactions.device_changed(status)
        if status.health is Availability.LOST:
            self._lane.lose_device(cabinet=status.role == "gate")
        elif status.health is Availability.READY:
            self._lane.posture_due.set()
            self._lane.reconsider()

    async def _take_postures(self) -> None:
        """Keep the hardware as the state says; only the newest posture counts."""
        lane = self._lane
        while True:
            await lane.posture_due.wait()
            lane.posture_due.clear()
            lane.sensors.expect(posture(lane.state).free)
            stance = Stance(lane.moves, posture(lane.state))
            with contextlib.suppress(DeviceError):
                await self._devices.gate.call(partial(Cabinet.take, stance=stance), TAKE_S)

    async def _hear_signals(self) -> None:
        """Take in what the cabinet signals, each time from when it was opened until it is left."""
        while True:
            with contextlib.suppress(DeviceError):
                await self._hear_cabinet(Mailbox(MOST_SIGNALS))
            await asyncio.sleep(PAUSE_S)

    async def _hear_cabinet(self, signals: Mailbox[LaneSignal]) -> None:
        taking_in = asyncio.create_task(self._take_in(signals))
        try:
            await self._devices.gate.listen(lambda cabinet, limit: cabinet.report(signals, limit))
        finally:
            taking_in.cancel()

    async def _take_in(self, signals: Mailbox[LaneSignal]) -> None:
        while True:
            signal = await signals.take()
            if self._devices.gate.ready:  # what a lost one said is no news of who stands there
                self._devices.gate.note_work()
                self._transactions.sensed(signal)
                self._lane.sense(signal)

    async def _watch_for_documents(self, tasks: asyncio.TaskGroup) -> None:
        """Read the scanner dry at all times: a document of an earlier moment must not linger."""
        while True:
            try:
                scan = await self._devices.scanner.call(_next_document, LISTEN_S)
            except DeviceError:
                await asyncio.sleep(PAUSE_S)
                continue
            if scan is not None and isinstance(self._lane.state, Ready):
                transaction, work = self._transactions.begin(scan)
                self._lane.post(events.DocumentPresented(transaction))
                tasks.create_task(work, name=f"transaction {transaction}")


def _next_document(scanner: DocumentScanner) -> Scan | None:
    return scanner.wait_for_document(LISTEN_S)
