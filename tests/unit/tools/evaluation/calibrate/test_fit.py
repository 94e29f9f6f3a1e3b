"""Which embedders a fit may compare by, and where it writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.errors import SettingsError
from edge.inference.manifest import read_manifest
from edge.inference.models import ModelStore
from tests.support.some import replaced
from tools.evaluation.calibrate import fit
from tools.evaluation.calibrate.__main__ import main

ROOT = Path(__file__).parents[5]
SHIPPED = ROOT / "models/manifest.toml"
STORE = ModelStore(SHIPPED, ROOT / "models/weights")


@pytest.mark.parametrize(
    ("embedders", "complaint"),
    [
        ({"none": 1.0}, "`none` is no embedder of the manifest; there is: sface, dlib"),
        ({"yunet": 1.0}, "`yunet` is no embedder"),
        ({"sface": 0.7, "dlib": 0.2}, "add up to 1"),
        ({"sface": 1.5, "dlib": -0.5}, "above 0"),
    ],
)
def test_only_embedders_whose_weights_add_up_are_compared_by(
    embedders: dict[str, float], complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint):
        fit.chosen(STORE, fit.Choice(embedders, 1.0))


def test_a_choice_leaves_the_manifest_as_it_is_and_is_measured_by_nobody() -> None:
    chosen = fit.chosen(STORE, fit.Choice({"dlib": 1.0}, 0.5)).manifest
    assert list(chosen.comparison.embedders) == ["dlib"]
    assert chosen.comparison.embedders["dlib"].centred == 0.5
    assert not chosen.is_measured
    assert list(STORE.manifest.comparison.embedders) == ["sface", "dlib"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--embedder", "sface"), "--embedder wants --fit"),
        (("--fit", "--embedder", "sface=much"), "give NAME, or NAME=WEIGHT"),
        (("--fit", "--embedder", "sface", "--embedder", "sface=0.5"), "sface is given twice"),
        (("--fit", "--embedder", "sface", "--centred", "3"), "is not in the range"),
    ],
)
def test_what_is_typed_wrong_is_said_so(arguments: tuple[str, ...], complaint: str) -> None:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == 2
    assert complaint in done.output


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Into the shipped manifest between its marks; into one that extends it, at the end."""
    comparison = STORE.manifest.comparison.model_copy(
        update={"measured": 'By "us" \\ them', "sets": {"a b.c": "Ñandú"}}
    )
    shipped, own = tmp_path / "manifest.toml", tmp_path / "own.toml"
    shutil.copy(SHIPPED, shipped)
    own.write_text('extends = "manifest.toml"\n# mine\n')
    for path in (shipped, own, own):
        fit.write(path, comparison)
        assert read_manifest(path).comparison == comparison
    assert own.read_text().startswith('extends = "manifest.toml"\n# mine\n')
    assert own.read_text().count("[comparison]\n") == 1


def test_a_comparison_that_stands_outside_the_marks_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(replaced(SHIPPED.read_text(), "# <calibration>", "#"))
    with pytest.raises(SettingsError, match="no one place between"):
        fit.write(path, STORE.manifest.comparison)


def test_who_is_one_person_and_who_is_another_comes_from_the_thresholds() -> None:
    comparison = STORE.manifest.comparison
    found = comparison.recognition
    assert (found.same, found.other) == (
        max(comparison.thresholds.values()),
        min(comparison.thresholds.values()),
    )
    alone = comparison.model_copy(update={"thresholds": {"1e-2": 0.3}}).recognition
    assert alone.same == 0.3
    assert alone.other == pytest.approx(0.2)
