"""What a gate counted of its errors is written down when an hour is over, and at its end."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

from edge.checks import Check, CheckId, Result
from edge.contract.event_types import EventType
from edge.contract.payloads import MOST_GROUPS, ErrorRatesFound
from edge.contract.rates.groups import Group
from edge.lane.error_rates import ErrorRates
from edge.lane.strangers import Somebody, Strangers
from edge.management.rates_report import RatesReport
from tests.support.desk import NOON, Office, at_work
from tests.support.face.faces import template

K = 3
DIGEST = "d" * 64
MATCHED = (Check(CheckId.FACE_MATCH, Result.SUCCESSFUL),)
WOMEN = Group("GTM", "F", "30 to 49")


class Bench:
    """A report of an office whose clock the test sets."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.rates = ErrorRates({"1e-4": 0.5}, K, Strangers(3, 3600.0, lambda size: b"k" * size))
        self.report = RatesReport(self.rates, office.event_log, DIGEST, lambda: office.now)

    def come(self, times: int, group: Group = WOMEN) -> None:
        for _ in range(times):
            self.rates.count(group, MATCHED, (), self.office.now, released=False)

    async def told(self) -> list[ErrorRatesFound]:
        await self.office.journal_writer.commit()
        kind = f"int.egate.{EventType.FACE_ERROR_RATES}"
        bodies = [json.loads(body) for body in self.office.journal.newest_bodies(1000)]
        found = [body["data"] for body in reversed(bodies) if body["type"] == kind]
        return [ErrorRatesFound.model_validate_json(json.dumps(data)) for data in found]


def test_an_hour_is_told_when_it_is_over_and_a_quiet_one_is_not(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        bench = Bench(office)
        bench.come(K)
        office.now += timedelta(minutes=59)
        bench.report.look()
        assert await bench.told() == []
        office.now += timedelta(minutes=1)
        bench.report.look()
        (told,) = await bench.told()
        assert (told.comparison, told.since, told.suppress_below) == (DIGEST, NOON, K)
        assert [each.travellers for each in told.groups] == [K]
        office.now += timedelta(hours=1)
        bench.report.look()
        assert len(await bench.told()) == 1

    at_work(tmp_path, story)


def test_many_groups_come_in_several_events(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        bench = Bench(office)
        for number in range(MOST_GROUPS + 1):
            bench.come(K, Group(f"X{number:02}", "F", "30 to 49"))
        bench.report.tell()
        assert [len(each.groups) for each in await bench.told()] == [MOST_GROUPS, 1]

    at_work(tmp_path, story)


def test_the_end_tells_what_may_be_told_and_overwrites_strangers(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        bench = Bench(office)
        bench.come(K)
        bench.rates.strangers.keep(template(1), Somebody(WOMEN, b"a"), 0.0)
        (kept,) = (each.template for each in bench.rates.strangers._kept)
        running = asyncio.create_task(bench.report.run())
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait({running})
        assert len(await bench.told()) == 1
        assert not kept.vector.any()

    at_work(tmp_path, story)


def test_strangers_are_overwritten_when_their_time_is_over_though_nobody_comes(
    tmp_path: Path,
) -> None:
    async def story(office: Office) -> None:
        bench = Bench(office)
        long_ago_s = -1e9
        bench.rates.strangers.keep(template(1), Somebody(WOMEN, b"a"), long_ago_s)
        running = asyncio.create_task(bench.report.run())
        while len(bench.rates.strangers):  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait({running})

    at_work(tmp_path, story)
