"""Travellers' stories on the real daemon: every one but the genuine ends with an officer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from drivers.virtual.performance import Act
from drivers.virtual.stage import Stage, stage
from drivers.virtual.traveller import Traveller
from edge.errors import DeviceError
from edge.face.pad import Asking
from edge.gate import events
from edge.gate.states import Evacuating, Inspecting, Referred, Sign
from edge.ports import LaneSignal
from edge.settings.devices import DeviceSettings
from edge.settings.tree import Settings
from tools.contract.schemas import events_schema
from tools.simulation import lane
from tools.simulation.lane import Running
from tools.simulation.script import load
from tools.specimen.issue import SCENARIOS, Scenario

PASSAGE = [
    "transaction.started",
    "document.presented",
    "document.read",
    "chip.read",
    "chip.verified",
    "face.captured",
    "face.compared",
    "decision.made",
    "gate.authorised",
    "gate.opened",
    "gate.passed",
    "gate.closed",
    "transaction.closed",
]
T = TypeVar("T")
SCHEMA = Draft202012Validator(events_schema())
STUCK_S = 300.0
Story = Callable[[Running, Stage], Awaitable[None]]


async def within(awaitable: Awaitable[T]) -> T:
    """Wait for what must come; a story that is stuck ends as a failure."""
    async with asyncio.timeout(lane.PASSAGE_S):
        return await awaitable


def tell(settings: Settings, folder: Path, story: Story) -> None:
    """Run a daemon, let the story happen, stop the daemon."""

    async def told() -> None:
        async with lane.running(settings, folder) as running, asyncio.timeout(STUCK_S):
            await story(running, stage(f"lane-{folder.name}"))

    asyncio.run(told())


async def met(running: Running, where: Stage, traveller: Traveller) -> list[str]:
    """The reasons why a traveller who is no specimen of a folder was referred; none: opened."""
    passage = await running.witness(lambda: where.come(traveller))
    assert passage.opened is not bool(passage.reasons)
    return [reason.value for reason in passage.reasons]


TRAVELLERS = [scenario for scenario in SCENARIOS if scenario.act is Act.LIVE]
PRESENTATIONS = [scenario for scenario in SCENARIOS if scenario.act is not Act.LIVE]


@pytest.mark.parametrize(
    ("topology", "scenarios"),
    [
        ("quick_lane", TRAVELLERS),
        ("quick_lane", PRESENTATIONS),
        ("quick_mantrap", [*TRAVELLERS, PRESENTATIONS[0]]),
    ],
    ids=["barrier", "barrier-presentations", "mantrap"],
)
def test_every_scenario_ends_as_defined_and_only_the_genuine_opens(
    topology: str, scenarios: list[Scenario], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Presentation attacks look the same in both topologies: in the mantrap one will do."""

    async def story(running: Running, _: Stage) -> None:
        for scenario in scenarios:
            result = await running.passage(scenario.name)
            assert result["decision"] == ("refer" if scenario.reasons else "open"), scenario.name
            assert result["reasons"] == [r.value for r in scenario.reasons], scenario.name
            assert (result["decision"] == "open") == (scenario.name == "genuine")
            assert ("gate.authorised" in result["events"]) == (scenario.name == "genuine")
            assert ("gate.passed" in result["events"]) == (scenario.name == "genuine")
        central = running.training.central
        assert central is not None
        for received in central.received:
            SCHEMA.validate(received.content)

    tell(request.getfixturevalue(topology), tmp_path, story)


def test_a_passage_is_told_in_order(quick_lane: Settings, tmp_path: Path) -> None:
    async def story(running: Running, _: Stage) -> None:
        assert (await running.passage("genuine"))["events"] == PASSAGE

    tell(quick_lane, tmp_path, story)


def test_travellers_pass_while_the_broker_is_dead_and_no_event_is_lost(
    quick_lane: Settings, tmp_path: Path
) -> None:
    async def story(running: Running, where: Stage) -> None:
        central = running.training.central
        assert central is not None
        await running.passage("genuine")
        await running.training.broker_away(away=True)
        genuine = load(lane.specimens_of(quick_lane) / "genuine")
        for _ in range(3):
            assert await met(running, where, genuine) == []
        await running.training.broker_away(away=False)
        complete = 4 * PASSAGE.count("transaction.closed")
        arrived = await asyncio.to_thread(
            central.wait_for,
            lambda c: (
                sum("transaction.closed" in r.content["type"] for r in c.received) == complete
            ),
            lane.DELIVERY_S,
        )
        assert arrived
        assert [r.sequence for r in central.received] == list(range(1, len(central.received) + 1))
        assert central.faults == []

    tell(quick_lane, tmp_path, story)


