"""egated: one lane.  Settings in, parts built, run, and everything put back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from edge.border.policy import Policy
from edge.composition.central_link import CentralLink
from edge.composition.command_desk import command_desk
from edge.composition.face_engine import face_engine
from edge.composition.lane import LaneParts, build_lane
from edge.composition.pages import PageAddress, Pages, page_address
from edge.composition.plan import Plan
from edge.composition.records import Records, records
from edge.composition.training import Training, installed_training
from edge.gate.states import OutOfService, Ready
from edge.host import hardening
from edge.host.own_thread import aside
from edge.host.systemd import Notifier
from edge.journal.writer import END_S
from edge.keys.key_history import remember
from edge.lane.face_session import FaceEngine
from edge.lane.lane import Lane
from edge.lane.left_open import MOST_EVENTS, left_open
from edge.lane.passages import Passage, Passages
from edge.management.command_desk import CommandDesk
from edge.management.command_inbox import CommandInbox
from edge.management.service_status import delivery_fault, journal_fault, service_status
from edge.mqtt.publisher import Publisher
from edge.screen.scene import compose
from edge.screen.views import OutboxView, Scene
from edge.settings.tree import Settings

STOP_S = 6.0
"""How long the end waits for the connection to the broker: its own waits are shorter."""
START_S = 10.0
"""How long a start waits for its devices to be tried before it says that it serves its duties."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Gate:
    """What runs while the daemon runs."""

    records: Records
    parts: LaneParts
    pages: Pages
    link: CentralLink
    desk: CommandDesk


def now() -> datetime:
    """The clock of the daemon."""
    return datetime.now(UTC)  # noqa: TID251  # here it is injected from


