"""An authority brings its own embedder: installed, calibrated, and the gate runs on it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.composition.rules import LoadedRules
from edge.daemon import Daemon, now
from edge.errors import SettingsError
from edge.inference.manifest import read_manifest
from edge.settings.face import Models
from edge.settings.tree import Operation, Settings
from tests.support.face.tiny_embedder import PLACES, SIDE, network, people
from tests.support.some import replaced
from tools.evaluation.calibrate.__main__ import main as calibrate
from tools.gatectl import gatectl
from tools.simulation import lane

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "models/weights"
PEOPLE = 160
"""3160 pairs of strangers among the women, and among the men: enough for 1e-2."""
PIXELS = ("--scale", "255")


@dataclass(frozen=True, slots=True)
class Brought:
    """A manifest with the embedder, calibrated, and the weights of all its models."""

    manifest: Path
    weights: Path

    def settings(self, quick: Settings, folder: Path) -> Settings:
        """A lane that compares by it, with a policy that names a rate it was calibrated for."""
        policy = folder / "policy.toml"
        example = quick.policy.read_text(encoding="utf-8")
        policy.write_text(replaced(example, '"1e-4"', '"1e-2"'), encoding="utf-8")
        models = Models(manifest=self.manifest, weights=self.weights)
        return quick.model_copy(update={"models": models, "policy": policy})


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(gatectl, list(map(str, arguments)))
    assert done.exit_code == 0, f"{done.output}\n{done.exception}"
    return done.output


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Brought:
    """By the steps of docs/face.md, *Bring your own embedder*."""
    folder = tmp_path_factory.mktemp("own")
    weights, vendor = folder / "weights", folder / "vendor.onnx"
    shutil.copytree(WEIGHTS, weights)
    vendor.write_bytes(network())
    manifest = folder / "models.toml"
    manifest.write_text(f"""\
extends = "{ROOT / "models/manifest.toml"}"
[models.tiny]
title = "Colours of a face"
file = "vendor.onnx"
licence = "For one test"
accept_licence = true
terms = "It tells nobody apart in earnest."
provenance = "Made up."
pixels = {{ scale = 255.0 }}
{run("models", "describe", vendor, *PIXELS)}
alignment = {{ side = {SIDE}, points = {PLACES} }}
""")
    places = ("--manifest", manifest, "--weights", weights)
    run("models", "install", *places, "--accept-licence", "tiny", "--accepted-by", "a test")
    done = CliRunner().invoke(
        calibrate,
        [
            *("--set", str(people(folder / "people", PEOPLE)), "--fit", "--embedder", "tiny"),
            *map(str, places),
        ],
    )
    assert done.exit_code == 0, f"{done.output}\n{done.exception}"
    return Brought(manifest, weights)


def test_a_calibration_writes_the_comparison_beside_the_shipped_one(calibrated: Brought) -> None:
    found = read_manifest(calibrated.manifest)
    assert found.is_measured
    assert list(found.comparison.embedders) == ["tiny"]
    assert set(found.comparison.thresholds) == {"1e-2"}
    assert set(found.comparison.evidence["1e-2"].groups) == {"Light F", "Light M"}
    assert "similarity: 1 tiny" in run(
        "models", "list", "--manifest", calibrated.manifest, "--weights", calibrated.weights
    )


def test_the_lane_matches_on_it_and_every_decision_names_it(
    calibrated: Brought, quick_lane: Settings, tmp_path: Path
) -> None:
    settings = calibrated.settings(quick_lane, tmp_path)

    async def told() -> None:
        async with lane.running(settings, tmp_path) as running:
            genuine = await running.passage("genuine")
            assert genuine["reasons"] == []
            impostor = await running.passage("impostor")
            assert impostor["reasons"] == ["R-FACE-NOMATCH"]
            central = running.training.central
            assert central is not None
            decided = [
                each.content["data"]
                for each in central.received
                if each.content["type"] == "int.egate.decision.made"
            ]
            assert len(decided) >= 2
            found = read_manifest(calibrated.manifest)
            for decision in decided:
                assert decision["models"]["tiny"] == found.models["tiny"].sha256
                assert decision["models"]["comparison"] == found.comparison.digest
                assert "sface" not in decision["models"]

    asyncio.run(told())


def test_a_gate_does_not_start_when_nobody_has_accepted_the_licence(
    calibrated: Brought, quick_lane: Settings, tmp_path: Path
) -> None:
    weights = Path(shutil.copytree(calibrated.weights, tmp_path / "weights"))
    (weights / "tiny.accepted.json").unlink()
    settings = Brought(calibrated.manifest, weights).settings(quick_lane, tmp_path)
    daemon = Daemon(lane.headless(settings, tmp_path), now)
    with pytest.raises(SettingsError, match="nobody has accepted the licence of model tiny"):
        asyncio.run(daemon.run())


def other_weights(text: str) -> str:
    """The vendor's next version, by the hash of its file."""
    found = text.partition('\nsha256 = "')[2][:64]
    return replaced(text, found, found[::-1])


def other_threshold(text: str) -> str:
    line = next(line for line in text.splitlines() if line.startswith('"1e-2" = '))
    return replaced(text, line, '"1e-2" = 0.1234', 1)


def other_embedder(text: str) -> str:
    return replaced(text, "[comparison.embedders.tiny]", "[comparison.embedders.sface]")


@pytest.mark.parametrize("change", [other_weights, other_threshold, other_embedder])
def test_a_live_gate_does_not_start_on_thresholds_of_another_embedder(
    calibrated: Brought,
    quick_lane: Settings,
    tmp_path: Path,
    change: Callable[[str], str],
) -> None:
    changed = tmp_path / "models.toml"
    changed.write_text(change(calibrated.manifest.read_text()))
    settings = Brought(changed, calibrated.weights).settings(quick_lane, tmp_path)
    assert LoadedRules.read(settings, now()).threshold < 1  # training goes on
    live = settings.model_copy(update={"operation": Operation.LIVE})
    with pytest.raises(SettingsError, match="were not measured with these embedders"):
        LoadedRules.read(live, now())


def test_an_update_of_the_shipped_detector_asks_for_another_calibration(
    calibrated: Brought, quick_lane: Settings, tmp_path: Path
) -> None:
    """The manifest that ships is replaced; the authority's file stays, and says what it knows."""
    shipped = (ROOT / "models/manifest.toml").read_text()
    (tmp_path / "manifest.toml").write_text(replaced(shipped, "2af5c0029c0a9030", "0" * 16))
    own = tmp_path / "models.toml"
    text = calibrated.manifest.read_text()
    own.write_text(replaced(text, str(ROOT / "models/manifest.toml"), "manifest.toml"))
    settings = Brought(own, calibrated.weights).settings(quick_lane, tmp_path)
    live = settings.model_copy(update={"operation": Operation.LIVE})
    with pytest.raises(SettingsError, match="were not measured with these embedders"):
        LoadedRules.read(live, now())
