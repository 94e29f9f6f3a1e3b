"""The verdict on a storm: it holds only if everything was tried, came back and was delivered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.chaos.verdict import SHUT_IN_S, LaneVerdict, Row, Verdict, faults_of_a_lane
from tools.fleet.audit import Audit

LANE = LaneVerdict(
    lane="lane-1",
    passed=3,
    others=2,
    referred={"R-CLOCK": 1},
    starts=1,
    longest_inside_s=6.1,
    faults=[],
)
GOOD = Verdict(
    seed=7,
    bar_s=30.0,
    rows=[Row("camera pulled", seen=2, worst_s=6.5), Row("card service stuck", missing="no pcscd")],
    lanes=[LANE],
    audits=[Audit(gates=1, written=5, stored=5)],
)


def test_a_good_one() -> None:
    assert GOOD.holds
    table = GOOD.words()
    assert "camera pulled          2              6.5 s  good" in table
    assert "not tried: no pcscd" in table
    assert table.endswith("holds, --seed 7")
    assert GOOD.json()["holds"] is True


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, rows=[Row("camera pulled", seen=1, faults=["back after 31 s"])]),
        replace(GOOD, rows=[Row("camera pulled")]),
        replace(GOOD, rows=[]),
        replace(GOOD, lanes=[replace(LANE, faults=["somebody was locked in"])]),
        replace(GOOD, audits=[]),
        replace(GOOD, audits=[Audit(gates=1, written=5, stored=4, lost=1)]),
    ],
    ids=["late", "broken off", "nothing tried", "locked in", "no audit", "lost"],
)
def test_a_bad_one(bad: Verdict) -> None:
    assert not bad.holds
    assert bad.words().endswith("DOES NOT HOLD, --seed 7")


def test_one_that_was_broken_off_is_none() -> None:
    broken = replace(GOOD, is_whole=False)
    assert not broken.holds
    assert broken.words().endswith("BROKEN OFF, --seed 7")


@pytest.mark.parametrize(
    ("passed", "longest_inside_s", "faults"),
    [
        (1, SHUT_IN_S, []),
        (1, SHUT_IN_S + 0.1, ["somebody was locked in"]),
        (0, 0.0, ["its journal says of nobody that they passed"]),
    ],
)
def test_nobody_stands_inside_for_long_and_somebody_passed(
    passed: int, longest_inside_s: float, faults: list[str]
) -> None:
    assert faults_of_a_lane(passed, longest_inside_s) == faults
