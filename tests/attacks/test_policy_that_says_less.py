"""A policy that says less must not open more."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.border.decide import Evidence, decide
from edge.border.decision import Refer
from edge.border.validity import YearsOfValidity
from edge.checks import Check, CheckId, Result
from edge.errors import SettingsError
from edge.settings.policy import load_policy
from tests.support.some import replaced

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
    text = replaced("".join(LINES), f'"{check}" = "required"', f'"{check}" = "ignored"')
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=check):
        load_policy(path, live=True)
    assert load_policy(path, live=False).demands[CheckId(check)] == "ignored"


ACCEPTED = """
[younger_faces]
from_age = 16
false_match_rate = 3e-3
calibration = "report 2026-11"
accepted_by = "Utopia, act 1 of 2026"
"""


def with_age(folder: Path, minimum: int, more: str = "") -> Path:
    text = "".join(LINES).replace("minimum_age = 18", f"minimum_age = {minimum}")
    path = folder / "policy.toml"
    path.write_text(text + more, encoding="utf-8")
    return path


@pytest.mark.parametrize("live", [True, False])
def test_a_policy_that_lets_minors_in_is_refused(tmp_path: Path, live: bool) -> None:
    with pytest.raises(SettingsError, match=r"minimum_age = 17: .*from 18 .*\[younger_faces\]"):
        load_policy(with_age(tmp_path, 17), live=live)
    with pytest.raises(SettingsError, match=r"minimum_age = 15: .*from 16 "):
        load_policy(with_age(tmp_path, 15, ACCEPTED), live=live)
    assert load_policy(with_age(tmp_path, 16, ACCEPTED), live=live).least_age == 16
    assert load_policy(with_age(tmp_path, 21, ACCEPTED), live=live).least_age == 21


@pytest.mark.parametrize(
    "line", ["from_age = 18", "from_age = 0", "false_match_rate = 0", 'accepted_by = ""', ""]
)
def test_an_acceptance_that_does_not_say_what_is_accepted_is_refused(
    tmp_path: Path, line: str
) -> None:
    key = line.partition(" ")[0] or "calibration"
    written = [line if each.startswith(key) else each for each in ACCEPTED.splitlines()]
    with pytest.raises(SettingsError, match=f"younger_faces.*{key}"):
        load_policy(with_age(tmp_path, 16, "\n".join(written)), live=True)


def test_the_years_of_a_state_are_read(tmp_path: Path) -> None:
    table = "\n[validity_years.UTO]\nadults = [5, 10]\nchildren = [5]\n"
    policy = load_policy(with_age(tmp_path, 18, table), live=True)
    assert policy.validity == {"UTO": YearsOfValidity(frozenset({5, 10}), frozenset({5}))}
    with pytest.raises(SettingsError, match=r"validity_years.*children"):
        load_policy(with_age(tmp_path, 18, table.replace("children = [5]", "")), live=True)