def test_a_page_without_mrz_goes_to_an_officer(quick_lane: Settings, tmp_path: Path) -> None:
    async def story(running: Running, where: Stage) -> None:
        genuine = load(lane.specimens_of(quick_lane) / "genuine")
        blank = replace(genuine, name="blank", mrz=("NOTHING TO SEE",), chip=None)
        assert await met(running, where, blank) == ["R-DOC-UNREADABLE"]

    tell(quick_lane, tmp_path, story)


def test_a_document_without_a_chip_goes_to_an_officer(quick_lane: Settings, tmp_path: Path) -> None:
    async def story(running: Running, where: Stage) -> None:
        genuine = load(lane.specimens_of(quick_lane) / "genuine")
        silent = replace(genuine, name="silent", chip=None)
        assert await met(running, where, silent) == ["R-CHIP-ABSENT"]

    tell(quick_lane, tmp_path, story)


def test_a_chip_behind_another_page_refuses_access(quick_lane: Settings, tmp_path: Path) -> None:
    async def story(running: Running, where: Stage) -> None:
        specimens = lane.specimens_of(quick_lane)
        genuine, minor = load(specimens / "genuine"), load(specimens / "minor")
        swapped = replace(genuine, name="swapped", mrz=minor.mrz)
        assert await met(running, where, swapped) == ["R-CHIP-ACCESS"]

    tell(quick_lane, tmp_path, story)


def impatient(settings: Settings) -> Settings:
    """The same lane, where nobody is waited for."""
    return settings.model_copy(
        update={"face": settings.face.model_copy(update={"patience_s": 0.5})}
    )


def test_a_face_that_is_not_shown_goes_to_an_officer(quick_lane: Settings, tmp_path: Path) -> None:
    async def story(running: Running, where: Stage) -> None:
        genuine = load(lane.specimens_of(quick_lane) / "genuine")
        dark = (np.zeros((480, 640, 3), np.uint8),)
        hidden = Traveller("hidden", genuine.mrz, genuine.chip, dark)
        assert await met(running, where, hidden) == ["R-FACE-NOCAPTURE"]

    tell(impatient(quick_lane), tmp_path, story)


def test_a_still_picture_before_the_camera_is_no_traveller(
    quick_lane: Settings, tmp_path: Path
) -> None:
    """What the virtual camera showed before travellers lived."""

    async def story(running: Running, where: Stage) -> None:
        genuine = load(lane.specimens_of(quick_lane) / "genuine")
        still = replace(genuine, name="still", landmarks=None)
        assert await met(running, where, still) == ["R-FACE-PAD"]

    tell(quick_lane, tmp_path, story)


def test_who_is_asked_to_turn_sees_it_turns_and_passes(
    quick_lane: Settings, tmp_path: Path
) -> None:
    asking = quick_lane.face.model_copy(update={"asking": Asking.ALWAYS, "answer_s": 6.0})
    seen: set[str | None] = set()

    async def story(running: Running, where: Stage) -> None:
        async def watch() -> None:
            while True:
                seen.add(where.asked)
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        result = await running.passage("genuine")
        watching.cancel()
        assert result["decision"] == "open"
        (pad,) = [check for check in result["checks"] if check["id"] == "face.pad"]
        assert pad == {"id": "face.pad", "result": "successful", "detail": "asked"}

    slow = {"driver": "virtual-camera", "frames_per_s": 5, "hurried": True}
    devices = quick_lane.devices.model_copy(update={"camera": DeviceSettings.model_validate(slow)})
    tell(quick_lane.model_copy(update={"face": asking, "devices": devices}), tmp_path, story)
    assert seen & {"turn-left", "turn-right"}


def test_who_is_asked_and_cannot_turn_sees_what_every_referral_shows(
    quick_lane: Settings, tmp_path: Path
) -> None:
    """A mask answers nothing; the traveller's page says nothing about why."""
    answer = quick_lane.face.model_copy(update={"answer_s": 0.5})

    async def story(running: Running, _: Stage) -> None:
        signs: list[tuple[Sign, str | None]] = []
        board = running.daemon.gate.pages.board

        async def watch() -> None:
            async for scene in board.watch():
                signs.append((scene.traveller.sign, scene.traveller.hint))  # noqa: PERF401

        watching = asyncio.create_task(watch())
        result = await running.passage("cut-out-mask")
        watching.cancel()
        assert result["reasons"] == ["R-FACE-PAD"]
        assert (Sign.SEE_OFFICER, None) in signs
        assert not any(hint for sign, hint in signs if sign is Sign.SEE_OFFICER)

    tell(quick_lane.model_copy(update={"face": answer}), tmp_path, story)


