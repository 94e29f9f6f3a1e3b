"""The lane with a reader of the real PC/SC stack: pyscard, pcscd, vpcd."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from drivers.virtual.stage import stage
from edge.settings.devices import DeviceSettings
from edge.settings.tree import Settings
from tools.simulation import lane
from tools.simulation.card_service import Hands, Pcscd
from tools.simulation.script import load
from tools.specimen.issue import SCENARIOS

pytestmark = pytest.mark.pcscd
OF_THE_CHIP = ("genuine", "cloned-chip", "tampered-portrait", "unknown-issuer")


def test_travellers_are_judged_alike_over_pcsc(
    quick_lane: Settings, tmp_path: Path, pcscd: Pcscd
) -> None:
    reader = DeviceSettings.model_validate({"driver": "pcsc", "reader": "Virtual PCD"})
    devices = quick_lane.devices.model_copy(update={"chip_reader": reader})
    settings = quick_lane.model_copy(update={"devices": devices})
    expected = {scenario.name: [r.value for r in scenario.reasons] for scenario in SCENARIOS}

    hands = Hands(pcscd)

    async def story() -> None:
        async with lane.running(settings, tmp_path) as running:
            where = stage(f"lane-{tmp_path.name}")
            for name in OF_THE_CHIP:
                traveller = load(lane.specimens_of(settings) / name)
                assert traveller.chip is not None
                await asyncio.to_thread(hands.lay, traveller.chip)
                passage = await running.witness(partial(where.come, traveller))
                await asyncio.to_thread(hands.take_away)
                assert [reason.value for reason in passage.reasons] == expected[name], name
                assert passage.opened is (name == "genuine")

    asyncio.run(story())
