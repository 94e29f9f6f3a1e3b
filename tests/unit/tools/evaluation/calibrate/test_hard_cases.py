"""Thresholds for the worst group, from labels to the manifest; and whether they hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from edge.errors import SettingsError
from edge.inference.manifest import read_manifest
from edge.inference.models import ModelStore
from tools.evaluation.calibrate import fit, templates
from tools.evaluation.calibrate.hard_cases import Wishes, measure
from tools.evaluation.calibrate.labelled import COLUMNS, read
from tools.evaluation.calibrate.portraits import AS_IS

ROOT = Path(__file__).parents[5]
MARKS = "<!-- calibration groups -->", "<!-- /calibration groups -->"


def labelled(folder: Path, people: int) -> Path:
    """A set of women and men, every other one; no picture of it can be opened."""
    path = folder / "set.csv"
    rows = [f"{at}.jpg,{at},{'FM'[at % 2]},Peru,,2020" for at in range(people)]
    path.write_text("\n".join((",".join(COLUMNS), *rows)) + "\n")
    for at in range(people):
        (folder / f"{at}.jpg").touch()
    return path


def remembered(store: ModelStore, path: Path, differ: float) -> Path:
    """A cache in which everybody has a template; women differ in fewer ways than men."""
    sets, rng = read([path]), np.random.default_rng(5)
    made = {}
    for name in store.manifest.comparison.embedders:
        rows = rng.normal(0, 1, (len(sets.pictures), 128)).astype(np.float32)
        rows[::2, 16:] *= np.float32(differ)
        made[name] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cache, used = path.parent / "cache", fit.copied(sets)
    cache.mkdir(exist_ok=True)
    key = templates._key(store, sets.pictures, AS_IS)
    np.savez(cache / f"{key}.npz", allow_pickle=False, **made)
    copies = {name: rows[used] + np.float32(0.002) for name, rows in made.items()}
    key = templates._key(store, [sets.pictures[at] for at in used], fit.CHIP)
    np.savez(cache / f"{key}.npz", allow_pickle=False, **copies)
    return cache


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """The manifest of the gate, to be written to."""
    manifest = tmp_path / "manifest.toml"
    shutil.copy(ROOT / "models/manifest.toml", manifest)
    return ModelStore(manifest, ROOT / "models/weights")


def wishes(
    cache: Path, *, fit: bool = False, check: bool = False, card: Path | None = None
) -> Wishes:
    return Wishes("as-is", cache, fit=fit, check=check, card=card)


def test_what_is_written_into_the_manifest_can_be_read_and_holds(
    store: ModelStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, card = labelled(tmp_path, 200), tmp_path / "card.md"
    card.write_text("\n".join(("# Card", *MARKS, "")))
    cache = remembered(store, path, 0.2)
    measure(store, [path], wishes(cache, fit=True, card=card), lambda _: None)
    written = read_manifest(store.manifest_path).comparison
    assert set(written.thresholds) == set(written.evidence) == {"1e-2"}
    evidence = written.evidence["1e-2"]
    women, men = evidence.groups["Peru F"], evidence.groups["Peru M"]
    assert women.rate == pytest.approx(1e-2, abs=3e-3)
    assert women.low < women.rate < women.high
    assert men.rate < women.rate
    assert evidence.mixed < women.rate
    assert women.people == 100
    assert read_manifest(store.manifest_path).is_measured
    assert max(written.thresholds.values()) < written.same_picture < 1
    assert written.sets == {"set": "200 people, 200 pictures"}
    for name, share in written.embedders.items():
        assert share.centre != store.manifest.comparison.embedders[name].centre
    again = ModelStore(store.manifest_path, ROOT / "models/weights")
    capsys.readouterr()
    measure(again, [path], wishes(cache, check=True), lambda _: None)
    told = capsys.readouterr().out
    assert told.strip() in card.read_text()
    assert "| Peru F | 100 | 4950 |" in told


def test_a_set_whose_people_are_more_alike_fails_the_check(
    store: ModelStore, tmp_path: Path
) -> None:
    path = labelled(tmp_path, 200)
    measure(store, [path], wishes(remembered(store, path, 1.0), fit=True), lambda _: None)
    again = ModelStore(store.manifest_path, ROOT / "models/weights")
    cache = remembered(again, path, 0.2)
    with pytest.raises(SettingsError, match=r"beyond 3 times a stated rate: Peru F: .* of 1e-2"):
        measure(again, [path], wishes(cache, check=True), lambda _: None)


def test_few_people_and_people_without_groups_are_said_so(
    store: ModelStore, tmp_path: Path
) -> None:
    path = labelled(tmp_path, 10)
    cache = remembered(store, path, 1.0)
    before = store.manifest_path.read_text()
    with pytest.raises(SettingsError, match="more people are wanted"):
        measure(store, [path], wishes(cache, fit=True), lambda _: None)
    assert store.manifest_path.read_text() == before
    path.write_text(path.read_text().replace("Peru", ""))
    with pytest.raises(SettingsError, match="no group of adults"):
        measure(store, [path], wishes(cache, check=True), lambda _: None)


def test_the_shipped_manifest_states_what_its_evidence_shows() -> None:
    """No group of adults is beyond three times the rate that its similarity stands for."""
    comparison = read_manifest(ROOT / "models/manifest.toml").comparison
    assert set(comparison.evidence) == set(comparison.thresholds)
    for rate, evidence in comparison.evidence.items():
        adults = {name: each for name, each in evidence.groups.items() if name[-2:] in (" F", " M")}
        assert len(adults) > 3
        assert max(each.rate for each in adults.values()) <= 3 * float(rate), rate