@pytest.mark.parametrize("role", ["camera", "gate"])
def test_a_lost_device_ends_in_referral_and_comes_back(
    quick_lane: Settings, tmp_path: Path, role: str
) -> None:
    async def story(running: Running, where: Stage) -> None:
        genuine = load(lane.specimens_of(quick_lane) / "genuine")
        gate = running.daemon.lane
        passage = asyncio.create_task(running.witness(lambda: where.come(genuine)))
        await within(gate.until(lambda state: isinstance(state, Inspecting)))
        where.unplug(role)
        await within(gate.until(lambda state: isinstance(state, Referred)))
        where.plug(role)
        assert [reason.value for reason in (await passage).reasons] == ["R-DEVICE-FAULT"]
        assert (await running.passage("genuine"))["decision"] == "open"

    tell(quick_lane, tmp_path, story)


def test_an_emergency_frees_the_doors_until_a_person_resets(
    quick_mantrap: Settings, tmp_path: Path
) -> None:
    async def story(running: Running, where: Stage) -> None:
        gate = running.daemon.lane
        where.inject(LaneSignal.EMERGENCY_RAISED)
        await within(gate.until(lambda s: s == Evacuating()))
        where.come(load(lane.specimens_of(quick_mantrap) / "genuine"))
        where.inject(LaneSignal.EMERGENCY_CLEARED)
        await within(gate.until(lambda s: s == Evacuating(over=True)))
        where.go()
        gate.post(events.OfficerReset())
        await within(running.daemon.until_ready())
        assert (await running.passage("genuine"))["decision"] == "open"

    tell(quick_mantrap, tmp_path, story)


def test_a_traveller_who_asks_for_help_gets_a_person(quick_lane: Settings, tmp_path: Path) -> None:
    async def story(running: Running, where: Stage) -> None:
        genuine = load(lane.specimens_of(quick_lane) / "genuine")
        dark = (np.zeros((480, 640, 3), np.uint8),)

        def come_and_ask() -> None:
            where.come(Traveller("waiting", genuine.mrz, genuine.chip, dark))
            where.inject(LaneSignal.ASSIST_REQUESTED)
            where.inject(LaneSignal.ASSIST_REQUESTED)

        passage = await running.witness(come_and_ask)
        assert not passage.opened

    tell(quick_lane, tmp_path, story)


def test_what_cannot_be_journalled_cannot_open_the_gate(
    quick_lane: Settings, tmp_path: Path
) -> None:
    async def story(running: Running, where: Stage) -> None:
        genuine = load(lane.specimens_of(quick_lane) / "genuine")
        other = sqlite3.connect(tmp_path / "state/journal.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert await met(running, where, genuine) == ["R-DEVICE-FAULT"]
        other.execute("ROLLBACK")
        other.close()
        assert (await running.passage("genuine"))["decision"] == "open"

    tell(quick_lane, tmp_path, story)


def test_the_next_start_goes_on_with_the_journal(quick_lane: Settings, tmp_path: Path) -> None:
    sequences: list[int] = []

    async def story(running: Running, _: Stage) -> None:
        central = running.training.central
        assert central is not None
        await running.passage("genuine")
        sequences.append(central.received[-1].sequence)
        assert [r.sequence for r in central.received] == list(range(1, sequences[-1] + 1))
        assert central.faults == []

    tell(quick_lane, tmp_path, story)
    tell(quick_lane, tmp_path, story)
    assert sequences[1] > sequences[0] + len(PASSAGE)


def test_nothing_personal_is_on_the_disk_the_bus_or_the_log(
    quick_lane: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    published: list[bytes] = []

    async def story(running: Running, _: Stage) -> None:
        central = running.training.central
        assert central is not None
        for name in ("genuine", "impostor", "tampered-portrait", "cloned-chip"):
            await running.passage(name)
        published.extend(repr(received).encode() for received in central.received)
        published.extend(central.retained.values())
        published.extend(
            file.read_bytes() for file in (tmp_path / "state").iterdir() if file.is_file()
        )

    tell(quick_lane, tmp_path, story)
    captured = capfd.readouterr()
    published.append((captured.out + captured.err).encode())
    published.extend(file.read_bytes() for file in (tmp_path / "state").iterdir())
    genuine = load(lane.specimens_of(quick_lane) / "genuine")
    secrets = [b"SPECIMEN<", b"ROBIN", b"L898902C3", genuine.mrz[1].encode()]
    secrets += [b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"jP  \r\n"]
    for secret in secrets:
        assert not any(secret in content for content in published), secret


def test_a_driver_that_breaks_takes_its_device_out_not_the_gate_down(
    quick_lane: Settings, tmp_path: Path
) -> None:
    async def story(running: Running, where: Stage) -> None:
        genuine = load(lane.specimens_of(quick_lane) / "genuine")
        nonsense: Any = ("not an array",)
        broken = Traveller("broken", genuine.mrz, genuine.chip, nonsense)
        assert await met(running, where, broken) == ["R-DEVICE-FAULT"]
        await within(running.daemon.until_ready())
        assert (await running.passage("genuine"))["decision"] == "open"
        with pytest.raises(DeviceError):
            await running.daemon.lane.devices.camera.call(lambda _: 1 / 0, 1)

    tell(quick_lane, tmp_path, story)
