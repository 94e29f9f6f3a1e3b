"""egated: the composition root.  Settings in, drivers loaded, loop run, everything put back."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from starlette.applications import Starlette

from drivers import registry
from edge import hardening
from edge import settings as configuration
from edge.announcer import Announcer
from edge.attendant import Attendant
from edge.border import eligibility
from edge.border.policy import Policy
from edge.central_keys import sealer
from edge.certificate_watch import CertificateWatch
from edge.chain_head import ChainHead
from edge.checks import Result
from edge.chronicle import Chronicle
from edge.command_acts import MAINTENANCE, Acts
from edge.command_desk import CommandDesk
from edge.command_keys import command_keys
from edge.command_ledger import Ledger
from edge.commands import CommandName
from edge.device_key import DeviceKey
from edge.device_thread import DeviceThread
from edge.face.pad import Means
from edge.face_session import FaceEngine
from edge.gate.states import Maintenance, OutOfService, Ready
from edge.health import HealthReport, state_word
from edge.imaging import Decoder
from edge.inspection import BUILT, Inspector
from edge.journal import Journal
from edge.key_history import public_keys, remember
from edge.loop import Devices, Loop
from edge.models import ModelStore
from edge.notify import Notifier
from edge.outbox import Topics
from edge.passages import Passage, Passages
from edge.preview import CameraPreview, Eye
from edge.pseudonym import Pseudonyms
from edge.publisher import Command as Received
from edge.publisher import Listeners, Publisher
from edge.reboot import by_program, pretend
from edge.recorder import Recorder
from edge.refusals import Refusals
from edge.scene import Place, compose
from edge.screen import server
from edge.screen.app import create_app
from edge.screen.board import Board
from edge.screen.guard import names_of
from edge.screen.preview import PreviewPanel
from edge.screen.views import OutboxView
from edge.settings import Device, Operation, Settings
from edge.side_by_side import SideBySide
from edge.storage import Level, StorageWatch, Verdict
from edge.supervisor import Supervised
from edge.training import Training
from edge.trust_anchors import digest_of, trust_store
from edge.upkeep import Upkeep
from edge.warrant import Verifier

REFRESH_EVERY_S = 2.0
EMBEDDING_THREADS = 1
"""Beside the one that asks: the embedders of a comparison run two at a time."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs while the daemon runs."""

    lane: Loop
    attendant: Attendant
    recorder: Recorder
    publisher: Publisher
    chronicle: Chronicle
    journal: Journal
    key: DeviceKey
    public_keys: list[dict[str, Any]]
    refusals: Refusals
    storage: StorageWatch


