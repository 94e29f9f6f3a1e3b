"""python -m tools.evaluation.pad: judges as a gate with the same models would."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.face.pad import Asking
from edge.inference.models import ModelStore
from tests.support.face.faces import ROOT, WEIGHTS
from tools.evaluation.pad.__main__ import means_of

MANIFEST = ROOT / "models/manifest.toml"


def test_presentations_are_judged_with_the_network_of_the_manifest() -> None:
    assert means_of(ModelStore(MANIFEST, WEIGHTS), Asking.ALWAYS).texture is not None


def test_where_that_was_left_out_one_cue_is_less(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = means_of(ModelStore(MANIFEST, tmp_path), Asking.NEVER)
    assert found.texture is None
    assert found.asking is Asking.NEVER
    assert capsys.readouterr().err == "minifas is not installed: one cue less\n"
