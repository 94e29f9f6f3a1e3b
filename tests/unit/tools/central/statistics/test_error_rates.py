"""Error rates of all gates: sums, intervals, hidden counts, and a line for who is beyond."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.contract.event_types import EventType
from edge.contract.payloads import ErrorRatesFound
from edge.contract.rates.counts import StrangerSums, Sums
from edge.contract.rates.groups import OTHERS as OTHER_POPULATIONS
from edge.contract.rates.groups import Group
from tests.support.central_chains import NOON, Gate
from tests.support.egated import write
from tools.central.commands import central
from tools.central.sqlite import Sqlite
from tools.central.statistics.error_rates import BY, TYPES, found, report
from tools.central.statistics.report import ALL, OTHERS
from tools.central.store import OPERATOR, Store

K = 5
WOMEN = Group("GTM", "F", "18 to 29")
OLDER = Group("GTM", "F", "65 and over")
MEN = Group("GTM", "M", "18 to 29")
FEW = Group("LIE", "M", "18 to 29")
REST = Group(OTHER_POPULATIONS, "M", "18 to 29")


def strangers(comparisons: int, matches: int = 0) -> StrangerSums:
    return StrangerSums(comparisons, Counter({"1e-4": matches}), Counter({"1e-4": matches}))


def sums(travellers: int, not_matched: int = 0, matches: int = 0) -> Sums:
    alike, anybody = strangers(10 * travellers, matches), strangers(50 * travellers, matches)
    return Sums(travellers, not_matched, anybody=anybody, alike=alike)


def event(groups: dict[Group, Sums]) -> ErrorRatesFound:
    told = tuple(one.told(group) for group, one in groups.items())
    return ErrorRatesFound(comparison="0" * 64, since=NOON, suppress_below=K, groups=told)


def fill(store: Store, gate: Gate, *told: dict[Group, Sums]) -> None:
    store.enrol(gate.enrolled, OPERATOR, NOON)
    bodies = [gate.write(EventType.FACE_ERROR_RATES, event(groups)) for groups in told]
    assert store.add(gate.admitted(bodies), [], NOON).stored == len(bodies)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "central.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    opened = Store(Sqlite(file))
    yield opened
    opened.close()


def stored(store: Store, *, simulated: bool = False) -> dict[Group, Sums]:
    return found(store.events(NOON, NOON.replace(hour=23), TYPES), simulated=simulated)


def test_what_several_gates_told_is_summed_up(store: Store) -> None:
    fill(store, Gate(), {WOMEN: sums(100, 3, 1)}, {WOMEN: sums(50, 1), MEN: sums(20)})
    fill(store, Gate("hall/lane-2", 2), {MEN: sums(30, 2)})
    summed = stored(store)
    assert summed[WOMEN].travellers == 150
    assert summed[WOMEN].not_matched == 4
    assert summed[WOMEN].alike.matches["1e-4"] == 1
    assert (summed[MEN].travellers, summed[MEN].not_matched) == (50, 2)


def test_training_is_counted_only_when_asked_for(store: Store) -> None:
    fill(store, Gate(simulated=True), {WOMEN: sums(100)})
    assert stored(store) == {}
    assert stored(store, simulated=True)[WOMEN].travellers == 100


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("sex", ["F", "M", ALL]),
        ("age", ["18 to 29", "65 and over", ALL]),
        ("population", ["GTM", ALL]),
        ("group", ["GTM F", "GTM M", ALL]),
    ],
)
def test_groups_are_told_apart_by_the_words_of_the_calibration(by: str, groups: list[str]) -> None:
    counted = {WOMEN: sums(100, 20), OLDER: sums(200, 40), MEN: sums(300, 30)}
    rows = report(counted, by, K).records()
    assert [row[by] for row in rows] == groups
    assert rows[-1]["travellers"] == 600
    assert rows[-1]["not_matched"] == 90
    assert rows[-1]["fnmr"] == pytest.approx(0.15)
    assert rows[-1]["fnmr_low"] == pytest.approx(0.12)
    assert rows[-1]["fnmr_high"] == pytest.approx(0.18)


def test_false_matches_stand_with_their_interval() -> None:
    (women, _) = report({WOMEN: sums(20_000, 40, 20)}, "group", K).records()
    assert women["alike_comparisons"] == 200_000
    assert women["alike_matches_1e-4"] == 20
    assert women["alike_fmr_1e-4"] == pytest.approx(1e-4)
    assert women["alike_fmr_1e-4_low"] == pytest.approx(6.5e-5)
    assert women["alike_fmr_1e-4_high"] == pytest.approx(1.5e-4)
    assert women["anybody_fmr_1e-4"] == pytest.approx(2e-5)


def test_few_who_did_not_match_are_hidden_and_so_is_the_rate() -> None:
    counted = {WOMEN: sums(100, 4), MEN: sums(300, 30)}
    women, men, every = report(counted, "sex", K).records()
    assert women["not_matched"] is women["fnmr"] is women["fnmr_high"] is None
    assert men["not_matched"] is men["fnmr"] is None, "the total less it would tell the women's"
    assert (every["travellers"], every["not_matched"], every["fnmr"]) == (400, 34, 0.085)


def test_small_groups_share_one_row_without_their_names() -> None:
    counted = {WOMEN: sums(100), FEW: sums(2), Group("AND", "F", "18 to 29"): sums(4)}
    rows = report(counted, "population", K).records()
    assert [row["population"] for row in rows] == ["GTM", OTHERS, ALL]
    assert [row["travellers"] for row in rows] == [100, 6, 106]


def test_what_gates_could_not_name_is_one_of_the_others() -> None:
    rows = report({MEN: sums(100), REST: sums(50)}, "population", K).records()
    assert [row["population"] for row in rows] == ["GTM", OTHERS, ALL]


def test_nothing_told_is_an_empty_report() -> None:
    assert report({}, "sex", K).rows == ()


def test_what_is_not_as_the_contract_says_is_left_out(store: Store) -> None:
    fill(store, Gate(), {WOMEN: sums(100)})
    (kept,) = store.events(NOON, NOON.replace(hour=23), TYPES)
    broken = json.loads(kept.body)
    broken["data"]["groups"][0]["travellers"] = -1
    assert found([replace(kept, body=json.dumps(broken).encode())]) == {}


@pytest.fixture
def config(tmp_path: Path, file: Path) -> str:
    table = {"store": {"kind": "sqlite", "path": str(file)}}
    return str(write(tmp_path / "central.toml", table))


TIME = ("--from", "2026-11-25", "--to", "2026-11-26")


@pytest.mark.parametrize("by", BY)
def test_the_command_prints_rates_and_who_is_beyond(by: str, config: str, store: Store) -> None:
    fill(store, Gate(), {WOMEN: sums(20_000, 40, 200), MEN: sums(20_000, 40)})
    arguments = ["stats", "--config", config, *TIME, "--by", by, "--format", "json"]
    result = CliRunner().invoke(central, arguments, catch_exceptions=False)
    rows = json.loads(result.stdout)["rows"]
    assert rows[-1]["travellers"] == 40_000
    assert result.stderr.count("\n") == 1
    assert "group GTM F 1.0e-03 of the strangers match" in result.stderr


def test_there_are_no_pictures_of_it(config: str, store: Store, tmp_path: Path) -> None:
    fill(store, Gate(), {WOMEN: sums(100)})
    arguments = ["stats", "--config", config, *TIME, "--by", "sex", "--plot", str(tmp_path / "p")]
    result = CliRunner().invoke(central, arguments)
    assert result.exit_code == 2
    assert "no pictures --by sex" in result.output
