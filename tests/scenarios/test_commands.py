"""Orders of the central system on the real daemon, over a real broker, in both topologies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.virtual.stage import Stage, stage
from edge.contract import messages
from edge.daemon import Daemon
from edge.gate import events
from edge.gate.states import Alarmed, Inspecting, Maintenance, Ready, Referred, State, Topology
from edge.lane.passages import Passage
from edge.ports import LaneSignal
from edge.settings.devices import DeviceSettings
from edge.settings.tree import Settings
from tests.support.commanding import KEY, OFFICER, Commander, said, tell
from tests.support.gatectl import gatectl
from tests.support.quick_lane import lane_settings
from tests.support.some import replaced
from tools.central.central_key import CentralKey, Use
from tools.simulation import lane
from tools.simulation.script import load

LINGERS_S = 600.0


@pytest.fixture(params=list(Topology))
def patient(request: pytest.FixtureRequest, specimens: Path) -> Settings:
    """A lane whose travellers wait for the officer."""
    return patient_lane(specimens, request.param)


@pytest.fixture
def patient_barrier(specimens: Path) -> Settings:
    return patient_lane(specimens, Topology.BARRIER)


def patient_lane(specimens: Path, topology: Topology) -> Settings:
    found = lane_settings(specimens, topology)
    gate = found.devices.gate
    options = {"driver": gate.driver, **gate.options, "lingers_s": LINGERS_S}
    devices = found.devices.model_copy(update={"gate": DeviceSettings.model_validate(options)})
    return found.model_copy(update={"devices": devices})


class Visit:
    """One daemon, its stage, its commander, and the passages as they close."""

    def __init__(self, daemon: Daemon, commander: Commander, folder: Path) -> None:
        self.daemon = daemon
        self.lane = daemon.lane
        self.order = commander.order
        self.ended = commander.ended
        self.commander = commander
        self.stage: Stage = stage(f"lane-{folder.name}")
        self._passages: asyncio.Queue[Passage] = asyncio.Queue()
        daemon.passages.added.listen(self._passages.put_nowait)

    def come(self, name: str) -> None:
        self.stage.come(load(lane.specimens_of(self.daemon.settings) / name))

    def leave(self) -> None:
        """Walk back, seen by the sensors."""
        self.stage.go()
        self.stage.inject(LaneSignal.CLEARED)

    async def until(self, reached: Callable[[State], bool]) -> State:
        async with asyncio.timeout(lane.PASSAGE_S):
            return await self.lane.until(reached)

    async def referred(self, name: str) -> str:
        """Let somebody come and be referred; the transaction."""
        self.come(name)
        state = await self.until(lambda s: isinstance(s, Referred))
        assert isinstance(state, Referred)
        return state.transaction

    async def passage(self) -> Passage:
        async with asyncio.timeout(lane.PASSAGE_S):
            return await self._passages.get()

    async def events(self, transaction: str) -> list[str]:
        """The types of a transaction's events as they reached the central system."""
        central = lane.surroundings_of(self.daemon).central
        assert central is not None
        assert await asyncio.to_thread(
            central.wait_for,
            lambda c: "transaction.closed" in c.events_of(transaction),
            lane.DELIVERY_S,
        )
        return central.events_of(transaction)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The data of the events of one type."""
        central = lane.surroundings_of(self.daemon).central
        assert central is not None
        return [
            each.content["data"]
            for each in central.received
            if each.content["type"] == f"int.egate.{kind}"
        ]

    async def causes(self, transaction: str) -> list[tuple[str, str]]:
        """The events of a transaction that name a cause, with the types of their causes."""
        await self.events(transaction)
        central = lane.surroundings_of(self.daemon).central
        assert central is not None
        told = [each.content for each in central.received]
        types = {event["id"]: event["type"].removeprefix("int.egate.") for event in told}
        return [
            (types[event["id"]], str(types.get(event["causationid"], event["causationid"])))
            for event in told
            if event.get("correlationid") == transaction and "causationid" in event
        ]

    async def until_told(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        central = lane.surroundings_of(self.daemon).central
        assert central is not None
        await asyncio.to_thread(
            central.wait_for, lambda _: len(self.told(kind)) >= count, lane.DELIVERY_S
        )
        return self.told(kind)


def test_an_officer_lets_a_referred_traveller_pass(patient: Settings, tmp_path: Path) -> None:
    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        transaction = await visit.referred("impostor")
        answers = await visit.order("release", transaction=transaction, officer=OFFICER)
        assert [said(answer) for answer in answers] == ["accepted: accepted", "done: done"]
        passage = await visit.passage()
        assert (passage.opened, passage.released, passage.passed) == (False, True, True)
        happened = await visit.events(transaction)
        at = happened.index("officer.override")
        assert at < happened.index("gate.authorised") < happened.index("gate.passed")
        assert visit.told("officer.override")[0]["reasons"] == ["R-FACE-NOMATCH"]
        assert visit.told("transaction.closed")[-1]["outcome"] == "released"
        await visit.until(lambda s: isinstance(s, Ready))

    tell(patient, tmp_path, story)


def test_what_the_exit_does_names_what_freed_it(patient: Settings, tmp_path: Path) -> None:
    """A decision, or an officer's word, which names the command; the entry has no such cause."""

    def by(cause: str) -> list[tuple[str, str]]:
        return [(f"gate.{name}", cause) for name in ("authorised", "opened", "passed", "closed")]

    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        visit.come("genuine")
        passage = await visit.passage()
        assert passage.passed
        assert await visit.causes(passage.transaction) == by("decision.made")
        await visit.until(lambda s: isinstance(s, Ready))

        transaction = await visit.referred("impostor")
        answers = await visit.order("release", transaction=transaction, officer=OFFICER)
        assert [said(answer) for answer in answers] == ["accepted: accepted", "done: done"]
        assert (await visit.passage()).released
        assert await visit.causes(transaction) == [
            ("officer.override", answers[0]["id"]),
            *by("officer.override"),
        ]

    tell(patient, tmp_path, story)


