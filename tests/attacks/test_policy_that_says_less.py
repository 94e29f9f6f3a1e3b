"""A policy that says less must not open more."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.border.decide import Evidence, decide
from edge.border.decision import Refer
from edge.checks import Check, CheckId, Result
from edge.errors import SettingsError
from edge.settings.policy import load_policy

EXAMPLE = Path(__file__).parents[2] / "config/policy.example.toml"
LINES = EXAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
FACELESS = {CheckId.FACE_MATCH: Result.NOT_PERFORMED, CheckId.FACE_PAD: Result.UNDETERMINED}


def cut(folder: Path, count: int) -> Path:
    path = folder / "policy.toml"
    path.write_text("".join(LINES[:count]), encoding="utf-8")
    return path


def without_a_face() -> Evidence:
    """A genuine document whose portrait cannot be decoded: nobody was compared."""
    return Evidence(tuple(Check(c, FACELESS.get(c, Result.SUCCESSFUL)) for c in CheckId))


@pytest.mark.parametrize("live", [True, False])
def test_a_policy_that_was_cut_off_opens_for_nobody(tmp_path: Path, live: bool) -> None:
    valid = 0
    for count in range(len(LINES) + 1):
        try:
            policy = load_policy(cut(tmp_path, count), live=live)
        except SettingsError:
            continue
        valid += 1
        assert isinstance(decide(without_a_face(), policy), Refer), f"cut after line {count}"
        assert isinstance(decide(Evidence(), policy), Refer), f"cut after line {count}"
    assert valid > 10


@pytest.mark.parametrize("check", ["face.match", "face.pad", "chip.sod_signature", "clock.trusted"])
def test_a_live_policy_that_weakens_the_floor_is_refused(tmp_path: Path, check: str) -> None:
    text = "".join(LINES).replace(f'"{check}" = "required"', f'"{check}" = "ignored"')
    assert text != "".join(LINES)
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=check):
        load_policy(path, live=True)
    assert load_policy(path, live=False).demands[CheckId(check)] == "ignored"
