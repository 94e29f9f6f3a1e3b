"""The real daemon counts how its comparison errs, and forgets everybody whom it needs for that."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from edge.contract.payloads import ErrorRatesFound
from edge.contract.rates.groups import Group
from edge.daemon import now
from edge.lane.strangers import Strangers
from edge.screen.scene import compose
from edge.screen.views import OutboxView
from edge.settings.statistics import ErrorRateSettings, StatisticsSettings
from edge.settings.tree import Settings
from tools.simulation import lane
from tools.simulation.central import VirtualCentral
from tools.specimen import issue, pictures
from tools.specimen.authority import Authority

K = 3
TOLD = "int.egate.face.error_rates"
STUCK_S = 60.0
UTOPIANS = Group("UTO", "X", "30 to 49")


def with_another(settings: Settings, folder: Path) -> Settings:
    """The same lane, to which somebody comes who looks like the genuine traveller."""
    specimens = folder / "specimens"
    shutil.copytree(lane.specimens_of(settings), specimens)
    authority = Authority.establish(now())
    portrait = pictures.portrait(issue.PORTRAITS, pictures.FIRST_PORTRAIT)
    older = now() - timedelta(days=100)
    bench = issue.Bench(authority, authority, portrait, portrait, older)
    genuine = next(each for each in issue.SCENARIOS if each.name == "genuine")
    issue._write(specimens / "other", genuine, bench, issue.PORTRAITS)
    (specimens / "trust/other.der").write_bytes(authority.csca_der)
    assert settings.simulation is not None
    return settings.model_copy(
        update={
            "trust": settings.trust.model_copy(update={"anchors": (specimens / "trust",)}),
            "simulation": settings.simulation.model_copy(update={"specimens": specimens}),
        }
    )


def told(central: VirtualCentral) -> list[ErrorRatesFound]:
    return [
        ErrorRatesFound.model_validate_json(json.dumps(each.content["data"]))
        for each in list(central.received)
        if each.content["type"] == TOLD
    ]


def test_strangers_who_match_are_counted_and_forgotten(
    quick_lane: Settings, tmp_path: Path
) -> None:
    ahead = timedelta(0)
    settings = with_another(quick_lane, tmp_path).model_copy(
        update={
            "statistics": StatisticsSettings(suppress_below=K),
            "error_rates": ErrorRateSettings(strangers=5, keep_s=3600, basis="specimens only"),
        }
    )

    def clock() -> datetime:
        return now() + ahead

    async def story() -> tuple[list[ErrorRatesFound], Strangers]:
        nonlocal ahead
        async with lane.running(settings, tmp_path / "lane", clock) as running:
            central, daemon = running.training.central, running.daemon
            assert central is not None
            rates = daemon.gate.parts.runner.inspector.rates
            for number, name in enumerate(("genuine", "genuine", "other"), 1):
                assert (await running.passage(name))["decision"] == "open"
                assert len(rates.strangers) == (1 if number < 3 else 2)
            assert rates.told == {}, "not before the hour is over"
            ahead += timedelta(hours=1)
            assert await asyncio.to_thread(central.wait_for, lambda c: bool(told(c)), STUCK_S)
            place, passages = daemon._plan.place, daemon.passages
            runner = daemon.gate.parts.runner
            shown = compose(place, daemon.lane, runner, passages, OutboxView()).lane.rates
            assert [(each.group, each.travellers) for each in shown] == [
                ("all", 3),
                ("X", 3),
                ("30 to 49", 3),
            ]
            assert shown[0].strangers.part == shown[0].strangers.whole == 1
            return told(central), rates.strangers

    found, strangers = asyncio.run(story())
    ((counted,),) = (each.groups for each in found)
    assert counted.group == UTOPIANS
    assert (counted.travellers, counted.not_matched, counted.poor) == (3, 0, 0)
    # Nobody is compared with their own portrait: only the third one had a stranger before him.
    assert counted.alike.comparisons == counted.anybody.comparisons == 1
    assert {each.rate: each.travellers for each in counted.alike.matches}["1e-4"] == 1
    assert len(strangers) == 0, "the end of the daemon overwrites them"
