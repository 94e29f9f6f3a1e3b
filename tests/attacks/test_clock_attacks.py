"""A clock that was set, and the date of another place: neither opens for a stale document."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drivers.virtual.stage import stage
from edge.border import eligibility
from edge.checks import CheckId, Result
from edge.mrz import examine, parse
from edge.mrz.digits import check_digit
from edge.settings.clock import ClockSettings
from edge.settings.policy import load_policy
from edge.settings.tree import Settings
from tests.support.clocks import lane_clock
from tools.simulation import lane
from tools.simulation.lane import Running
from tools.simulation.script import load

POLICY = load_policy(Path(__file__).parents[2] / "config/policy.example.toml", live=True)


def passport(birth: str, expiry: str) -> tuple[str, str]:
    """Lines of a passport, its digits right."""
    number, optional = "X12345678", "<" * 14
    line = number + check_digit(number) + "UTO" + birth + check_digit(birth) + "F" + expiry
    line += check_digit(expiry) + optional + "<"
    return "P<UTOSPECIMEN<<MARIA".ljust(44, "<"), line + check_digit(
        line[0:10] + line[13:20] + line[21:43]
    )


def test_a_clock_set_back_behind_the_journal_opens_for_nobody(
    quick_lane: Settings, tmp_path: Path
) -> None:
    """An expired document, and a clock of the time when it was valid: after a power cut."""
    real = datetime.now(UTC)  # noqa: TID251  # specimens are issued as of today

    async def told(at: datetime, who: str) -> list[str]:
        async with lane.running(quick_lane, tmp_path, lambda: at) as running:
            where = stage(f"lane-{tmp_path.name}")
            script = load(lane.specimens_of(quick_lane) / who)
            passage = await running.witness(lambda: where.come(script))
            assert passage.opened is (who == "genuine" and at == real)
            return [reason.value for reason in passage.reasons]

    async def story() -> None:
        assert await told(real, "genuine") == []
        for back in (timedelta(minutes=3), timedelta(hours=5)):
            assert "R-CLOCK" in await told(real - back, "genuine")
        assert "R-CLOCK" in await told(real - timedelta(hours=5), "expired-document")

    asyncio.run(story())


@pytest.mark.parametrize("by", [timedelta(hours=26), timedelta(days=400), timedelta(hours=-26)])
def test_a_clock_that_was_set_is_not_believed_and_serves_again_once_it_is_right(
    quick_lane: Settings, tmp_path: Path, by: timedelta
) -> None:
    """Neither a stop nor the journal of that time makes the gate believe that it has passed."""
    battery = quick_lane.model_copy(update={"clock": ClockSettings(hardware_error_s=0)})
    wrong = timedelta()

    def shown() -> datetime:
        return datetime.now(UTC) + wrong  # noqa: TID251  # specimens are issued as of today

    async def met(running: Running) -> list[str]:
        return list((await running.passage("genuine"))["reasons"])

    async def story() -> None:
        nonlocal wrong
        for _ in range(2):
            async with lane.running(battery, tmp_path, shown) as running:
                assert await met(running) == []
                wrong = by
                assert "R-CLOCK" in await met(running)
                wrong = timedelta()
                assert await met(running) == []
                wrong = by  # and so it stops: the newest event is of another time
            wrong = timedelta()

    asyncio.run(story())


def test_every_event_that_a_trusted_clock_dates_has_passed(
    quick_lane: Settings, tmp_path: Path
) -> None:
    """Not only decisions: nobody may have come for days."""
    real = datetime.now(UTC)  # noqa: TID251  # specimens are issued as of today

    def shown(days: int) -> datetime:
        return real + timedelta(days=days)

    async def story() -> None:
        for days in (0, 2):
            async with lane.running(quick_lane, tmp_path, partial(shown, days)):
                pass
        async with lane.running(quick_lane, tmp_path, partial(shown, 1)) as running:
            assert (await running.passage("genuine"))["reasons"] == ["R-CLOCK"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("zone", "moment", "expired"),
    [
        ("America/Guatemala", datetime(2026, 12, 2, 0, 30, tzinfo=UTC), False),
        ("America/Guatemala", datetime(2026, 12, 2, 6, 0, tzinfo=UTC), True),
        ("Pacific/Tongatapu", datetime(2026, 12, 1, 10, 59, tzinfo=UTC), False),
        ("Pacific/Tongatapu", datetime(2026, 12, 1, 12, 0, tzinfo=UTC), True),
    ],
)
def test_a_document_is_valid_through_the_day_of_the_lane(
    zone: str, moment: datetime, expired: bool
) -> None:
    today = lane_clock(lambda: moment, ZoneInfo(zone)).date_of(moment)
    checks = examine(parse(passport("800101", "261201")), today)
    found = {check.id: check.result for check in checks}
    assert found[CheckId.DOC_EXPIRY] is (Result.FAILED if expired else Result.SUCCESSFUL)


@pytest.mark.parametrize(
    ("moment", "result"),
    [
        (datetime(2026, 12, 2, 0, 30, tzinfo=UTC), Result.FAILED),  # 18:30 of the day before
        (datetime(2026, 12, 2, 6, 0, tzinfo=UTC), Result.SUCCESSFUL),
    ],
)
def test_who_turns_18_tomorrow_is_17_this_evening(moment: datetime, result: Result) -> None:
    zone = parse(passport("081202", "300101"))
    today = lane_clock(lambda: moment, ZoneInfo("America/Guatemala")).date_of(moment)
    found = eligibility.examine(zone, today, today, POLICY)
    assert {check.id: check.result for check in found}[CheckId.ELIG_AGE] is result
