"""Who is inside can leave; who walks out without an authorisation is an alarm: the real daemon."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drivers.virtual.stage import Place, Stage, stage
from edge.gate import events
from edge.gate.states import Alarmed, Closing, Referred
from edge.ports import LaneSignal
from edge.settings.tree import Settings
from tools.simulation import lane
from tools.simulation.lane import Running
from tools.simulation.script import load


def stage_of(folder: Path) -> Stage:
    return stage(f"lane-{folder.name}")


def told(running: Running) -> list[str]:
    """The types of all events that reached the central system, without their prefix."""
    central = running.training.central
    assert central is not None
    return [each.content["type"].removeprefix("int.egate.") for each in list(central.received)]


async def until_told(running: Running, kind: str) -> None:
    central = running.training.central
    assert central is not None
    arrived = await asyncio.to_thread(central.wait_for, lambda _: kind in told(running), 30.0)
    assert arrived, kind


def test_somebody_inside_when_the_daemon_starts_walks_back_and_the_gate_serves_again(
    quick_mantrap: Settings, tmp_path: Path
) -> None:
    where = stage_of(tmp_path)
    genuine = load(lane.specimens_of(quick_mantrap) / "genuine")
    where.come(genuine)
    where.wait_for_mrz(0.1)
    where.go_inside()  # verified by a daemon that is no more, when the power went

    async def story() -> None:
        async with lane.running(quick_mantrap, tmp_path) as running:
            assert where.look().place is Place.AWAY
            assert (await running.passage("genuine"))["decision"] == "open"

    asyncio.run(story())


@pytest.mark.parametrize("kind", ["quick_lane", "quick_mantrap"])
def test_a_referred_traveller_who_walks_out_is_an_alarm(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings: Settings = request.getfixturevalue(kind)
    where = stage_of(tmp_path)

    async def story() -> None:
        async with lane.running(settings, tmp_path) as running:
            gate = running.daemon.lane

            def walk_out() -> None:
                where.come(load(lane.specimens_of(settings) / "expired-document"))

            passage = asyncio.create_task(running.witness(walk_out))
            async with asyncio.timeout(lane.PASSAGE_S):
                await gate.until(lambda state: isinstance(state, Referred))
                where.inject(LaneSignal.PASSED)
                await gate.until(lambda state: isinstance(state, Alarmed))
            assert not (await passage).passed
            await until_told(running, "gate.forced")
            gate.post(events.OfficerReset())

    asyncio.run(story())


def test_a_second_passage_of_one_authorisation_is_an_alarm(
    quick_lane: Settings, tmp_path: Path
) -> None:
    where = stage_of(tmp_path)

    async def story() -> None:
        async with lane.running(quick_lane, tmp_path) as running:
            gate = running.daemon.lane
            genuine = load(lane.specimens_of(quick_lane) / "genuine")
            passage = asyncio.create_task(running.witness(lambda: where.come(genuine)))
            async with asyncio.timeout(lane.PASSAGE_S):
                await gate.until(lambda state: isinstance(state, Closing))
                where.inject(LaneSignal.PASSED)
                await gate.until(lambda state: isinstance(state, Alarmed))
            assert (await passage).passed
            await until_told(running, "gate.tailgating")

    asyncio.run(story())
