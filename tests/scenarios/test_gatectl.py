"""gatectl as a technician meets it: what it prints, what it refuses, and its exit status."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from edge.settings.loader import read_toml
from tests.support import egated as daemon
from tests.support.egated import ROOT, Table
from tests.support.gatectl import gatectl, refused
from tests.support.some import replaced

COMMANDS = [
    "",
    "camera",
    "camera accept",
    "camera list",
    "camera preview",
    "command",
    "command diagnostics",
    "command in-service",
    "command out-of-service",
    "command outcome",
    "command reboot",
    "command release",
    "command reload",
    "command reset",
    "config",
    "config check",
    "events",
    "events export",
    "events head",
    "events keys",
    "events verify",
    "face",
    "face compare",
    "face embed",
    "face similarities",
    "keys",
    "keys new",
    "models",
    "models describe",
    "models install",
    "models list",
    "models verify",
    "policy",
    "policy explain",
    "privacy",
    "privacy erase",
    "privacy report",
    "read",
    "simulate",
    "specimen",
    "specimen chip",
    "specimen issue",
    "specimen serve",
    "trust",
    "trust import",
    "trust list",
    "trust prune",
    "trust show",
    "verify",
]
GATES = sorted(path.name for path in (ROOT / "config").glob("gate*.toml"))
NAMES = [
    "bent-photo",
    "broker-away",
    "cloned-chip",
    "cut-out-mask",
    "expired-document",
    "frozen-frame",
    "genuine",
    "impostor",
    "minor",
    "printed-photo",
    "reader-unplugged",
    "replayed-answer",
    "screen-replay",
    "tailgater",
    "tampered-portrait",
    "unknown-issuer",
]


@pytest.fixture
def table(tmp_path: Path, specimens: Path) -> Table:
    return daemon.lane(tmp_path, specimens)


def write(folder: Path, table: Table) -> Path:
    return daemon.write(folder / "gate.toml", table)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command or "gatectl")
def test_every_help_ends_with_examples_that_can_be_copied(command: str) -> None:
    said = gatectl(*command.split(), "--help")
    assert said.status == 0
    assert said.errors == ""
    lines = said.output.splitlines()
    start = next(n for n, line in enumerate(lines) if line.strip() in {"Example:", "Examples:"})
    examples = lines[start + 1 :]
    assert examples
    for example in examples:
        words = shlex.split(example)
        assert words[: 1 + len(command.split())] == ["gatectl", *command.split()]
    assert "\\b" not in said.output


def test_the_helps_above_are_those_of_every_command() -> None:
    found = [""]
    for name in found:
        lines = gatectl(*name.split(), "--help").output.splitlines()
        if "Commands:" in lines:
            listed = lines[lines.index("Commands:") + 1 :]
            listed = listed[: listed.index("")] if "" in listed else listed
            found += [f"{name} {line.split()[0]}".strip() for line in listed if line[2] != " "]
    assert sorted(found) == COMMANDS


def test_an_unknown_command_is_a_wrong_use() -> None:
    said = gatectl("simulat")
    assert said.status == 2
    assert "No such command 'simulat'" in said.errors


@pytest.mark.parametrize("name", GATES)
def test_every_shipped_configuration_is_valid(name: str) -> None:
    said = gatectl("config", "check", ROOT / "config" / name)
    assert said.errors == ""
    assert said.status == 0
    assert f"{name}: valid; site " in said.output


def misspelt(table: Table, folder: Path) -> None:
    table["state_dirr"] = table.pop("state_dir")


def unknown_option(table: Table, folder: Path) -> None:
    table["devices"]["chip-reader"]["bitrate"] = 106000


def unknown_driver(table: Table, folder: Path) -> None:
    table["devices"]["gate"]["driver"] = "virtual-gates"


def wrong_role(table: Table, folder: Path) -> None:
    table["devices"]["gate"] = {"driver": "camera-files", "folder": str(folder)}


def unmeasured_rate(table: Table, folder: Path) -> None:
    text = (ROOT / "config/policy.example.toml").read_text(encoding="utf-8")
    table["policy"] = str(folder / "policy.toml")
    (folder / "policy.toml").write_text(replaced(text, '"1e-4"', '"1e-9"'), encoding="utf-8")


def unknown_language(table: Table, folder: Path) -> None:
    table["screen"]["language"] = "tlh"


def no_policy(table: Table, folder: Path) -> None:
    table["policy"] = str(folder / "none.toml")


def misspelt_check(table: Table, folder: Path) -> None:
    text = (ROOT / "config/policy.example.toml").read_text(encoding="utf-8")
    table["policy"] = str(folder / "policy.toml")
    (folder / "policy.toml").write_text(replaced(text, '"face.match"', '"face.mach"'))


@pytest.mark.parametrize(
    ("spoil", "advice"),
    [
        (misspelt, "unknown key `state_dirr`; did you mean `state_dir`?"),
        (unknown_option, "devices.chip-reader: unknown key `bitrate`; did you mean `bit_rate`?"),
        (unknown_driver, "unknown driver `virtual-gates`; did you mean `virtual-gate`?"),
        (wrong_role, "`devices.gate`: driver `camera-files` is for `devices.camera`"),
        (unmeasured_rate, "no threshold for a false match rate of 1e-9; measured: 1e-"),
        (unknown_language, "no catalogue for 'tlh'"),
        (no_policy, "none.toml cannot be read"),
        (misspelt_check, "face.mach"),
    ],
)
def test_a_configuration_that_egated_would_refuse_is_refused_with_the_cause(
    tmp_path: Path, table: Table, spoil: Callable[[Table, Path], None], advice: str
) -> None:
    spoil(table, tmp_path)
    assert advice in refused("config", "check", write(tmp_path, table))


def test_a_configuration_that_is_missing_or_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    assert f"{path} cannot be read" in refused("config", "check", path)
    path.write_text("site", encoding="utf-8")
    assert f"{path} is not a TOML file" in refused("config", "check", path)


def test_a_policy_alone_is_no_configuration_of_a_gate() -> None:
    assert "unknown key" in refused("config", "check", ROOT / "config/policy.example.toml")


def test_the_models_are_listed_with_licence_and_thresholds() -> None:
    said = gatectl("models", "list")
    assert said.status == 0
    manifest = read_toml(ROOT / "models/manifest.toml")
    for name, model in manifest["models"].items():
        line = next(line for line in said.output.splitlines() if line.startswith(name))
        assert model["licence"] in line
        assert model["sha256"][:16] in line
        for rate in model.get("thresholds", {}):
            assert f"false match rate {rate}" in said.output


def test_models_that_are_right_are_said_to_be_right() -> None:
    said = gatectl("models", "verify")
    assert said.status == 0
    assert said.errors == ""
    assert "sface: as the manifest says" in said.output
    assert "yunet: as the manifest says" in said.output


def test_every_model_that_is_wrong_is_named_with_what_mends_it(tmp_path: Path) -> None:
    weights = copytree(ROOT / "models/weights", tmp_path / "weights")
    (weights / "yunet.onnx").unlink()
    with (weights / "sface.onnx").open("r+b") as file:
        file.write(b"\0")
    picture = min((weights / "portraits").iterdir())
    picture.write_bytes(b"")
    said = gatectl("models", "verify", "--weights", weights)
    assert said.status == 1
    lines = said.errors.splitlines()
    assert any("yunet.onnx is missing" in line for line in lines)
    assert any("sface.onnx is not what the manifest says" in line for line in lines)
    assert any(f"{picture.name} is missing or wrong" in line for line in lines)
    assert "gatectl models install" in lines[-1]


def test_a_manifest_that_is_missing_is_named(tmp_path: Path) -> None:
    assert "none.toml cannot be read" in refused(
        "models", "list", "--manifest", tmp_path / "none.toml"
    )


def test_specimens_are_issued_and_not_again_when_fresh(tmp_path: Path) -> None:
    out = tmp_path / "specimens"
    said = gatectl("specimen", "issue", "--out", out)
    assert said.status == 0
    assert sorted(path.parent.name for path in out.glob("*/traveller.toml")) == NAMES
    assert (out / "trust/csca.der").stat().st_size > 0
    before = (out / "trust/csca.der").read_bytes()
    again = gatectl("specimen", "issue", "--out", out, "--if-needed")
    assert (again.status, again.output) == (0, "")
    assert (out / "trust/csca.der").read_bytes() == before
    anew = gatectl("specimen", "issue", "--out", out)
    assert anew.status == 0
    assert (out / "trust/csca.der").read_bytes() != before


def test_specimens_without_photographs_say_how_to_get_them(tmp_path: Path) -> None:
    said = gatectl("specimen", "issue", "--out", tmp_path / "out", "--portraits", tmp_path)
    assert said.status == 1
    assert "gatectl models install" in said.errors
    assert not (tmp_path / "out").exists()


def test_specimens_that_cannot_be_written_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    said = gatectl("specimen", "issue", "--out", tmp_path / "file/specimens")
    assert said.status == 1
    assert "gatectl: " in said.errors


def test_a_folder_that_holds_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/precious.txt").write_text("kept", encoding="utf-8")
    said = gatectl("specimen", "issue", "--out", tmp_path / "home")
    assert said.status == 1
    assert "precious" not in said.output
    assert (tmp_path / "home/precious.txt").read_text(encoding="utf-8") == "kept"


def test_the_scenarios_are_listed_with_what_each_is_about(tmp_path: Path, table: Table) -> None:
    said = gatectl("simulate", "--list", "--config", write(tmp_path, table))
    assert said.status == 0
    assert [line.split()[0] for line in said.output.splitlines()] == NAMES
    assert "the gate opens" in said.output


def test_a_genuine_traveller_in_json_says_everything_a_script_needs(
    tmp_path: Path, table: Table
) -> None:
    said = gatectl("simulate", "genuine", "--json", "--config", write(tmp_path, table))
    assert said.status == 0, said.errors
    (result,) = json.loads(said.output)
    assert set(result) >= {"scenario", "decision", "reasons", "checks", "timings_ms", "events"}
    assert result["scenario"] == "genuine"
    assert result["decision"] == "open"
    assert result["reasons"] == []
    assert result["as_defined"] is True
    assert {check["id"] for check in result["checks"]} >= {"mrz.read", "chip.dg_hash", "face.match"}
    assert result["timings_ms"]["decision"] > 0
    assert result["events"][0] == "transaction.started"
    assert result["events"][-1] == "transaction.closed"
    assert "decision.made" in result["events"]


def test_a_wrong_name_is_told_before_anything_is_issued(tmp_path: Path, table: Table) -> None:
    table["simulation"]["specimens"] = str(tmp_path / "specimens")
    said = gatectl("simulate", "genuin", "--config", write(tmp_path, table))
    assert said.status == 2
    assert "did you mean `genuine`?" in said.errors
    assert not (tmp_path / "specimens").exists()


def test_without_json_each_scenario_is_one_line(tmp_path: Path, table: Table) -> None:
    said = gatectl("simulate", "minor", "genuine", "--config", write(tmp_path, table))
    assert said.status == 0, said.errors
    first, second = said.output.splitlines()
    assert first.split()[:3] == ["minor", "refer", "R-ELIG-AGE"]
    assert second.split()[:2] == ["genuine", "open"]
    assert first.endswith("  as defined")
    assert second.endswith("  as defined")


def test_a_simulation_leaves_the_state_of_the_lane_alone(tmp_path: Path, table: Table) -> None:
    gatectl("simulate", "minor", "--config", write(tmp_path, table))
    assert not Path(table["state_dir"]).exists()


def test_a_traveller_who_does_not_end_as_defined_fails_the_simulation(
    tmp_path: Path, table: Table, specimens: Path
) -> None:
    changed = copytree(specimens, tmp_path / "specimens")
    script = changed / "genuine/traveller.toml"
    text = script.read_text(encoding="utf-8")
    ends = 'expect_decision = "{}"'.format
    script.write_text(replaced(text, ends("open"), ends("refer")), encoding="utf-8")
    table["simulation"]["specimens"] = str(changed)
    said = gatectl("simulate", "genuine", "--config", write(tmp_path, table))
    assert said.status == 1
    assert said.output.rstrip().endswith("NOT AS DEFINED")


def test_a_policy_that_refers_everybody_fails_the_simulation(tmp_path: Path, table: Table) -> None:
    text = (ROOT / "config/policy.example.toml").read_text(encoding="utf-8")
    (tmp_path / "policy.toml").write_text(
        replaced(text, "minimum_age = 18", "minimum_age = 120"), encoding="utf-8"
    )
    table["policy"] = str(tmp_path / "policy.toml")
    said = gatectl("simulate", "genuine", "--json", "--config", write(tmp_path, table))
    assert said.status == 1
    (result,) = json.loads(said.output)
    assert result["decision"] == "refer"
    assert result["reasons"] == ["R-ELIG-AGE"]
    assert result["as_defined"] is False


def test_an_unknown_scenario_is_a_wrong_use_and_names_the_others(
    tmp_path: Path, table: Table
) -> None:
    said = gatectl("simulate", "genuin", "--config", write(tmp_path, table))
    assert said.status == 2
    assert said.output == ""
    assert "`genuin`" in said.errors
    assert "did you mean `genuine`?" in said.errors
    assert all(name in said.errors for name in NAMES)


def test_no_scenario_is_a_wrong_use(tmp_path: Path, table: Table) -> None:
    said = gatectl("simulate", "--config", write(tmp_path, table))
    assert said.status == 2
    assert "--list" in said.errors


def test_a_lane_without_travellers_cannot_be_simulated(tmp_path: Path, table: Table) -> None:
    del table["simulation"]
    assert "[simulation]" in refused("simulate", "genuine", "--config", write(tmp_path, table))


def test_what_stops_the_daemon_is_told_by_the_simulation_in_one_line(
    tmp_path: Path, table: Table
) -> None:
    table["models"]["weights"] = str(tmp_path / "none")
    line = refused("simulate", "genuine", "--config", write(tmp_path, table))
    assert ".onnx is missing; run: gatectl models install" in line
