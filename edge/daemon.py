"""egated: the composition root.  Settings in, drivers loaded, loop run, everything put back."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from starlette.applications import Starlette

from drivers import registry
from edge import settings as configuration
from edge.announcer import Announcer
from edge.attendant import Attendant
from edge.chronicle import Chronicle
from edge.device_thread import DeviceThread
from edge.face import FacePipeline
from edge.face.pad import Means
from edge.face_session import FaceEngine
from edge.gate.states import Ready
from edge.imaging import Decoder
from edge.inspection import Inspector
from edge.journal import Journal
from edge.loop import Devices, Loop
from edge.models import ModelStore
from edge.notify import Notifier
from edge.outbox import Topics
from edge.passages import Passage, Passages
from edge.publisher import Listeners, Publisher
from edge.recorder import Recorder
from edge.scene import Place, compose
from edge.screen import server
from edge.screen.app import create_app
from edge.screen.board import Board
from edge.screen.guard import names_of
from edge.screen.views import OutboxView
from edge.settings import Device, Operation, Settings
from edge.supervisor import Supervised
from edge.training import Training
from edge.trust_anchors import trust_store

REFRESH_EVERY_S = 2.0
FORGET_AFTER = timedelta(hours=72)

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
        self._models = ModelStore(settings.models.manifest, settings.models.weights)
        self._threshold = self._models.threshold(
            settings.models.embedder, self.policy.false_match_rate
        )
        self._store = trust_store(settings.trust.anchors, now())
        devices = settings.devices
        self._scanner = _driver("scanner", devices.scanner)
        self._reader = _driver("chip-reader", devices.chip_reader)
        self._camera = _driver("camera", devices.camera)
        self._gate = _driver("gate", devices.gate)
        self._depth = None if devices.depth is None else _driver("depth", devices.depth)
        self._board = Board()
        self._app: Starlette | None = None
        if settings.screen is not None:
            self._app = create_app(
                self._board,
                simulator=self.training,
                language=settings.screen.language,
                hosts=names_of(settings.screen.host, socket.gethostname()),
            )
        self._stop = asyncio.Event()
        self._ready = asyncio.Event()
        self._refresh_due = asyncio.Event()
        self._lane: Loop | None = None

    def stop(self) -> None:
        """End `run` in good order."""
        self._stop.set()

    @property
    def lane(self) -> Loop:
        """The loop of the lane, once `run` has assembled it."""
        if self._lane is None:
            raise RuntimeError("the daemon does not run")
        return self._lane

    async def until_ready(self) -> None:
        """Wait until the lane waits for a traveller."""
        await self._ready.wait()
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
            journal = self._open_journal()
            recorder = Recorder(journal)
            stack.push_async_callback(recorder.close)
            if self.training is not None:
                stack.enter_context(self.training)
            parts = self._assemble(journal, recorder, engine)
            parts.chronicle.started(version("egate"))
            parts.publisher.start()
            stack.push_async_callback(asyncio.to_thread, parts.publisher.stop)
            await self._serve(parts, listener)
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
        models = self.settings.models
        decoder = stack.enter_context(Decoder())
        pipeline = FacePipeline(
            self._models.network(models.detector), self._models.network(models.embedder)
        )
        pipeline.warm_up()
        thread = DeviceThread("face")
        stack.callback(thread.close)
        return FaceEngine(thread, pipeline, decoder, self._threshold, self._means())

    def _means(self) -> Means | None:
        """What presentation attacks are detected with, as far as it is there."""
        pad, texture = self._models.manifest.pad, self.settings.models.texture
        if pad is None:
            return None
        network = None
        if self._models.path(texture).exists():
            network = self._models.network(texture)
            network(np.zeros((1, 3, 128, 128), np.float32))
        else:
            log.warning("models", detail=f"{texture} is not installed: one cue less")
        face = self.settings.face
        return Means(pad.weights(), network, os.urandom, face.asking, face.answer_s)

    def _open_journal(self) -> Journal:
        journal = Journal(
            self._journal_path,
            source=self._topics.source,
            simulated=self._simulated,
            clock=now,
            random=os.urandom,
        )
        forgotten = journal.forget_before(now() - FORGET_AFTER)
        log.info(
            "journal",
            sequence=journal.last_sequence,
            depth=journal.depth(),
            detail=f"{forgotten} forgotten",
        )
        return journal

    def _assemble(self, journal: Journal, recorder: Recorder, engine: FaceEngine) -> Parts:
        chronicle = Chronicle(recorder, now, self._identities())
        publisher = self._publisher(recorder, chronicle)
        recorder.on_written = publisher.notify
        lane = Loop(self.settings.topology, lambda: recorder.healthy)
        recorder.on_health = lane.reconsider
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
        )
        attendant = Attendant(lane, inspector, self.policy, chronicle, self.passages)
        attendant.on_change = self._refresh_due.set
        lane.staff(devices, attendant)
        self.passages.listen(_log_passage)
        return Parts(lane, attendant, recorder, publisher, chronicle, journal)

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

    def _publisher(self, recorder: Recorder, chronicle: Chronicle) -> Publisher:
        """Its listeners are called from its threads; what they do belongs to the loop."""
        broker = self.settings.broker
        soon = partial(_soon, asyncio.get_running_loop())
        listeners = Listeners(
            acknowledged=lambda sequence: soon(recorder.acknowledge, sequence),
            refused=lambda detail: soon(chronicle.refused, detail),
            connected=lambda _: soon(self._refresh_due.set),
        )
        return Publisher(
            self._journal_path,
            self._topics,
            (broker.host, broker.port),
            broker.protocol,
            listeners,
        )

    async def _serve(self, parts: Parts, listener: Any) -> None:
        """Run every task until `stop`, and end them before anything they use is closed."""
        notifier = Notifier()
        work = [
            parts.lane.run(),
            parts.recorder.run(),
            self._show(parts),
            Announcer(parts.lane, parts.recorder, parts.publisher, now).run(
                self._info(parts.journal)
            ),
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
        await lane.until(lambda state: isinstance(state, Ready))
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
        place = Place(
            site=self.settings.site,
            device=self.settings.device,
            version=version("egate"),
            topology=self.settings.topology,
            simulated=self._simulated,
            started_at=now(),
        )
        while True:
            self._refresh_due.clear()
            outbox = OutboxView(
                depth=parts.recorder.depth,
                oldest_age_s=parts.recorder.oldest_age_s(now()),
                connected=parts.publisher.connected,
            )
            scene = compose(place, parts.lane, parts.attendant, self.passages, outbox)
            self._board.show(scene)
            if self.training is not None:
                self.training.show(scene.traveller.hint)
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_EVERY_S):
                    await self._refresh_due.wait()

    def _info(self, journal: Journal) -> dict[str, Any]:
        """The birth message: who this is and where its journal begins."""
        return {
            "version": version("egate"),
            "topology": self.settings.topology.value,
            "simulated": self._simulated,
            "models": self._identities(),
            "policy": {"version": self.policy.version, "digest": self.policy.digest},
            "first_sequence": journal.first_sequence,
            "schema": "events.schema.json",
        }

    def _identities(self) -> dict[str, str]:
        models = self.settings.models
        return self._models.identities(models.detector, models.embedder)

    @property
    def _journal_path(self) -> Path:
        return self.settings.state_dir / "journal.db"

    @property
    def _simulated(self) -> bool:
        return self.settings.operation is Operation.TRAINING


def now() -> datetime:
    """The clock of the daemon."""
    return datetime.now(UTC)  # noqa: TID251  # here it is injected from


def _driver(role: str, device: Device) -> Callable[[], Any]:
    """How to build a device; its options are judged now, the hardware is touched later."""
    found = registry.load(device.driver)
    options = configuration.validate(found.Settings, device.options, f"devices.{role}")
    return partial(found, options)


def _soon(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *args: Any) -> None:
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