def test_a_release_is_refused_unless_exactly_this_traveller_stands_there_alone(
    patient: Settings, tmp_path: Path
) -> None:
    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        nobody = {"transaction": "0" * 32, "officer": OFFICER}
        assert await visit.ended("release", **nobody) == "rejected: not-referred"
        transaction = await visit.referred("tailgater")
        assert await visit.ended("release", **nobody) == "rejected: not-referred"
        ours = {"transaction": transaction, "officer": OFFICER}
        assert await visit.ended("release", **ours) == "rejected: not-alone"
        assert isinstance(daemon.lane.state, Referred)
        visit.leave()
        assert not (await visit.passage()).passed
        assert await visit.ended("release", **ours) == "rejected: not-referred"
        assert visit.told("officer.override") == []
        assert visit.told("gate.authorised") == []

    tell(patient, tmp_path, story)


def test_a_release_counts_once(patient_barrier: Settings, tmp_path: Path) -> None:
    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        transaction = await visit.referred("impostor")
        ours = {"transaction": transaction, "officer": OFFICER}
        first, second = await asyncio.gather(
            visit.ended("release", **ours), visit.ended("release", **ours)
        )
        assert {first, second} - {"rejected: not-referred", "failed: not-referred"} == {
            "done: done"
        }
        assert first != second
        assert (await visit.passage()).passed

    tell(patient_barrier, tmp_path, story)


