"""A command desk with a real journal, a real lane and scripted devices; no broker, no waiting."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edge.checks import Reason, Result
from edge.contract.answers import Answer
from edge.contract.commands import CommandName, Order
from edge.contract.messages import Health
from edge.contract.signature import VerificationKey
from edge.contract.verified_command import Verifier
from edge.gate.states import Ready, Referred, State, Topology
from edge.host.reboot import Rebooter, pretend
from edge.journal.journal import Journal
from edge.journal.outbox import Topics
from edge.journal.writer import JournalWriter
from edge.lane.event_log import EventLog
from edge.lane.lane import Lane
from edge.lane.loop import Loop
from edge.lane.passages import Passages
from edge.lane.place import Place
from edge.lane.transaction import TransactionRunner
from edge.management.actions import MAINTENANCE, Actions
from edge.management.command_desk import CommandDesk
from edge.management.command_inbox import CommandInbox
from edge.management.refusals import Refusals
from edge.management.replay_guard import Ledger
from edge.management.upkeep import Upkeep
from edge.mqtt.commands import ReceivedCommand as Received
from edge.mqtt.publisher import Listeners, Publisher
from edge.ports import LaneSignal
from edge.settings import tree as settings
from tests.support.announcements import health_of
from tests.support.bench import QueueGate, QueueScanner, settled, tell, until
from tests.support.clocks import is_plausible, lane_clock
from tests.support.scripted_lane import Condition, devices, inspector
from tests.support.signing import SIGN
from tools.central.central_key import CentralKey, Use

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEY = CentralKey.make(Use.SIGN, "Ed25519")
P256 = CentralKey.make(Use.SIGN, "P-256")
TOPICS = Topics("site", "lane")
OURS, OTHERS = "0" * 31 + "1", "0" * 31 + "2"
OFFICER = "K-4711"
RELEASE = {"transaction": OURS, "officer": OFFICER}


def _nothing() -> None:
    """Nothing happens meanwhile."""


class Office:
    """One gate, its desk, and everything it answered; `now` is its clock."""

    def __init__(self, folder: Path, topology: Topology) -> None:
        self.now = NOON
        self.health: Callable[[], Health] = health_of
        self.rebooter: Rebooter = pretend
        self.while_writing: Callable[[], None] = _nothing
        """What happens while an event is on its way to the disk."""
        self.folder = folder
        self.answers: list[tuple[Received, Answer]] = []
        self.gate = QueueGate()
        self.scanner = QueueScanner()
        self.journal = Journal(
            folder / "journal.db",
            source=TOPICS.source,
            simulated=True,
            clock=lambda: self.now,
            random=self._random,
            sign=SIGN,
        )
        facts = self.journal.durable_facts()
        self.journal_writer = JournalWriter(self.journal, is_plausible)
        self.clock = lane_clock(lambda: self.now)
        self.event_log = EventLog(
            self.journal_writer, self.clock, {}, lambda: str(uuid.uuid4()), None
        )
        self.refusals = Refusals(self.event_log.refused)
        self.lane = Lane(
            topology,
            devices(self.scanner, self.gate),
            (Condition(),),
            maintenance=MAINTENANCE in facts,
        )
        self.degraded = False
        """Whether every traveller is to be referred."""
        self.runner = TransactionRunner(
            self.lane,
            inspector(self.lane, self.event_log, lambda: self.now, lambda: OURS),
            self.event_log,
            Passages(),
            refers=lambda: self.degraded,
        )
        self.loop = Loop(self.lane, self.runner)
        self.inbox = CommandInbox()
        self.desk = self._desk(facts)
        self.publisher = Publisher(
            folder / "journal.db",
            TOPICS,
            settings.load(ROOT / "config/gate.virtual.toml").broker,
            Listeners(
                acknowledged=self.journal_writer.acknowledge,
                refused=self._refused,
                connected=lambda _: None,
                damaged=lambda _: None,
                command=self.inbox.receive,
            ),
            journal_id=self.journal.journal_id,
        )

    def _health(self) -> Health:
        return self.health()

    def _random(self, count: int) -> bytes:
        self.while_writing()
        return os.urandom(count)

    async def _reboot(self) -> bool:
        return await self.rebooter()

    def _refused(self, detail: str) -> None:
        self.refusals.note(detail)

    def _desk(self, facts: dict[str, str]) -> CommandDesk:
        loaded = settings.load(ROOT / "config/gate.virtual.toml")
        upkeep = Upkeep(
            loaded.model_copy(update={"state_dir": self.folder}),
            Place("site", "lane", "1.0", self.lane.topology, simulated=True, started_at=NOON),
            self.lane,
            self.runner,
            health=self._health,
            judged_by=lambda inspector, policy: replace(inspector, policy=policy),
            clock=lambda: self.now,
        )
        actions = Actions(
            self.lane,
            self.runner,
            self.event_log,
            upkeep,
            reboot=self._reboot,
            on_reloaded=lambda: None,
        )
        keys = [VerificationKey.of_named_jwk(key.public) for key in (KEY, P256)]
        return CommandDesk(
            Verifier(keys, TOPICS.source, self.clock.is_plausible, self.clock.learn),
            Ledger(facts),
            actions,
            inbox=self.inbox,
            refusals=self.refusals,
            answer=lambda received, answer: self.answers.append((received, answer)),
            clock=lambda: self.now,
        )

    def refer(self, *, inside: bool | None = None) -> Referred:
        """Begin with a referred traveller, alone, where one who is released must stand."""
        mantrap = self.lane.topology is Topology.MANTRAP
        stands_inside = mantrap if inside is None else inside
        state = Referred(OURS, frozenset({Reason.FACE_NOMATCH}), inside=stands_inside)
        self.stand(state)
        self.lane.sensors.presence = Result.SUCCESSFUL
        return state

    def hear(self, signal: LaneSignal) -> None:
        """Act on a signal as the loop does when the cabinet reports it."""
        self.runner.sensed(signal)
        self.lane.sense(signal)

    def stand(self, state: State) -> None:
        self.lane.state = state

    def claims(self, name: str = "release", **changes: Any) -> dict[str, Any]:
        """What a good command says; changed as an attacker, or a careless sender, would."""
        issued = int(self.now.timestamp())
        found = {
            "id": str(uuid.uuid4()),
            "aud": TOPICS.source,
            "name": name,
            "iat": issued,
            "exp": issued + 60,
            "args": RELEASE if name == "release" else {},
        }
        return {k: v for k, v in (found | changes).items() if v is not None}

    def command(self, order: Order, name: str, key: CentralKey = KEY) -> str:
        return key.command(CommandName(name), order, TOPICS.source, self.now)[1]

    def received(self, name: str, token: str, response_topic: str = "") -> Received:
        return Received(name, token.encode(), retained=False, response_topic=response_topic)

    def said(self) -> list[str]:
        """Every answer so far."""
        return [f"{answer.status}: {answer.code}" for _, answer in self.answers]

    async def until_answered(self, count: int) -> None:
        await until(lambda: len(self.answers) >= count)

    async def send(
        self, token: str | bytes, name: str = "release", *, retained: bool = False
    ) -> list[str]:
        """Let a message arrive and everything come of it that will; the answers it got."""
        before = len(self.answers)
        content = token if isinstance(token, bytes) else token.encode()
        self.inbox.receive(Received(name, content, retained))
        await self.quiet()
        return [f"{a.status}: {a.code}" for _, a in self.answers[before:]]

    async def quiet(self) -> None:
        """Wait until the desk has nothing more to do, and all of it is on the disk."""
        await until(lambda: self.desk.is_idle)
        await self.journal_writer.commit()

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The data of the journal's events of a type."""
        return [event["data"] for event in self.written() if event["type"] == f"int.egate.{kind}"]

    def written(self) -> list[dict[str, Any]]:
        """Every event of the journal."""
        connection = sqlite3.connect(self.folder / "journal.db")
        try:
            rows = connection.execute("SELECT body FROM journal ORDER BY sequence").fetchall()
        finally:
            connection.close()
        return [json.loads(body) for (body,) in rows]

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def at_work(
    folder: Path,
    story: Callable[[Office], Awaitable[None]],
    topology: Topology = Topology.BARRIER,
    *,
    until_ready: bool = True,
) -> None:
    """Tell a story while the desk and its lane run."""

    async def told() -> None:
        office = Office(folder, topology)
        running = [
            asyncio.create_task(work)
            for work in (office.loop.run(), office.desk.run(), office.journal_writer.run())
        ]
        try:
            if until_ready:
                await office.lane.until(lambda state: isinstance(state, Ready))
            await story(office)
            assert not any(task.done() for task in running)
        finally:
            office.gate.may_move.set()
            office.scanner.end()
            office.gate.end()
            for task in running:
                await settled(task)
            office.publisher.stop()
            await office.journal_writer.close()

    tell(told())