class Daemon:
    """One lane, from its settings to its last event.  `run` once.

    Raises, on construction:
        SettingsError: anything about the configuration is wrong; nothing has been started.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = now) -> None:
        self.settings = settings
        self.passages = Passages()
        self.passages.added.listen(_log_closed)
        self._plan = Plan.of(settings, clock)
        self.training: Training | None = None
        if settings.simulation is not None:
            self.training = installed_training()(
                settings.simulation, settings.broker, self.until_ready
            )
        self._gate: Gate | None = None
        self._ready = asyncio.Event()
        self._stop = asyncio.Event()

    @property
    def policy(self) -> Policy:
        """The policy it was started with."""
        return self._plan.rules.policy

    @property
    def gate(self) -> Gate:
        """What runs, once `run` has built it."""
        if self._gate is None:
            raise RuntimeError("the daemon does not run")
        return self._gate

    @property
    def lane(self) -> Lane:
        """The lane, once `run` has built it."""
        return self.gate.parts.lane

    async def until_started(self) -> None:
        """Wait until the daemon serves its duties: journal, delivery, pages, and devices tried.

        The lane may be out of service then, for a reason that it says.
        """
        await self._ready.wait()

    async def until_ready(self) -> None:
        """Wait until the lane waits for a traveller."""
        await self.until_started()
        await self.lane.until(lambda state: isinstance(state, Ready))

    def stop(self) -> None:
        """End `run` in good order."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until `stop`; then release the devices, close the journal, say goodbye.

        Raises:
            SettingsError: a port is taken, a model wrong, the journal in use or damaged.
            DeviceError: the broker of a training lane cannot be started.
        """
        async with AsyncExitStack() as stack:
            # Whatever may be refused comes first, and whatever is started last is ended first.
            address = stack.enter_context(page_address(self.settings.screen))
            rules = self._plan.rules
            engine = stack.enter_context(
                face_engine(rules.models, self.settings.face, rules.threshold)
            )
            written = await stack.enter_async_context(records(self._plan))
            if self.training is not None:
                stack.enter_context(self.training)
            self._gate = gate = self._build(written, engine, address)
            stack.push_async_callback(_stopped, gate.link.publisher)
            unfinished = left_open(written.journal.newest_bodies(MOST_EVENTS))
            gate.parts.event_log.started(
                self._plan.place.version, remember(written.key, written.topics.source)
            )
            if unfinished is not None:
                gate.parts.event_log.close_left_open(unfinished)
            stack.enter_context(hardening.settled())
            gate.link.publisher.start()
            with Notifier() as notifier:
                await self._serve(gate, notifier)
            gate.parts.runner.close_unfinished()
            gate.parts.event_log.stopped()
            with suppress(Exception):
                async with asyncio.timeout(END_S):
                    await written.journal_writer.commit()
        log.info("service_stopped", site=self.settings.site, device=self.settings.device)

    def _build(self, written: Records, engine: FaceEngine, address: PageAddress | None) -> Gate:
        """Build the parts in the order in which they depend on each other."""
        parts = build_lane(self._plan, written, engine, self.passages)
        rotate = self.settings.devices.camera.rotate
        pages = Pages(address, parts, engine, self.training, rotate)
        inbox = CommandInbox()
        link = CentralLink(
            self._plan, written, parts, on_command=inbox.receive, on_connected=pages.refresh
        )
        desk = command_desk(self._plan, written, parts, link, inbox)
        return Gate(written, parts, pages, link, desk)

    async def _serve(self, gate: Gate, notifier: Notifier) -> None:
        """Run every task until `stop`, and end them before anything they use is closed."""
        plan = self._plan
        keep = timedelta(hours=self.settings.journal.keep_h)
        work = [
            gate.parts.loop.run(),
            gate.parts.storage.run(),
            gate.parts.certificates.run(),
            gate.parts.rates.run(),
            gate.records.journal_writer.run(),
            gate.records.journal_writer.tidy(plan.clock, keep),
            gate.link.run(),
            gate.desk.run(),
            gate.pages.show(lambda: self._scene(gate)),
            gate.pages.serve(),
            self._announce_ready(gate, notifier),
            self._rehearse(),
            notifier.keep_alive(lambda: self._status(gate)),
        ]
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(coroutine) for coroutine in work]
            await self._stop.wait()
            notifier.stopping()
            for task in running:
                task.cancel()

    async def _announce_ready(self, gate: Gate, notifier: Notifier) -> None:
        lane = gate.parts.lane
        with suppress(TimeoutError):
            async with asyncio.timeout(START_S):
                await lane.until(lambda state: not isinstance(state, OutOfService) or lane.lacks)
        self._ready.set()
        notifier.status(self._status(gate))
        notifier.ready()
        log.info(
            "service_started",
            site=self.settings.site,
            device=self.settings.device,
            version=self._plan.place.version,
            url=gate.pages.url,
        )

    def _status(self, gate: Gate) -> str:
        fault = journal_fault(gate.records.journal_writer, gate.parts.storage)
        return service_status(gate.parts.lane, fault, _delivery_fault(gate))

    async def _rehearse(self) -> None:
        if self.training is not None:
            await self.until_started()
            await self.training.repeat()

    def _scene(self, gate: Gate) -> Scene:
        """What the pages show at this moment."""
        journal_writer = gate.records.journal_writer
        outbox = OutboxView(
            depth=journal_writer.depth,
            oldest_age_s=journal_writer.oldest_age_s(self._plan.clock()),
            connected=gate.link.publisher.connected,
            detail=_delivery_fault(gate),
        )
        return compose(self._plan.place, gate.parts.lane, gate.parts.runner, self.passages, outbox)


def _delivery_fault(gate: Gate) -> str:
    return delivery_fault(gate.link.publisher.stall, gate.records.journal_writer.depth)


async def _stopped(publisher: Publisher) -> None:
    """End a publisher; one that does not end in time ends with the process."""
    with suppress(TimeoutError):
        await aside(publisher.stop, STOP_S)


def _log_closed(passage: Passage) -> None:
    decision = "none"
    if passage.decision is not None:
        decision = "open" if passage.opened else "refer"
    log.info(
        "transaction_closed",
        transaction=passage.transaction,
        decision=decision,
        reasons=[reason.value for reason in passage.reasons],
        decision_ms=passage.timings_ms.get("decision"),
    )