def test_out_of_service_waits_for_the_traveller_and_outlives_a_restart(
    patient_barrier: Settings, tmp_path: Path
) -> None:
    used: list[tuple[str, str]] = []

    async def first(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        visit.come("genuine")
        await visit.until(lambda s: isinstance(s, Inspecting))
        used.append(commander.sign("out-of-service"))
        commander.publish("out-of-service", used[0][1])
        assert said((await commander.answers_to(used[0][0]))[-1]) == "done: deferred"
        passage = await visit.passage()
        assert passage.passed
        await visit.until(lambda s: isinstance(s, Maintenance))
        await until_retained(visit, "maintenance")

    async def second(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        assert isinstance(daemon.lane.state, Maintenance)
        visit.come("genuine")
        assert await visit.ended("out-of-service") == "done: done"
        visit.leave()
        assert await visit.ended("in-service") == "done: done"
        await visit.until(lambda s: isinstance(s, Ready))
        await until_retained(visit, "online")
        visit.come("genuine")
        assert (await visit.passage()).passed

    async def third(daemon: Daemon, commander: Commander) -> None:
        assert isinstance(daemon.lane.state, Ready)
        number, token = used[0]
        commander.publish("out-of-service", token)
        assert said((await commander.answers_to(number))[-1]) == "rejected: replayed"
        assert isinstance(daemon.lane.state, Ready)

    for story in (first, second, third):
        tell(patient_barrier, tmp_path, story)


async def until_retained(visit: Visit, word: str) -> None:
    """Wait until the retained state says a word."""
    central = lane.surroundings_of(visit.daemon).central
    assert central is not None
    topic = f"{visit.commander.root}/state"
    expected = messages.State.model_validate({"state": word}).to_bytes()
    assert await asyncio.to_thread(
        central.wait_for, lambda c: c.retained.get(topic) == expected, lane.DELIVERY_S
    )


def test_rules_are_reloaded_for_the_next_traveller(quick_lane: Settings, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    text = quick_lane.policy.read_text(encoding="utf-8")
    policy.write_text(text, encoding="utf-8")
    settings = quick_lane.model_copy(update={"policy": policy})

    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        visit.come("genuine")
        await visit.until(lambda s: isinstance(s, Inspecting))
        policy.write_text(replaced(text, "minimum_age = 18", "minimum_age = 99"), encoding="utf-8")
        assert await visit.ended("reload", what="policy") == "done: done"
        assert (await visit.passage()).opened  # as it was begun
        await visit.until(lambda s: isinstance(s, Ready))
        visit.come("genuine")
        assert [reason.value for reason in (await visit.passage()).reasons] == ["R-ELIG-AGE"]
        first, second = (await visit.until_told("decision.made", 2))[:2]
        changed = visit.told("audit.config_changed")[0]
        assert (changed["what"], changed["before"]) == ("policy", first["policy_digest"])
        assert changed["after"] == second["policy_digest"] != first["policy_digest"]

        policy.write_text("version = 1\n", encoding="utf-8")
        (answer,) = (await visit.order("reload", what="policy"))[1:]
        assert said(answer) == "failed: invalid"
        await visit.until(lambda s: isinstance(s, Ready))
        visit.come("genuine")
        await visit.passage()
        third = (await visit.until_told("decision.made", 3))[2]
        assert third["policy_digest"] == second["policy_digest"]

        assert await visit.ended("reload", what="trust") == "done: done"
        assert await visit.ended("reload", what="lists") == "failed: not-configured"

    assert "minimum_age = 18" in text
    tell(settings, tmp_path, story)


def test_an_officer_resets_an_alarm_and_second_line_reports(
    patient: Settings, tmp_path: Path
) -> None:
    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        assert await visit.ended("reset", officer=OFFICER) == "rejected: nothing-to-reset"
        visit.stage.inject(LaneSignal.INTRUSION)
        await visit.until(lambda s: isinstance(s, Alarmed) and s.shut)
        assert await visit.ended("reboot") == "rejected: busy"
        assert await visit.ended("reset", officer=OFFICER) == "done: done"
        await visit.until(lambda s: isinstance(s, Ready))
        transaction = await visit.referred("impostor")
        occupied = daemon.settings.topology is Topology.MANTRAP
        ended = await visit.ended("reset", officer=OFFICER)
        assert ended == ("rejected: lane-occupied" if occupied else "done: done")
        visit.leave()
        await visit.passage()
        decided = {"transaction": transaction, "officer": OFFICER, "outcome": "refused"}
        assert await visit.ended("outcome", **decided) == "done: done"
        (told,) = await visit.until_told("officer.outcome")
        assert (told["outcome"], told["officer"]) == ("refused", OFFICER)

    tell(patient, tmp_path, story)


def test_an_emergency_is_reset_from_afar_only_once_it_is_over(
    quick_mantrap: Settings, tmp_path: Path
) -> None:
    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        daemon.lane.post(events.EmergencyRaised())
        assert await visit.ended("reset", officer=OFFICER) == "rejected: nothing-to-reset"
        assert await visit.ended("out-of-service") == "done: deferred"
        daemon.lane.post(events.EmergencyCleared())
        assert await visit.ended("reset", officer=OFFICER) == "done: done"
        await visit.until(lambda s: isinstance(s, Maintenance))

    tell(quick_mantrap, tmp_path, story)


def test_a_gate_tells_how_it_is_and_reboots_only_in_training_words(
    quick_lane: Settings, tmp_path: Path
) -> None:
    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        found = (await visit.order("diagnostics"))[-1]["data"]
        assert found["state"] == "Ready"
        devices = found["health"]["devices"]
        assert devices.keys() == {"scanner", "chip-reader", "camera", "gate"}
        assert {device["status"] for device in devices.values()} == {"ready"}
        assert found["health"]["disk"]["free_bytes"] > 0
        assert found["policy"]["digest"] == daemon.policy.digest
        assert await visit.ended("reboot") == "done: done"
        await visit.until(lambda s: isinstance(s, Ready))
        taken = await visit.until_told("audit.command", 4)
        assert [(t["name"], t["status"]) for t in taken[:4]] == [
            ("diagnostics", "accepted"),
            ("diagnostics", "done"),
            ("reboot", "accepted"),
            ("reboot", "done"),
        ]

    tell(quick_lane, tmp_path, story)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_answers_go_where_answers_may_go(
    quick_lane: Settings, tmp_path: Path, protocol: str
) -> None:
    broker = quick_lane.broker.model_copy(update={"protocol": protocol})
    settings = quick_lane.model_copy(update={"broker": broker})

    async def story(daemon: Daemon, commander: Commander) -> None:
        root = commander.root
        own = f"{root}/cmd/diagnostics/response"
        seen: list[str] = []
        with Commander(root, daemon.settings.broker.port, protocol) as everybody:
            everybody.client.on_message = lambda _c, _d, message: seen.append(message.topic)
            everybody.listen("#")
            for wanted in (
                f"{own}/officer-7",
                f"{root}/sync/ack",
                f"{root}/cmd/release",
                f"{root}/state",
                f"{own}/#",
                "egate/v1/training/other/cmd/release/response",
                "elsewhere",
            ):
                number, token = commander.sign("diagnostics")
                commander.publish("diagnostics", token, response_topic=wanted, correlation=b"mine")
                assert said((await commander.answers_to(number))[-1]) == "done: done"
        answered = {topic for topic in seen if topic.startswith(own)}
        v5 = protocol == "5"
        assert answered == ({own, f"{own}/officer-7"} if v5 else {own})
        assert set(commander.correlations) == ({b"mine"} if v5 else {b""})
        assert "elsewhere" not in seen
        assert not any(topic.startswith("egate/v1/training/other") for topic in seen)

    tell(settings, tmp_path, story)


def test_forged_orders_over_the_broker(patient_barrier: Settings, tmp_path: Path) -> None:
    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        transaction = await visit.referred("impostor")
        before = daemon.lane.state
        ours = {"transaction": transaction, "officer": OFFICER}
        stranger = CentralKey.make(Use.SIGN, "Ed25519")
        commander.publish("release", commander.sign("release", key=stranger, **ours)[1])
        (answer,) = await commander.answers_to(None)
        assert said(answer) == "rejected: unauthenticated"
        number, token = commander.sign("out-of-service")
        commander.publish("release", token)
        assert said((await commander.answers_to(number))[-1]) == "rejected: wrong-name"
        commander.publish("release", b"[" * 3000)
        commander.publish("release", b"x" * 20_000)
        await visit.until_told("security.auth_failed", 4)
        assert daemon.lane.state == before

    tell(patient_barrier, tmp_path, story)


def test_gatectl_gives_the_orders(patient_barrier: Settings, tmp_path: Path) -> None:
    key = tmp_path / "central.sig.jwk"
    KEY.write(key)

    async def story(daemon: Daemon, commander: Commander) -> None:
        visit = Visit(daemon, commander, tmp_path)
        common = ["--gate", commander.root, "--key", str(key)]
        common += ["--broker", f"127.0.0.1:{daemon.settings.broker.port}"]
        told = await asyncio.to_thread(gatectl, "command", "diagnostics", *common)
        assert told.status == 0
        accepted, done, data = told.output.split("\n", 2)
        assert (accepted, done) == ("accepted", "done")
        assert json.loads(data)["state"] == "Ready"
        nobody = ["--transaction", "0" * 32, "--officer", OFFICER]
        told = await asyncio.to_thread(gatectl, "command", "release", *common, *nobody)
        assert (told.status, told.output) == (2, "rejected  not-referred\n")
        transaction = await visit.referred("impostor")
        ours = ["--transaction", transaction, "--officer", OFFICER]
        told = await asyncio.to_thread(gatectl, "command", "release", *common, *ours)
        assert (told.status, told.output) == (0, "accepted\ndone  Released\n")
        assert (await visit.passage()).passed

    tell(patient_barrier, tmp_path, story)