class Daemon:
    """One lane, from its settings to its last event.  `run` once.

    Raises, on construction:
        SettingsError: anything about the configuration is wrong; nothing has been started.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.policy = configuration.load_policy(settings.policy)
        self.passages = Passages()
        self.training: Training | None = None
        if settings.simulation is not None:
            self.training = Training(settings.simulation, settings.broker, self.until_ready)
        self._topics = Topics(settings.site, settings.device)
        self._place = Place(
            site=settings.site,
            device=settings.device,
            version=version("egate"),
            topology=settings.topology,
            simulated=settings.operation is Operation.TRAINING,
            started_at=now(),
        )
        self._models = ModelStore(settings.models.manifest, settings.models.weights)
        self._threshold = self._models.threshold(self.policy.false_match_rate)
        self._store = trust_store(settings.trust.anchors, now())
        self._command_keys = command_keys(settings.central.keys)
        self._sealer = sealer(settings.central.keys)
        devices = settings.devices
        self._scanner = _driver("scanner", devices.scanner)
        self._reader = _driver("chip-reader", devices.chip_reader)
        self._camera = _driver("camera", devices.camera)
        self._gate = _driver("gate", devices.gate)
        self._depth = None if devices.depth is None else _driver("depth", devices.depth)
        self._board = Board()
        self._preview = CameraPreview(self._unseen, os.urandom)
        self._app: Starlette | None = None
        if settings.screen is not None:
            self._app = create_app(
                self._board,
                simulator=self.training,
                preview=self._preview_panel(settings.screen.preview),
                language=settings.screen.language,
                hosts=names_of(settings.screen.host, socket.gethostname()),
            )
        self._stop = asyncio.Event()
        self._ready = asyncio.Event()
        self._refresh_due = asyncio.Event()
        self._lane: Loop | None = None
        self._desk: CommandDesk | None = None

    def _preview_panel(self, shown: str) -> PreviewPanel | None:
        if shown == "off":
            return None
        return PreviewPanel(self._preview, anywhere=shown == "network")

    def _unseen(self) -> str:
        """Why a technician may not see through the camera now."""
        if self._lane is None:
            return "the gate is starting"
        if isinstance(self._lane.state, Ready | OutOfService | Maintenance):
            return ""
        return "a traveller is being served"

    def _changed(self) -> None:
        """Act on what is new in the lane: the camera belongs to the traveller first."""
        self._preview.reconsider()
        self._refresh_due.set()

    def stop(self) -> None:
        """End `run` in good order."""
        self._stop.set()

    @property
    def lane(self) -> Loop:
        """The loop of the lane, once `run` has assembled it."""
        if self._lane is None:
            raise RuntimeError("the daemon does not run")
        return self._lane

    async def until_started(self) -> None:
        """Wait until the lane waits for a traveller, or is out of service by order."""
        await self._ready.wait()

    async def until_ready(self) -> None:
        """Wait until the lane waits for a traveller."""
        await self.until_started()
        await self.lane.until(lambda state: isinstance(state, Ready))

    async def run(self) -> None:
        """Serve until `stop`; then release the devices, close the journal, say goodbye.

        Raises:
            SettingsError: a port is taken, a model wrong, the journal in use or damaged.
            DeviceError: the broker of a training lane cannot be started.
        """
        async with AsyncExitStack() as stack:
            # Whatever may be refused comes first, and whatever is started last is ended first.
            listener = self._listen(stack)
            engine = self._engine(stack)
            key = DeviceKey.load_or_make(self.settings.device_key, self.settings.keys.kind)
            journal = self._open_journal(key)
            recorder = Recorder(journal)
            stack.push_async_callback(recorder.close)
            if self.training is not None:
                stack.enter_context(self.training)
            parts, desk = self._assemble(journal, recorder, engine, key)
            parts.chronicle.started(version("egate"), remember(key, self._topics.source))
            hardening.settle()
            parts.publisher.start()
            stack.push_async_callback(asyncio.to_thread, parts.publisher.stop)
            await self._serve(parts, desk, listener)
            parts.chronicle.stopped()
            with suppress(Exception):
                await recorder.commit()
        log.info("stopped", device=self.settings.device)

    def _listen(self, stack: AsyncExitStack) -> Any:
        if self.settings.screen is None:
            return None
        listener = server.listen(self.settings.screen.host, self.settings.screen.port)
        stack.callback(listener.close)
        return listener

    def _engine(self, stack: AsyncExitStack) -> FaceEngine:
        decoder = stack.enter_context(Decoder())
        embedders = SideBySide(EMBEDDING_THREADS)
        stack.callback(embedders.close)
        pipeline = self._models.pipeline(embedders)
        pipeline.warm_up()
        thread = DeviceThread("face")
        stack.callback(thread.close)
        return FaceEngine(thread, pipeline, decoder, self._threshold, self._forget, self._means())

    def _forget(self) -> None:
        """After a traveller; on the thread of the networks."""
        self._models.forget()
        hardening.sweep()

    def _means(self) -> Means | None:
        """What presentation attacks are detected with, as far as it is there."""
        pad = self._models.manifest.pad
        if pad is None:
            return None
        network = None
        if self._models.has_texture:
            network = self._models.network(pad.texture)
            network(np.zeros((1, 3, 128, 128), np.float32))
        else:
            log.warning("models", detail=f"{pad.texture} is not installed: one cue less")
        face = self.settings.face
        return Means(pad.weights(), network, os.urandom, face.asking, face.answer_s)

    def _open_journal(self, key: DeviceKey) -> Journal:
        journal = Journal(
            self._journal_path,
            source=self._topics.source,
            simulated=self._simulated,
            clock=now,
            random=os.urandom,
            sign=key.sign,
        )
        log.info("journal", sequence=journal.last_sequence, depth=journal.backlog().events)
        return journal

    def _assemble(
        self, journal: Journal, recorder: Recorder, engine: FaceEngine, key: DeviceKey
    ) -> tuple[Parts, CommandDesk]:
        chronicle = Chronicle(recorder, now, self._models.identities(), self._sealer)
        refusals = Refusals(chronicle.refused)
        publisher = self._publisher(journal, recorder, refusals)
        recorder.on_written = publisher.notify
        recorder.on_erased = chronicle.erased
        storage = StorageWatch(recorder, self.settings.state_dir, self.settings.journal, now)
        lane = Loop(self.settings.topology, lambda: recorder.healthy and storage.may_serve)
        recorder.on_health = lane.reconsider
        storage.on_change = partial(_tell_storage, chronicle, lane)
        self._lane = lane
        devices = self._devices(lane)
        inspector = Inspector(
            topology=self.settings.topology,
            reader=devices.reader,
            camera=devices.camera,
            depth=devices.depth,
            engine=engine,
            store=self._store,
            policy=self.policy,
            chip=self.settings.chip,
            face=self.settings.face,
            chronicle=chronicle,
            clock=now,
            random=os.urandom,
            identify=lambda: uuid.uuid4().hex,
            pseudonyms=Pseudonyms(os.urandom),
        )
        attendant = Attendant(lane, inspector, chronicle, self.passages)
        attendant.on_change = self._changed
        self._preview.eye = Eye(devices.camera.call, engine.thread, engine.pipeline)
        attendant.refers = lambda: storage.refers
        lane.staff(devices, attendant)
        self.passages.listen(_log_passage)
        parts = Parts(
            lane,
            attendant,
            recorder,
            publisher,
            chronicle,
            journal,
            key,
            public_keys(key, self._topics.source, journal.memories()),
            refusals,
            storage,
        )
        self._desk = self._make_desk(parts)
        return parts, self._desk

    def _make_desk(self, parts: Parts) -> CommandDesk:
        memories = parts.journal.memories()
        parts.lane.maintenance = MAINTENANCE in memories
        upkeep = Upkeep(
            self.settings,
            self._place,
            parts.lane,
            parts.attendant,
            health=self._health_of(parts),
            judged_by=self._judged_by,
            clock=now,
        )
        acts = Acts(
            parts.lane,
            parts.attendant,
            parts.chronicle,
            upkeep,
            reboot=pretend if self._simulated else by_program(self.settings.commands.reboot),
            on_reloaded=lambda: parts.publisher.announce("info", self._info(parts)),
        )
        return CommandDesk(
            Verifier(self._command_keys, self._topics.source, BUILT),
            Ledger(memories),
            acts,
            refusals=parts.refusals,
            answer=lambda received, answer: parts.publisher.answer(
                received, answer.model_dump(mode="json", exclude_none=True) | {"id": answer.id}
            ),
            clock=now,
        )

    def _judged_by(self, inspector: Inspector, policy: Policy) -> Inspector:
        """The same inspector with another policy, and what the models make of it."""
        rate = policy.false_match_rate
        threshold = self._models.threshold(rate)
        engine = replace(inspector.engine, threshold=threshold)
        return replace(inspector, policy=policy, engine=engine)

    def _devices(self, lane: Loop) -> Devices:
        devices, heard = self.settings.devices, lane.on_device
        return Devices(
            scanner=Supervised("scanner", devices.scanner.driver, self._scanner, heard),
            reader=Supervised("chip-reader", devices.chip_reader.driver, self._reader, heard),
            camera=Supervised("camera", devices.camera.driver, self._camera, heard),
            gate=Supervised("gate", devices.gate.driver, self._gate, heard),
            depth=(
                Supervised("depth", devices.depth.driver, self._depth, heard)
                if devices.depth is not None and self._depth is not None
                else None
            ),
        )

    def _publisher(self, journal: Journal, recorder: Recorder, refusals: Refusals) -> Publisher:
        """Its listeners are called from its threads; what they do belongs to the loop."""
        soon = partial(_soon, asyncio.get_running_loop())
        listeners = Listeners(
            acknowledged=lambda sequence: soon(recorder.acknowledge, sequence),
            refused=lambda detail: soon(refusals.note, detail),
            connected=lambda _: soon(self._refresh_due.set),
            command=self._hear_command,
        )
        return Publisher(
            self._journal_path,
            self._topics,
            self.settings.broker,
            listeners,
            journal_id=journal.journal_id,
        )

    def _hear_command(self, received: Received) -> None:
        if self._desk is not None:
            self._desk.receive(received)

    async def _serve(self, parts: Parts, desk: CommandDesk, listener: Any) -> None:
        """Run every task until `stop`, and end them before anything they use is closed."""
        notifier = Notifier()
        work = [
            parts.lane.run(),
            parts.recorder.run(),
            self._show(parts),
            desk.run(),
            parts.recorder.tidy(
                now, timedelta(hours=self.settings.journal.keep_h), is_plausible=_is_plausible
            ),
            parts.storage.run(),
            self._certificate_watch(parts).run(),
            self._announcer(parts).run(),
            self._announce_ready(parts.lane, notifier),
            notifier.keep_alive(),
        ]
        if listener is not None and self._app is not None:
            work.append(server.serve(self._app, self._board, listener))
        if self.training is not None:
            work.append(self._rehearse(self.training))
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(coroutine) for coroutine in work]
            await self._stop.wait()
            notifier.stopping()
            for task in running:
                task.cancel()

    async def _announce_ready(self, lane: Loop, notifier: Notifier) -> None:
        await lane.until(lambda state: isinstance(state, Ready | Maintenance))
        self._ready.set()
        notifier.ready()
        screen = self.settings.screen
        url = f"http://{screen.host}:{screen.port}" if screen is not None else ""
        log.info("ready", site=self.settings.site, device=self.settings.device, url=url)

    async def _rehearse(self, training: Training) -> None:
        await self._ready.wait()
        await training.repeat()

    async def _show(self, parts: Parts) -> None:
        """Show the pages what is new, and at times what changes by itself."""
        while True:
            self._refresh_due.clear()
            self._preview.reconsider()
            outbox = OutboxView(
                depth=parts.recorder.depth,
                oldest_age_s=parts.recorder.oldest_age_s(now()),
                connected=parts.publisher.connected,
            )
            scene = compose(self._place, parts.lane, parts.attendant, self.passages, outbox)
            self._board.show(scene)
            if self.training is not None:
                self.training.show(scene.traveller.hint)
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_EVERY_S):
                    await self._refresh_due.wait()

    def _certificate_watch(self, parts: Parts) -> CertificateWatch:
        return CertificateWatch(
            self.settings.broker.tls,
            lambda: parts.attendant.inspector.store,
            parts.chronicle.certificate_expiring,
            now,
            _is_plausible,
        )

    def _announcer(self, parts: Parts) -> Announcer:
        return Announcer(
            parts.publisher,
            state=lambda: state_word(parts.lane, parts.storage),
            info=lambda: self._info(parts),
            health=self._health_of(parts),
        )

    def _health_of(self, parts: Parts) -> Callable[[], dict[str, Any]]:
        source, journal = self._topics.source, parts.journal.journal_id
        head = ChainHead(source, journal, parts.recorder, parts.key.sign, now)
        return HealthReport(
            parts.lane, parts.recorder, parts.publisher, parts.storage, parts.attendant, head, now
        ).compose

    def _info(self, parts: Parts) -> dict[str, Any]:
        """The birth message: who this is and where its journal begins."""
        inspector = parts.attendant.inspector
        return {
            "source": self._topics.source,
            "version": version("egate"),
            "topology": self.settings.topology.value,
            "simulated": self._simulated,
            "peripherals": {
                device.status.role: device.status.driver for device in parts.lane.devices.every()
            },
            "commands": [name.value for name in CommandName] if self._command_keys else [],
            "models": self._models.identities(),
            "policy": {"version": inspector.policy.version, "digest": inspector.policy.digest},
            "trust": {"digest": digest_of(inspector.store)},
            "journalid": parts.journal.journal_id,
            "first_sequence": parts.recorder.first_sequence,
            "keys": parts.public_keys,
            "schema": "events.schema.json",
        }

    @property
    def _journal_path(self) -> Path:
        return self.settings.state_dir / "journal.db"

    @property
    def _simulated(self) -> bool:
        return self.settings.operation is Operation.TRAINING


def now() -> datetime:
    """The clock of the daemon."""
    return datetime.now(UTC)  # noqa: TID251  # here it is injected from


def _is_plausible(moment: datetime) -> bool:
    return eligibility.clock(moment.date(), BUILT).result is Result.SUCCESSFUL


def _tell_storage(chronicle: Chronicle, lane: Loop, verdict: Verdict) -> None:
    chronicle.storage(verdict.detail, is_fine=verdict.level is Level.FINE)
    lane.reconsider()


def _driver(role: str, device: Device) -> Callable[[], Any]:
    """How to build a device; its options are judged now, the hardware is touched later."""
    found = registry.load(device.driver)
    options = configuration.validate(found.Settings, device.options, f"devices.{role}")
    return partial(found, options)


def _soon(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *args: Any) -> None:
    """Call in the loop from another thread; a loop that has ended needs no news."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *args)


def _log_passage(passage: Passage) -> None:
    log.info(
        "passage",
        transaction=passage.transaction,
        decision="open" if passage.opened else "refer",
        reasons=[reason.value for reason in passage.reasons],
        duration_ms=passage.timings_ms.get("decision", 0.0),
    )
