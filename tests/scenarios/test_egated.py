"""egated as a user meets it: a process that starts, stops, is killed, and refuses what is wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import tty
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from edge.contract.event_types import EventType
from edge.contract.events import DurableFacts, EventDraft
from edge.journal.journal import Journal
from tests.support import egated as daemon
from tests.support.egated import ROOT, Table, egated, journal, page, refused, until_page
from tests.support.signing import SIGN
from tests.support.some import replaced

CONFIGURATION = 78
FAULT = 1
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def table(tmp_path: Path, specimens: Path) -> Table:
    return daemon.lane(tmp_path, specimens)


def write(folder: Path, table: Table) -> Path:
    return daemon.write(folder / "gate.toml", table)


def test_when_it_says_ready_the_page_answers_and_the_gate_serves(
    tmp_path: Path, table: Table
) -> None:
    with egated(write(tmp_path, table), tmp_path) as gate:
        gate.until_ready()
        assert page(table, "/")[0] == 200
        until_page(table, "/healthz", lambda health: health["status"] == "ready")
        assert page(table, "/healthz")[0] == 200


@pytest.mark.parametrize("everybody", [False, True], ids=["kill", "terminal"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_good_order_and_the_next_start_goes_on(
    tmp_path: Path, table: Table, number: signal.Signals, everybody: bool
) -> None:
    config = write(tmp_path, table)
    with egated(config, tmp_path, "first") as gate:
        gate.until_ready()
        assert gate.children(), "a virtual lane has a broker and a decoder"
        gate.send(number, everybody=everybody)
        assert gate.ended() == 0
        assert gate.children() == []
        assert gate.errors == ""
        assert gate.told[-1] == "STOPPING=1"
    first = journal(table)
    assert first[0] == "device.started"
    assert first[-1] == "device.stopped"
    with egated(config, tmp_path, "second") as gate:
        assert gate.until_said("journal_opened")["last_sequence"] == len(first)
        gate.until_ready()
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
    second = journal(table)
    assert second[: len(first)] == first
    assert second[len(first)] == "device.started"
    assert second[-1] == "device.stopped"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_ends_it_in_good_order(
    tmp_path: Path, table: Table, number: signal.Signals
) -> None:
    with egated(write(tmp_path, table), tmp_path) as gate:
        gate.until_said("journal_opened")
        gate.send(number)
        assert gate.ended() == 0
        assert gate.children() == []
        assert gate.errors == ""
    assert journal(table)[-1] == "device.stopped"


def test_a_signal_while_a_traveller_is_inspected_ends_it_in_good_order(
    tmp_path: Path, table: Table
) -> None:
    table["simulation"]["repeat"] = "genuine"
    table["devices"]["chip-reader"]["apdu_latency_s"] = 1.0  # a chip that is never done
    with egated(write(tmp_path, table), tmp_path) as gate:
        gate.until_said("gate_state_changed", state="Inspecting")
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert gate.children() == []
        assert gate.errors == ""
    types = journal(table)
    assert types[-1] == "device.stopped"
    assert "gate.opened" not in types


def test_killed_in_the_middle_of_a_passage_it_starts_again_and_no_event_is_lost(
    tmp_path: Path, table: Table
) -> None:
    table["simulation"]["repeat"] = "genuine"
    config = write(tmp_path, table)
    with egated(config, tmp_path, "first") as gate:
        gate.until_said("gate_state_changed", state="Authorised")
        gate.send(signal.SIGKILL)
        assert gate.ended() == -signal.SIGKILL
        gate.until_alone()
    first = journal(table)
    assert first[0] == "device.started"
    assert "decision.made" in first, "written down before the door moves"
    assert "device.stopped" not in first
    with egated(config, tmp_path, "second") as gate:
        assert gate.until_said("journal_opened")["last_sequence"] == len(first)
        gate.until_ready()
        gate.until_said("transaction_closed", decision="open")
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert gate.errors == ""
    second = journal(table)
    assert second[: len(first)] == first
    assert second[len(first)] == "device.started"


def unknown_key(table: Table, folder: Path) -> None:
    table["sight"] = "lane"


def unknown_key_in_a_table(table: Table, folder: Path) -> None:
    table["screen"]["langauge"] = "en"


def unknown_option_of_a_driver(table: Table, folder: Path) -> None:
    table["devices"]["camera"]["frames"] = 3


def unknown_driver(table: Table, folder: Path) -> None:
    table["devices"]["scanner"]["driver"] = "virtual-scaner"


def unknown_language(table: Table, folder: Path) -> None:
    table["screen"]["language"] = "tlh"


def virtual_when_live(table: Table, folder: Path) -> None:
    table["operation"] = "live"
    table["time_zone"] = "America/Guatemala"
    del table["simulation"]


def no_policy(table: Table, folder: Path) -> None:
    table["policy"] = str(folder / "none.toml")


def unmeasured_rate(table: Table, folder: Path) -> None:
    text = (ROOT / "config/policy.example.toml").read_text(encoding="utf-8")
    table["policy"] = str(folder / "policy.toml")
    (folder / "policy.toml").write_text(replaced(text, '"1e-4"', '"1e-9"'), encoding="utf-8")


def no_manifest(table: Table, folder: Path) -> None:
    table["models"]["manifest"] = str(folder / "none.toml")


def unknown_model(table: Table, folder: Path) -> None:
    manifest = Path(table["models"]["manifest"]).read_text(encoding="utf-8")
    changed = folder / "manifest.toml"
    changed.write_text(
        replaced(manifest, 'detector = "yunet"', 'detector = "yunnet"'), encoding="utf-8"
    )
    table["models"]["manifest"] = str(changed)


def no_model(table: Table, folder: Path) -> None:
    weights = copytree(table["models"]["weights"], folder / "weights")
    (weights / "yunet.onnx").unlink()
    table["models"]["weights"] = str(weights)


def another_model(table: Table, folder: Path) -> None:
    weights = copytree(table["models"]["weights"], folder / "weights")
    with (weights / "sface.onnx").open("r+b") as file:
        file.write(b"\0")
    table["models"]["weights"] = str(weights)


def no_anchor(table: Table, folder: Path) -> None:
    (folder / "trust").mkdir()
    table["trust"]["anchors"] = [str(folder / "trust")]


def no_anchor_but_rubbish(table: Table, folder: Path) -> None:
    no_anchor(table, folder)
    (folder / "trust/csca.der").write_bytes(b"\x30\x03\x02\x01\x00")


def no_specimens(table: Table, folder: Path) -> None:
    table["simulation"]["specimens"] = str(folder / "none")


def foreign_address(table: Table, folder: Path) -> None:
    table["screen"]["host"] = "192.0.2.1"


def state_is_a_file(table: Table, folder: Path) -> None:
    (folder / "state").write_bytes(b"")


def journal_is_damaged(table: Table, folder: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state/journal.db").write_bytes(b"not a database" * 1000)


def written(folder: Path, *facts: DurableFacts) -> Path:
    """A journal that waits for the central system, with durable facts."""
    path = folder / "state/journal.db"
    opened = EventDraft(EventType.GATE_OPENED, NOON, remember=facts)
    with Journal(
        path,
        source="/egate/v1/training/lane-1",
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=SIGN,
    ) as made:
        made.append([opened] * 10)
    return path


def fact_is_damaged(name: str, value: str) -> Callable[[Table, Path], None]:
    def spoil(table: Table, folder: Path) -> None:
        written(folder, DurableFacts(name, value))

    return spoil


def event_is_damaged(table: Table, folder: Path) -> None:
    """An event that is read only when it is sent."""
    connection = sqlite3.connect(written(folder))
    connection.execute("UPDATE journal SET type = CAST(x'ff' AS TEXT) WHERE sequence = 5")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "advice"),
    [
        (unknown_key, "unknown key `sight`"),
        (unknown_key_in_a_table, "`screen.langauge`; did you mean `language`?"),
        (unknown_option_of_a_driver, "unknown key `frames`; did you mean `frames_per_s`?"),
        (unknown_driver, "`virtual-scaner`; did you mean `virtual-scanner`?"),
        (unknown_language, "tlh"),
        (virtual_when_live, 'is for training; with `operation = "live"` name a real one'),
        (no_policy, "none.toml cannot be read"),
        (unmeasured_rate, "measured: 1e-"),
        (no_manifest, "none.toml cannot be read"),
        (
            unknown_model,
            "manifest.toml: [comparison]: no model `yunnet`; there is: yunet, sface, dlib, minifas",
        ),
        (no_model, "yunet.onnx is missing; run: gatectl models install"),
        (another_model, "sface.onnx is not what the manifest says; run: gatectl models install"),
        (no_anchor, "put CSCA certificates there"),
        (no_anchor_but_rubbish, "put CSCA certificates there"),
        (no_specimens, "run: gatectl specimen issue --out"),
        (foreign_address, "set another screen."),
        (state_is_a_file, "cannot be opened"),
        (journal_is_damaged, "is damaged (file is not a database)"),
        (fact_is_damaged("clock", "2026-12-01T12:00:00"), "is damaged (nobody wrote its fact `c"),
        (fact_is_damaged("commands-forgotten-until", "nan"), "wrote its fact `commands-f"),
        (event_is_damaged, "is damaged (a row that nobody wrote)"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_said_in_one_line(
    tmp_path: Path, table: Table, spoil: Callable[[Table, Path], None], advice: str
) -> None:
    spoil(table, tmp_path)
    status, line = refused(write(tmp_path, table), tmp_path)
    assert status == CONFIGURATION
    assert advice in line


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path) -> None:
    status, line = refused(tmp_path / "none.toml", tmp_path)
    assert status == CONFIGURATION
    assert f"{tmp_path / 'none.toml'} cannot be read" in line


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    status, line = refused(tmp_path, tmp_path)
    assert status == CONFIGURATION
    assert f"{tmp_path} cannot be read" in line


def test_what_is_not_toml_is_refused_with_the_place(tmp_path: Path) -> None:
    config = tmp_path / "gate.toml"
    config.write_text('site = "training"\ndevice: lane-1\n', encoding="utf-8")
    status, line = refused(config, tmp_path)
    assert status == CONFIGURATION
    assert "is not a TOML file" in line
    assert "line 2" in line


@pytest.mark.parametrize(
    ("section", "status", "advice"),
    [("screen", CONFIGURATION, "set another screen.port"), ("broker", FAULT, "`broker.port`")],
)
def test_a_port_somebody_has_is_named(
    tmp_path: Path, table: Table, section: str, status: int, advice: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        table[section]["port"] = port = somebody.getsockname()[1]
        found, line = refused(write(tmp_path, table), tmp_path)
    assert found == status
    assert str(port) in line
    assert advice in line


def test_a_refused_start_leaves_no_trace_in_the_journal(tmp_path: Path, table: Table) -> None:
    unknown_language(table, tmp_path)
    refused(write(tmp_path, table), tmp_path)
    assert not (tmp_path / "state").exists()


def test_a_second_egated_does_not_touch_the_journal_of_the_first(
    tmp_path: Path, table: Table, specimens: Path
) -> None:
    with egated(write(tmp_path, table), tmp_path) as gate:
        gate.until_ready()
        second = daemon.write(tmp_path / "second.toml", daemon.lane(tmp_path, specimens))
        status, line = refused(second, tmp_path)
        assert status == CONFIGURATION
        assert "is in use by another egated; stop that one" in line
        assert gate.runs
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
    assert journal(table).count("device.started") == 1


def without_service(table: Table, folder: Path) -> str:
    pytest.importorskip("smartcard", reason="pyscard is not installed")
    table["devices"]["chip-reader"] = {"driver": "pcsc"}
    return "chip-reader"


def without_cable(table: Table, folder: Path) -> str:
    table["devices"]["scanner"] = {"driver": "mrz-serial", "port": str(folder / "port")}
    return "scanner"


def without_pictures(table: Table, folder: Path) -> str:
    table["devices"]["camera"] = {"driver": "camera-files", "folder": str(folder / "none")}
    return "camera"


@pytest.mark.parametrize("break_one", [without_service, without_cable, without_pictures])
def test_with_a_dead_device_it_serves_its_duties_and_the_gate_stays_shut(
    tmp_path: Path,
    table: Table,
    break_one: Callable[[Table, Path], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(tmp_path / "no-pcscd"))
    dead = break_one(table, tmp_path)
    table["simulation"]["repeat"] = "genuine"
    with egated(write(tmp_path, table), tmp_path) as gate:
        gate.until_ready()  # it delivers, keeps its journal, and its pages say why it is closed
        cause = gate.until_said("device_lost", role=dead)["cause"]
        assert f"STATUS=out of service: {cause}" in gate.told
        for role in {"scanner", "chip-reader", "camera", "gate"} - {dead}:
            gate.until_said("device_opened", role=role)
        until_page(table, "/healthz", lambda health: "starting" not in health["devices"].values())
        status, body = page(table, "/healthz")
        assert status == 503
        assert json.loads(body)["devices"][dead] == "lost"
        scene = json.loads(page(table, "/live/technician")[1])
        assert scene["sign"] == "closed"
        assert not any(door["free"] for door in scene["doors"].values())
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert gate.errors == ""
        assert "WATCHDOG=1" in gate.told
    assert "gate.opened" not in journal(table)


def test_a_scanner_that_is_plugged_in_again_makes_it_ready_and_pulled_out_shuts_it(
    tmp_path: Path, table: Table
) -> None:
    without_cable(table, tmp_path)
    with egated(write(tmp_path, table), tmp_path) as gate:
        gate.until_said("device_lost", role="scanner")
        cable, port = os.openpty()
        tty.setraw(port)
        (tmp_path / "port").symlink_to(os.ttyname(port))
        gate.until_ready()
        until_page(table, "/healthz", lambda health: health["status"] == "ready")
        (tmp_path / "port").unlink()
        os.close(port)
        os.close(cable)
        gate.until_said("device_lost", role="scanner")
        until_page(table, "/healthz", lambda health: health["state"] == "OutOfService")
        assert gate.runs
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert gate.errors == ""
    assert "device.peripheral_lost" in journal(table)
