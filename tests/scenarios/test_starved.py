"""What hangs does not hold the gate: it goes out of service, and is back once the cause is gone."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from shutil import copytree

import pytest

from drivers.virtual.gate import VirtualGate
from drivers.virtual.stage import stage
from edge.daemon import Daemon
from edge.devices.supervisor import Availability
from edge.gate.states import Authorised, Door, OutOfService, Ready, posture
from edge.settings.tree import Settings
from tests.support import central, egated
from tests.support.bench import until
from tests.support.egated import ROOT, Given
from tests.support.pipe import Pipe
from tests.support.some import replaced
from tools.simulation import lane
from tools.simulation.broker import free_port
from tools.simulation.lane import Running
from tools.simulation.script import load

STUCK_S = 60.0
ROLES = ("scanner", "chip-reader", "camera", "gate")


def health_of(running: Running, role: str) -> Availability:
    (device,) = (d for d in running.daemon.lane.devices.every() if d.status.role == role)
    return device.status.health


async def until_out_of_service(running: Running) -> None:
    async with asyncio.timeout(lane.PASSAGE_S):
        await running.daemon.lane.until(lambda state: isinstance(state, OutOfService))


@pytest.mark.parametrize("role", ROLES)
def test_a_driver_that_hangs_takes_its_device_out_and_the_gate_out_of_service(
    role: str, quick_lane: Settings, tmp_path: Path
) -> None:
    where = stage(f"lane-{tmp_path.name}")

    async def story() -> None:
        async with lane.running(quick_lane, tmp_path) as running:
            where.jam(role)
            await until_out_of_service(running)
            assert health_of(running, role) is Availability.LOST
            assert posture(running.daemon.lane.state).free == frozenset()
            where.release(role)
            assert (await running.passage("genuine"))["decision"] == "open"

    asyncio.run(story())


def test_a_camera_that_hangs_at_the_start_keeps_the_daemon_from_no_other_duty(
    quick_lane: Settings, tmp_path: Path
) -> None:
    where = stage(f"lane-{tmp_path.name}")
    where.jam("camera")

    async def story() -> None:
        daemon = Daemon(lane.headless(quick_lane, tmp_path))
        running = asyncio.create_task(daemon.run())
        async with asyncio.timeout(lane.PASSAGE_S):
            await daemon.until_started()
            assert isinstance(daemon.lane.state, OutOfService)
            where.release("camera")
            await daemon.until_ready()
            daemon.stop()
            await running

    asyncio.run(story())


def test_an_apdu_that_never_returns_refers_the_traveller_for_the_device_not_for_the_time(
    quick_lane: Settings, tmp_path: Path
) -> None:
    where = stage(f"lane-{tmp_path.name}")

    async def story() -> None:
        async with lane.running(quick_lane, tmp_path) as running:
            where.jam_after("chip-reader", 12)
            genuine = load(lane.specimens_of(quick_lane) / "genuine")
            passage = await running.witness(lambda: where.come(genuine))
            assert [reason.value for reason in passage.reasons] == ["R-DEVICE-FAULT"]
            assert not isinstance(running.daemon.lane.state, Ready)
            assert health_of(running, "chip-reader") is Availability.LOST
            where.release("chip-reader")
            assert (await running.passage("genuine"))["decision"] == "open"

    asyncio.run(story())


@pytest.mark.parametrize("topology", ["quick_lane", "quick_mantrap"])
def test_the_exit_shuts_behind_the_traveller_although_the_event_loop_hangs(
    topology: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings: Settings = request.getfixturevalue(topology)
    where = stage(f"lane-{tmp_path.name}")

    async def story() -> None:
        async with lane.running(settings, tmp_path) as running:
            gate = running.daemon.lane
            cabinet = gate.devices.gate._device
            assert cabinet is not None
            driver = cabinet._hardware
            assert isinstance(driver, VirtualGate)
            genuine = load(lane.specimens_of(settings) / "genuine")
            passage = asyncio.create_task(running.witness(lambda: where.come(genuine)))
            async with asyncio.timeout(lane.PASSAGE_S):
                await until(lambda: driver.positions()[Door.EXIT])
            # From here on nobody but the cabinet does anything.
            assert where.wait_until_empty(STUCK_S)
            deadline_s = time.monotonic() + STUCK_S
            while driver.positions()[Door.EXIT]:
                assert time.monotonic() < deadline_s, "the exit stays open while the loop hangs"
                time.sleep(0.01)  # noqa: ASYNC251  # the loop hangs: that is the story
            assert isinstance(gate.state, Authorised)
            assert (await passage).passed
            assert (await running.passage("genuine"))["decision"] == "open"
            assert "gate.tailgating" not in told(running)

    asyncio.run(story())


def told(running: Running) -> list[str]:
    """The types of all events that reached the central system, without their prefix."""
    received = running.training.central
    assert received is not None
    return [each.content["type"].removeprefix("int.egate.") for each in list(received.received)]


@pytest.mark.parametrize("role", ROLES)
def test_sigterm_ends_a_daemon_whose_driver_hangs(
    role: str, specimens: Path, tmp_path: Path
) -> None:
    table = egated.lane(tmp_path, with_fault(tmp_path, specimens / "genuine", f"{role}-jammed"))
    table["simulation"]["repeat"] = "genuine"
    with egated.egated(egated.write(tmp_path / "gate.toml", table), tmp_path) as gate:
        gate.until_said("device_lost", role=role)
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert gate.errors == ""
    types = egated.journal(table)
    assert types[-1] == "device.stopped"
    assert "gate.opened" not in types


def test_a_log_that_nobody_reads_stops_neither_a_traveller_nor_the_end(
    specimens: Path, tmp_path: Path
) -> None:
    """Standard output and standard error as journald leaves them when it hangs."""
    table = egated.lane(tmp_path, specimens)
    table["simulation"] |= {"repeat": "genuine", "repeat_every_s": 1}
    config = egated.write(tmp_path / "gate.toml", table)
    with Pipe() as log:
        log.fill()
        given = Given(log=log.writing, errors=log.writing)
        with egated.egated(config, tmp_path, given=given) as gate:
            gate.until_ready()
            egated.until_page(
                table, "/live/technician", lambda scene: sum(map(passed, scene["passages"])) >= 2
            )
            gate.send(signal.SIGTERM)
            assert gate.ended() == 0
    types = egated.journal(table)
    assert types.count("gate.passed") == types.count("gate.closed") >= 2
    assert types[-1] == "device.stopped"


def passed(passage: dict[str, object]) -> bool:
    return passage["passed"] is True


def test_a_reason_that_nobody_reads_does_not_keep_a_start_that_fails(tmp_path: Path) -> None:
    with Pipe() as log:
        log.fill()
        given = Given(log=log.writing, errors=log.writing)
        with egated.egated(tmp_path / "none.toml", tmp_path, given=given) as gate:
            assert gate.ended() == 78


def test_a_central_side_whose_log_nobody_reads_starts_its_workers_and_ends(tmp_path: Path) -> None:
    table = central.settings(tmp_path, free_port())
    config = egated.write(tmp_path / "central.toml", table)
    with Pipe() as log:
        log.fill()
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "tools.central", "run", "--config", str(config)],
            cwd=ROOT,
            stdout=log.writing,
            stderr=log.writing,
        )
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        try:
            deadline_s = time.monotonic() + STUCK_S
            while not children.read_text():
                assert time.monotonic() < deadline_s, "no worker was started"
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            assert process.wait(STUCK_S) == 0
        finally:
            process.kill()
            process.wait()


def test_a_log_that_is_read_again_has_what_was_kept(specimens: Path, tmp_path: Path) -> None:
    table = egated.lane(tmp_path, specimens)
    with Pipe() as log:
        log.fill()
        config = egated.write(tmp_path / "gate.toml", table)
        with egated.egated(config, tmp_path, given=Given(log=log.writing)) as gate:
            gate.until_ready()
            assert json.loads(log.lines(1)[0])["event"] == "journal_opened"
            gate.send(signal.SIGTERM)
            while json.loads(log.lines(1)[0])["event"] != "service_stopped":
                pass
            assert gate.ended() == 0
            assert gate.errors == ""


def with_fault(folder: Path, specimen: Path, fault: str) -> Path:
    """A folder of specimens with one traveller, who brings that fault along."""
    issued = copytree(specimen.parent, folder / "specimens", ignore=lambda *_: ["genuine"])
    found = Path(copytree(specimen, Path(issued) / "genuine"))
    script = found / "traveller.toml"
    text = script.read_text(encoding="utf-8")
    script.write_text(replaced(text, 'fault = ""', f'fault = "{fault}"'), encoding="utf-8")
    return Path(issued)
