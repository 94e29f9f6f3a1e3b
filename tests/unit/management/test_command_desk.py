"""The desk when what it works with fails: the command ends, the gate goes on."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from edge.contract.commands import (
    ORDERS,
    CommandName,
    Diagnose,
    LeaveService,
    Reboot,
    ResumeService,
)
from edge.contract.messages import Health
from edge.gate.states import Maintenance, Ready, State, Topology
from edge.host.reboot import RebootFailed
from edge.management.command_desk import AT_ONCE
from edge.mqtt.commands import ReceivedCommand as Received
from tests.support.announcements import health_of
from tests.support.bench import STUCK_S
from tests.support.desk import ROOT, Office, at_work


def test_every_command_has_its_type() -> None:
    assert set(ORDERS) == set(CommandName)


def test_an_act_that_fails_unforeseen_is_a_failed_command(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        def breaks() -> Health:
            raise ZeroDivisionError

        office.health = breaks
        order = office.command(Diagnose(), "diagnostics")
        assert await office.send(order, "diagnostics") == ["accepted: accepted", "failed: failed"]
        assert office.answers[-1][1].detail == "ZeroDivisionError"
        office.health = health_of
        order = office.command(Diagnose(), "diagnostics")
        assert (await office.send(order, "diagnostics"))[-1] == "done: done"

    at_work(tmp_path, story)


def test_a_detail_is_printable_and_short(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        async def refused() -> bool:
            raise RebootFailed("\udce9\n" + "x" * 5000)

        office.rebooter = refused
        await office.send(office.command(Reboot(), "reboot"), "reboot")
        detail = office.answers[-1][1].detail
        assert detail.startswith("??x")
        assert len(detail) == 500

    at_work(tmp_path, story)


def test_a_message_that_cannot_be_handled_is_counted_and_the_next_is_obeyed(
    tmp_path: Path,
) -> None:
    async def story(office: Office) -> None:
        nonsense: Any = None  # what no broker delivers
        office.inbox.receive(Received("diagnostics", nonsense, retained=False))
        await office.quiet()
        (finding,) = office.events("security.auth_failed")
        assert finding["detail"] == "cmd: a message the gate could not handle"
        order = office.command(Diagnose(), "diagnostics")
        assert (await office.send(order, "diagnostics"))[-1] == "done: done"

    at_work(tmp_path, story)


def test_more_commands_at_once_than_can_be_carried_out(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        disk = threading.Event()
        office.while_writing = lambda: _wait(disk)
        orders = [office.command(Diagnose(), "diagnostics") for _ in range(AT_ONCE + 1)]
        for order in orders:
            office.inbox.receive(office.received("diagnostics", order))
        await office.until_answered(1)
        assert office.said() == ["rejected: busy"]
        disk.set()
        await office.quiet()
        assert office.said().count("done: done") == AT_ONCE
        replayed = await office.send(orders[-1], "diagnostics")  # it is used up
        assert replayed == ["rejected: replayed"]

    at_work(tmp_path, story)


def _wait(event: threading.Event) -> None:
    assert event.wait(STUCK_S)


def test_a_reboot_that_is_refused_leaves_the_gate_serving(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        async def refused() -> bool:
            assert isinstance(office.lane.state, Maintenance)
            raise RebootFailed("systemctl ended with 1")

        office.rebooter = refused
        answers = await office.send(office.command(Reboot(), "reboot"), "reboot")
        assert answers[-1] == "failed: failed"
        assert isinstance(office.lane.state, Ready)

    at_work(tmp_path, story)


def test_a_reboot_that_is_accepted_lets_nobody_begin_any_more(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        async def accepted() -> bool:
            return True

        office.rebooter = accepted
        answers = await office.send(office.command(Reboot(), "reboot"), "reboot")
        assert answers[-1] == "done: done"
        assert isinstance(office.lane.state, Maintenance)

    async def restarted(office: Office) -> None:
        assert isinstance(office.lane.state, Ready)

    at_work(tmp_path, story)
    at_work(tmp_path, restarted)


@pytest.mark.parametrize("restarts", [True, False], ids=["restarts", "refused"])
@pytest.mark.parametrize(
    ("order", "state"),
    [(LeaveService(), Maintenance()), (ResumeService(), Ready())],
    ids=["out-of-service", "in-service"],
)
def test_what_is_ordered_while_a_reboot_is_under_way_stands_when_it_is_over(
    tmp_path: Path, order: LeaveService | ResumeService, state: State, restarts: bool
) -> None:
    async def story(office: Office) -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def reboot() -> bool:
            begun.set()
            await ended.wait()
            if not restarts:
                raise RebootFailed("systemctl ended with 1")
            return True

        office.rebooter = reboot
        if isinstance(order, ResumeService):
            await send(office, LeaveService())
        said = len(office.said())
        for each in (Reboot(), order, Reboot()):
            name = next(name for name, kind in ORDERS.items() if kind is type(each))
            office.inbox.receive(office.received(name, office.command(each, name)))
            await begun.wait()
        await office.until_answered(said + 4)
        assert office.said()[said:] == [
            *("accepted: accepted", "accepted: accepted", "done: done"),
            "rejected: busy",
        ]
        assert isinstance(office.lane.state, Maintenance)
        ended.set()
        await office.quiet()
        assert office.lane.state == (Maintenance() if restarts else state)

    async def restarted(office: Office) -> None:
        await office.lane.until(lambda found: found == state)

    at_work(tmp_path, story)
    at_work(tmp_path, restarted, until_ready=False)


async def send(office: Office, order: LeaveService) -> None:
    await office.send(office.command(order, "out-of-service"), "out-of-service")


def test_of_two_reloads_the_one_ordered_last_counts_however_long_the_first_reads(
    tmp_path: Path,
) -> None:
    content = (ROOT / "config/policy.example.toml").read_text()
    policy, slow = tmp_path / "policy.toml", tmp_path / "slow.toml"
    os.mkfifo(policy)

    async def story(office: Office) -> None:
        upkeep = office.desk._actions.upkeep
        settings = upkeep.settings.model_copy(update={"policy": policy})
        upkeep = replace(upkeep, settings=settings)
        first = asyncio.create_task(upkeep.reload_policy())
        writer = await asyncio.to_thread(slow_writer)
        policy.rename(slow)
        policy.write_text(content + "# mended\n")
        second = asyncio.create_task(upkeep.reload_policy())
        await asyncio.wait({second}, timeout=0.2)  # time enough to overtake the first
        with writer:
            writer.write(content.encode())
        await first
        change = await second
        assert office.runner.inspector.policy.digest == change.after
        assert change.before == (await first).after

    def slow_writer() -> BinaryIO:
        return policy.open("wb")  # once somebody reads

    at_work(tmp_path, story)


@pytest.mark.parametrize("topology", list(Topology))
def test_maintenance_that_the_disk_did_not_take_is_not_kept(
    tmp_path: Path, topology: Topology
) -> None:
    async def story(office: Office) -> None:
        office.journal._connection.execute("PRAGMA query_only = ON")
        order = office.command(LeaveService(), "out-of-service")
        office.inbox.receive(office.received("out-of-service", order))
        await office.until_answered(1)
        assert office.said() == ["failed: not-recorded"]
        office.journal._connection.execute("PRAGMA query_only = OFF")
        await office.quiet()

    async def restarted(office: Office) -> None:
        assert isinstance(office.lane.state, Ready)

    at_work(tmp_path, story, topology)
    at_work(tmp_path, restarted, topology)


def test_in_service_when_it_is_already(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        order = office.command(ResumeService(), "in-service")
        assert (await office.send(order, "in-service"))[-1] == "done: done"
        assert isinstance(office.lane.state, Ready)

    at_work(tmp_path, story)


def test_a_message_after_the_end_is_obeyed_by_nobody(tmp_path: Path) -> None:
    offices: list[Office] = []

    async def story(office: Office) -> None:
        offices.append(office)

    at_work(tmp_path, story)
    offices[0].inbox.receive(offices[0].received("diagnostics", "late"))
    assert offices[0].desk.is_idle
