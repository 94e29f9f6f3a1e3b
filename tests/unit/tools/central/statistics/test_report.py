"""Statistics: passages from events, counts from passages, and nobody to be found in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.patches import Rectangle

from edge.checks import CheckId, Reason, Result
from edge.contract.event_types import EventType
from edge.contract.payloads import (
    CheckResult,
    ChipVerified,
    DecisionMade,
    DocumentRead,
    TransactionClosed,
)
from edge.errors import SettingsError
from tests.support.central_chains import NOON, Gate
from tests.support.egated import write
from tests.support.examples import examples
from tools.central.commands import central
from tools.central.sqlite import Sqlite
from tools.central.statistics import plots
from tools.central.statistics.passages import TYPES, Passage, passages
from tools.central.statistics.report import ALL, OTHERS, report
from tools.central.statistics.tally import Durations, Tally, tally
from tools.central.store import OPERATOR, Store

DAY = (NOON - timedelta(hours=1), NOON + timedelta(hours=5))
Reasons = tuple[Reason, ...]


def passage(
    gate: Gate, reasons: Reasons = (), issuer: str = "UTO", *, proven: bool = True
) -> list[bytes]:
    """The events of one passage."""
    transaction = f"{gate.sequence:032x}"
    checks = tuple(
        CheckResult(id=check, result=Result.SUCCESSFUL if proven else Result.FAILED)
        for check in (CheckId.CHIP_SOD_SIGNATURE, CheckId.CHIP_DS_CHAIN)
    )
    decided = DecisionMade(
        decision="refer" if reasons else "open",
        reasons=reasons,
        checks=checks,
        policy_version="1",
        policy_digest="0" * 64,
        models={},
        timings_ms={"mrz": 2.0, "decision": 4000.0},
    )
    outcome = TransactionClosed(outcome="referred" if reasons else "passed")
    return [
        gate.write(EventType.TRANSACTION_STARTED, None, transaction),
        gate.write(EventType.DOCUMENT_READ, DocumentRead(issuing_state=issuer), transaction),
        gate.write(EventType.CHIP_VERIFIED, ChipVerified(issuer="x", checks=checks), transaction),
        gate.write(EventType.DECISION_MADE, decided, transaction),
        gate.write(EventType.TRANSACTION_CLOSED, outcome, transaction),
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "central.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    found = Store(Sqlite(file))
    yield found
    found.close()


def fill(store: Store, gate: Gate, bodies: list[bytes]) -> None:
    store.enrol(gate.enrolled, OPERATOR, NOON)
    outcome = store.add(gate.admitted(bodies), [], NOON)
    assert outcome.stored == len(bodies)


def test_events_become_passages(store: Store) -> None:
    gate = Gate()
    bodies = passage(gate) + passage(gate, (Reason.FACE_NOMATCH,), "D", proven=False)
    bodies.append(gate.write(EventType.TRANSACTION_STARTED, None, "broken-off"))
    bodies.append(gate.write(EventType.TRANSACTION_STARTED, None, "under-way"))
    fill(store, gate, bodies)
    first, second, third = passages(store.events(*DAY, TYPES))
    assert (first.issuer, first.decision, first.chip, first.outcome) == (
        "UTO", "open", True, "passed",
    )  # fmt: skip
    assert first.timings_ms == {"mrz": 2.0, "decision": 4000.0}
    assert (second.issuer, second.chip, second.face_only) == ("D", False, True)
    assert (third.transaction, third.decision, third.outcome) == ("broken-off", "", "")


def test_the_days_pseudonym_tells_repeated_attempts_and_goes_no_further(store: Store) -> None:
    gate = Gate()
    one, other = "A" * 22, "B" * 22
    fill(store, gate, [
        body
        for number, traveller in enumerate([one, other, one, None, one])
        for body in [gate.write(
            EventType.TRANSACTION_CLOSED,
            TransactionClosed(outcome="passed", traveller=traveller),
            f"t{number}",
            after_s=86_400 if number == 4 else 1,
        )]
    ])  # fmt: skip
    ever = (NOON, NOON + timedelta(days=9))
    found = list(passages(store.events(*ever, TYPES)))
    assert [passage.again for passage in found] == [False, False, True, None, False]
    assert one not in repr(found)


def test_training_is_counted_only_when_asked_for(store: Store) -> None:
    gate = Gate(simulated=True)
    fill(store, gate, passage(gate))
    assert list(passages(store.events(*DAY, TYPES))) == []
    assert len(list(passages(store.events(*DAY, TYPES), simulated=True))) == 1


def tallies(counts: dict[str, list[Reasons]]) -> dict[str, Tally]:
    found = [
        Passage(name, f"{name}-{number}", NOON, decision="refer" if reasons else "open",
                reasons=tuple(reasons), chip=True, again=number >= len(passed) // 2)
        for name, passed in counts.items()
        for number, reasons in enumerate(passed)
    ]  # fmt: skip
    return tally(found, lambda one: one.source, {("a", "a-0"), ("a", "a-1")})


NOMATCH: Reasons = (Reason.FACE_NOMATCH,)
EXPIRED: Reasons = (Reason.DOC_EXPIRED,)


def test_what_is_counted_is_told() -> None:
    found = report(tallies({"a": [NOMATCH] * 6 + [EXPIRED] * 5 + [()] * 14, "b": [()] * 9}), "x", 2)
    a, b, everybody = found.records()
    assert (a["x"], b["x"], everybody["x"]) == ("a", "b", ALL)
    assert (a["opened"], a["referred_face"], a["referred_other"]) == (14, 6, 5)
    assert (everybody["transactions"], everybody["R-FACE-NOMATCH"]) == (34, 6)
    assert (a["face_genuine"], a["frr_at_least"], a["frr_at_most"]) == (2, 0.1, 0.3)
    assert everybody["signature_coverage"] == 1.0
    assert (a["first_attempt"], a["repeated_attempt"]) == (12, 13)
    assert (everybody["first_attempt"], everybody["repeated_attempt"]) == (16, 18)


def test_small_groups_are_not_even_named() -> None:
    found = report(tallies({"a": [()] * 20, "b": [()], "c": [()] * 2, "d": [()] * 3}), "x", 5)
    assert [row["x"] for row in found.records()] == ["a", OTHERS, ALL]
    assert [row["opened"] for row in found.records()] == [20, 6, 26]


def test_so_few_that_nothing_is_told() -> None:
    found = report(tallies({"a": [()] * 2}), "x", 5)
    assert [row["x"] for row in found.records()] == [OTHERS, ALL]
    assert not any(value for row in found.records() for k, value in row.items() if k != "x")


def test_a_rare_reason_is_not_told_at_all() -> None:
    found = report(tallies({"a": [(Reason.LIST_HIT,)] + [EXPIRED] * 9 + [()] * 9}), "x", 5)
    assert "R-LIST-HIT" not in found.columns
    assert "R-DOC-EXPIRED" in found.columns


def test_no_events_is_an_empty_report() -> None:
    assert report({}, "x", 5).rows == ()


PASSED = st.lists(st.sampled_from([(), NOMATCH, EXPIRED, NOMATCH + EXPIRED]), max_size=12)


@given(st.dictionaries(st.sampled_from("abcd"), PASSED, max_size=4))
@examples(150)
def test_no_small_count_of_people_is_ever_told(counts: dict[str, list[Reasons]]) -> None:
    k = 4
    found = report(tallies(counts), "x", k)
    for row in found.records():
        for name, value in row.items():
            if isinstance(value, int):
                assert not 0 < value < k, (name, value)
        known = {name: value for name, value in row.items() if isinstance(value, int)}
        parts = ("opened", "referred_face", "referred_other", "undecided")
        hidden = [name for name in ("transactions", *parts) if name not in known]
        assert len(hidden) != 1, "one alone is the difference of the others"
        attempts = ("first_attempt", "repeated_attempt")
        assert len({name in known for name in attempts}) == 1, "their sum is known"


ENDINGS = [*[()] * 8, *[NOMATCH] * 2, *[EXPIRED] * 6, *[None] * 6]
WENT = st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from(ENDINGS))


@given(st.lists(WENT, max_size=12) | st.lists(WENT, min_size=40, max_size=60))
@examples(100)
def test_two_reports_of_the_same_passages_tell_the_same_totals(
    went: list[tuple[str, str, Reasons | None]],
) -> None:
    """By lane and by hour: what one hides in its totals the other must not tell."""
    found = [
        Passage(lane, f"{hour}-{number}", NOON, reasons=reasons or (),
                decision="" if reasons is None else "refer" if reasons else "open")
        for number, (lane, hour, reasons) in enumerate(went)
    ]  # fmt: skip
    by_lane = report(tally(found, lambda one: one.source, ()), "x", 5)
    by_hour = report(tally(found, lambda one: one.transaction[0], ()), "x", 5)
    assert by_lane.records()[-1:] == by_hour.records()[-1:]


def test_percentiles_are_right_to_one_per_cent() -> None:
    durations = Durations()
    for value in range(1, 1001):
        durations.add(float(value))
    assert durations.percentile(0.5) == pytest.approx(500, rel=0.01)
    assert durations.percentile(0.99) == pytest.approx(990, rel=0.01)


@pytest.fixture
def config(tmp_path: Path, file: Path, store: Store) -> str:
    gate, other = Gate(), Gate("hall/lane-2")
    for _ in range(6):
        fill(store, gate, passage(gate))
        fill(store, other, passage(other, NOMATCH, "D"))
    store.set_flow(gate.source, "entry")
    table = {"store": {"kind": "sqlite", "path": str(file)}}
    return str(write(tmp_path / "central.toml", table))


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("lane", ["hall/lane-1", "hall/lane-2"]),
        ("flow", ["(unknown)", "entry"]),
        ("issuer", ["D", "UTO"]),
        ("hour", ["13"]),
        ("day", ["2026-11-25"]),
    ],
)
def test_the_command_counts_by(config: str, by: str, groups: list[str]) -> None:
    arguments = ["stats", "--config", config, "--from", "2026-11-25", "--to", "2026-11-26"]
    options = ["--by", by, "--format", "json", "--zone", "Europe/Paris"]
    result = CliRunner().invoke(central, [*arguments, *options], catch_exceptions=False)
    content = json.loads(result.stdout)
    assert [row[by] for row in content["rows"]] == [*groups, ALL]
    assert content["rows"][-1]["transactions"] == 12
    assert content["rows"][-1]["decision_ms_p95"] == pytest.approx(4000, rel=0.01)


def test_a_time_that_ends_before_it_begins_is_refused(config: str) -> None:
    arguments = ["stats", "--config", config, "--from", "2026-11-26", "--to", "2026-11-25"]
    result = CliRunner().invoke(central, arguments)
    assert result.exit_code == 2
    assert "--to is not after --from" in result.output


def test_nothing_to_count_says_what_may_be_missing(config: str) -> None:
    arguments = ["stats", "--config", config, "--from", "2020-01-01", "--to", "2020-01-02"]
    assert "--simulated" in CliRunner().invoke(central, arguments).output


def test_where_no_picture_can_be_written_is_told(config: str) -> None:
    arguments = ["stats", "--config", config, "--from", "2026-11-25", "--to", "2026-11-26"]
    result = CliRunner().invoke(central, [*arguments, "--plot", "/proc/pictures"])
    assert isinstance(result.exception, SettingsError)
    assert "/proc/pictures cannot be written" in str(result.exception)


def test_a_picture_of_hidden_counts_shows_what_is_told() -> None:
    """Of 58 passages of which one left only the total is told: the picture is not empty."""
    few = report({"hall/lane-1": Tally(opened=57, undecided=1)}, "lane", 5)
    assert few.records()[0]["opened"] is None
    figures = plots.figures(few)
    (throughput,) = figures["throughput"].axes
    assert [bar.get_height() for bar in throughput.patches if isinstance(bar, Rectangle)] == [58]
    (reasons,) = figures["reasons"].axes
    assert [text.get_text() for text in reasons.texts] == ["nothing that may be told"]


def test_the_command_writes_tables_csv_and_plots(config: str, tmp_path: Path) -> None:
    arguments = ["stats", "--config", config, "--from", "2026-11-25", "--to", "2026-11-26"]
    table = CliRunner().invoke(central, arguments, catch_exceptions=False).stdout
    assert table.splitlines()[0].split() == ["hall/lane-1", "hall/lane-2", ALL]
    plots = tmp_path / "plots"
    options = ["--format", "csv", "--plot", str(plots)]
    result = CliRunner().invoke(central, [*arguments, *options], catch_exceptions=False)
    assert result.stdout.splitlines()[0].startswith("lane,transactions,opened")
    pictures = sorted(plots.iterdir())
    assert len(pictures) == 4
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
