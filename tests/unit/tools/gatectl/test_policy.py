"""gatectl says from which age faces are compared, and who accepted that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.gatectl.config import check
from tools.gatectl.policy import explain

ROOT = Path(__file__).parents[4]
EXAMPLE = (ROOT / "config/policy.example.toml").read_text(encoding="utf-8")
ACCEPTED = """
[younger_faces]
from_age = 16
false_match_rate = 3e-3
calibration = "report 2026-11"
accepted_by = "Utopia, act 1 of 2026"
"""
SAID = (
    "faces are compared from 16 years on, now and in the portrait: Utopia, act 1 of 2026 accepts"
    " false match rate 0.003 at that age, found by report 2026-11"
)


@pytest.fixture
def accepting(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(EXAMPLE.replace("minimum_age = 18", "minimum_age = 16") + ACCEPTED, "utf-8")
    return path


def test_the_example_compares_adults(capsys: pytest.CaptureFixture[str]) -> None:
    explain(ROOT / "config/policy.example.toml", training=False, as_json=False)
    said = capsys.readouterr().out.splitlines()
    assert said[1] == (
        "travellers from 18 years on; faces are compared from 18 years on, now and in the portrait"
    )
    explain(ROOT / "config/policy.example.toml", training=False, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["least_age"], told["compared_from"], told["younger_faces"]) == (18, 18, None)


def test_an_acceptance_is_shown(accepting: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain(accepting, training=False, as_json=False)
    assert f"travellers from 16 years on; {SAID}\n" in capsys.readouterr().out
    explain(accepting, training=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["younger_faces"] == {
        "from_age": 16,
        "false_match_rate": 0.003,
        "calibration": "report 2026-11",
        "accepted_by": "Utopia, act 1 of 2026",
    }


def test_config_check_shows_it_too(accepting: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "config/gate.virtual.toml").read_text(encoding="utf-8")
    gate = accepting.with_name("gate.toml")
    gate.write_text(text.replace("policy.example.toml", str(accepting)), encoding="utf-8")
    check(gate)
    assert SAID in capsys.readouterr().out.splitlines()
