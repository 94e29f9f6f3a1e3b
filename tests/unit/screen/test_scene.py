"""Each state of the gate has its pictures, and a traveller's page never says why."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from edge.border.decision import Decision, Open, Refer
from edge.checks import Check, CheckId, Reason, Result
from edge.devices.supervisor import Availability, Status
from edge.gate.events import Alarm
from edge.gate.states import (
    ENTRY,
    EXIT,
    NONE,
    Alarmed,
    Authorised,
    Closing,
    Door,
    Enclosing,
    Entering,
    Evacuating,
    Inspecting,
    Maintenance,
    OutOfService,
    Ready,
    Referred,
    Released,
    Releasing,
    Sign,
    State,
    Topology,
    Vacating,
    Verifying,
    Withdrawing,
)
from edge.journal.journal import Journal
from edge.journal.writer import JournalWriter
from edge.lane.event_log import EventLog
from edge.lane.inspection import Inspection
from edge.lane.lane import Lane
from edge.lane.passages import KEPT, Passage, Passages
from edge.lane.place import Place
from edge.lane.transaction import TransactionRunner
from edge.ports import Scan
from edge.screen.scene import LANGUAGES, compose
from edge.screen.views import OutboxView, Scene
from tests.support.bench import QueueGate, QueueScanner
from tests.support.clocks import is_plausible, lane_clock
from tests.support.scripted_lane import devices, inspector
from tests.support.signing import SIGN

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET_REASONS = frozenset({Reason.LIST_HIT, Reason.CHIP_CLONE})
STATES: list[tuple[State, Sign, frozenset[Door]]] = [
    (OutOfService(), Sign.CLOSED, NONE),
    (Maintenance(), Sign.CLOSED, NONE),
    (Ready(), Sign.PRESENT_DOCUMENT, NONE),
    (Inspecting("t"), Sign.WAIT, NONE),
    (Entering("t"), Sign.ENTER, ENTRY),
    (Enclosing("t"), Sign.WAIT, NONE),
    (Verifying("t"), Sign.LOOK_HERE, NONE),
    (Authorised("t"), Sign.GO, EXIT),
    (Withdrawing("t"), Sign.SEE_OFFICER, NONE),
    (Referred("t", SECRET_REASONS, inside=False), Sign.SEE_OFFICER, NONE),
    (Referred("t", SECRET_REASONS, inside=True), Sign.SEE_OFFICER, ENTRY),
    (Releasing("t", SECRET_REASONS), Sign.WAIT, NONE),
    (Released("t"), Sign.GO, EXIT),
    (Vacating(), Sign.SEE_OFFICER, NONE),
    (Vacating(shut=True), Sign.SEE_OFFICER, ENTRY),
    (Closing(), Sign.WAIT, NONE),
    (Alarmed(Alarm.INTRUSION), Sign.SEE_OFFICER, NONE),
    (Alarmed(Alarm.FORCED, shut=True), Sign.SEE_OFFICER, ENTRY),
    (Evacuating(), Sign.EVACUATE, ENTRY | EXIT),
]


class Stand:
    """A lane that is composed from, without anything running."""

    def __init__(self, journal: Journal) -> None:
        self.devices = devices(QueueScanner(), QueueGate())
        self.lane = Lane(Topology.MANTRAP, self.devices, (), maintenance=False)
        self.passages = Passages()
        self.place = Place("site", "gate-1", "1.0", Topology.MANTRAP, False, NOON)
        self.outbox = OutboxView()
        self.journal_writer = JournalWriter(journal, is_plausible)
        self.event_log = EventLog(
            self.journal_writer, lane_clock(lambda: NOON), {}, lambda: str(uuid.uuid4()), None
        )
        numbers = count(1)
        self.runner = TransactionRunner(
            self.lane,
            inspector(self.lane, self.event_log, lambda: NOON, lambda: f"t{next(numbers)}"),
            self.event_log,
            self.passages,
            refers=lambda: False,
        )

    def inspection(self) -> Inspection:
        """Somebody has presented a document; nothing is done about it."""
        _, work = self.runner.begin(Scan(("P<UTO",)))
        work.close()
        assert self.runner.current is not None
        return self.runner.current

    def compose(self) -> Scene:
        return compose(self.place, self.lane, self.runner, self.passages, self.outbox)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    journal = Journal(
        tmp_path / "journal.db",
        source="/site/gate-1",
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=SIGN,
    )
    with journal:
        yield Stand(journal)


def passage(decision: Decision | None, *, passed: bool, number: int = 0) -> Passage:
    return Passage(
        transaction=f"{number:032}",
        at=NOON,
        decision=decision,
        passed=passed,
        checks=(Check(CheckId.MRZ_READ, Result.SUCCESSFUL, "TD3"),),
        timings_ms={"decision": 12.5},
    )


@pytest.mark.parametrize(("state", "sign", "free"), STATES, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("served", [False, True], ids=["alone", "served"])
def test_each_state_has_its_pages(
    stand: Stand, state: State, sign: Sign, free: frozenset[Door], served: bool
) -> None:
    if served:
        stand.inspection()
    stand.lane.state = state
    scene = stand.compose()
    assert scene.traveller.sign is sign
    assert scene.lane.sign is sign
    assert scene.lane.state == type(state).__name__
    assert {door for door, view in scene.lane.doors.items() if view.free} == free
    Scene.model_validate_json(scene.model_dump_json())


def test_every_state_there_is_has_been_looked_at() -> None:
    assert {type(state) for state, _, _ in STATES} == set(State.__args__)


@pytest.mark.parametrize("inside", [True, False])
def test_a_referral_looks_the_same_whatever_its_reasons(stand: Stand, inside: bool) -> None:
    pages = set()
    for reasons in (SECRET_REASONS, *(frozenset({reason}) for reason in Reason)):
        stand.inspection().decided(Refer(reasons))
        stand.lane.state = Referred("t", reasons, inside=inside)
        pages.add(stand.compose().traveller.model_dump_json())
    assert len(pages) == 1
    assert set(json.loads(pages.pop())) == {"sign", "hint", "progress", "simulated", "language"}


def test_a_hint_turns_the_eyes_to_the_camera_while_the_document_is_read(stand: Stand) -> None:
    inspection = stand.inspection()
    stand.lane.state = Inspecting("t")
    inspection.progress = 0.424
    inspection.hint = "come-closer"
    view = stand.compose().traveller
    assert (view.sign, view.hint, view.progress) == (Sign.LOOK_HERE, "come-closer", 42)


@pytest.mark.parametrize(
    "state",
    [state for state, sign, _ in STATES if sign not in {Sign.WAIT, Sign.LOOK_HERE}],
    ids=lambda v: type(v).__name__,
)
def test_hints_and_progress_are_shown_only_where_they_mean_something(
    stand: Stand, state: State
) -> None:
    inspection = stand.inspection()
    inspection.progress, inspection.hint = 0.5, "come-closer"
    stand.lane.state = state
    view = stand.compose().traveller
    assert (view.hint, view.progress) == (None, None)


@pytest.mark.parametrize(("share", "percent"), [(0.0, 0), (0.004, 0), (0.996, 100), (1.0, 100)])
def test_progress_is_in_whole_percent(stand: Stand, share: float, percent: int) -> None:
    stand.inspection().progress = share
    stand.lane.state = Inspecting("t")
    assert stand.compose().traveller.progress == percent


@pytest.mark.parametrize(
    ("issuer", "language"),
    [("NLD", "nl"), ("ESP", "es"), ("FRA", "fr"), ("PRT", "pt"), ("HTI", "ht"), ("UTO", None),
     ("", None), ("D<<", None)],
)  # fmt: skip
def test_the_document_suggests_a_language(stand: Stand, issuer: str, language: str | None) -> None:
    stand.inspection().issuing_state = issuer
    stand.lane.state = Inspecting("t")
    assert stand.compose().traveller.language == language


def test_no_state_suggests_two_languages() -> None:
    states = [state for names in LANGUAGES.values() for state in names.split()]
    assert len(states) == len(set(states))
    assert all(len(state) == 3 for state in states)


def test_both_pages_say_when_it_is_training(stand: Stand) -> None:
    for simulated in (True, False):
        stand.place = replace(stand.place, simulated=simulated)
        assert stand.compose().traveller.simulated is simulated
        assert stand.compose().lane.simulated is simulated


def test_devices_are_shown_with_their_health_and_why(stand: Stand) -> None:
    camera = stand.devices.camera
    camera.status = Status("camera", "virtual", Availability.LOST, "camera: is unplugged")
    views = {view.role: view for view in stand.compose().lane.devices}
    assert list(views) == ["scanner", "chip-reader", "camera", "gate"]
    assert views["camera"].status == "lost"
    assert "is unplugged" in views["camera"].detail
    assert views["gate"].status == "starting"


def test_doors_and_outbox_are_shown_as_they_are(stand: Stand) -> None:
    stand.lane.sensors.positions |= {Door.EXIT: "open"}
    stand.outbox = OutboxView(depth=7, oldest_age_s=1.5, connected=True)
    lane = stand.compose().lane
    assert {door: view.position for door, view in lane.doors.items()} == {
        Door.ENTRY: "unknown",
        Door.EXIT: "open",
    }
    assert lane.outbox.depth == 7


@pytest.mark.parametrize(
    ("lived", "told"),
    [
        (passage(Open(), passed=True), ("open", True, ())),
        (passage(Open(), passed=False), ("open", False, ())),
        (
            passage(Refer(frozenset({Reason.TIMEOUT, Reason.DOC_EXPIRED})), passed=False),
            ("refer", None, (Reason.DOC_EXPIRED, Reason.TIMEOUT)),
        ),
        (
            replace(passage(Refer(frozenset({Reason.TIMEOUT})), passed=True), released=True),
            ("refer", True, ("R-TIMEOUT",)),
        ),
        (passage(None, passed=False), ("none", None, ())),
    ],
    ids=["passed", "not used", "referred", "released", "left"],
)
def test_a_passage_is_told_to_the_technician(
    stand: Stand, lived: Passage, told: tuple[str, bool | None, tuple[Reason, ...]]
) -> None:
    stand.passages.add(replace(lived, transaction="a" * 24 + "12345678"))
    (view,) = stand.compose().lane.passages
    assert view.released is lived.released
    assert (view.decision, view.passed, view.reasons) == told
    assert view.transaction == "12345678"
    assert [(check.id, check.detail) for check in view.checks] == [(CheckId.MRZ_READ, "TD3")]
    assert view.timings_ms == {"decision": 12.5}


def test_the_last_passages_are_kept_the_newest_first(stand: Stand) -> None:
    heard: list[Passage] = []
    stand.passages.added.listen(heard.append)
    for number in range(KEPT + 5):
        stand.passages.add(passage(Open(), passed=True, number=number))
    shown = [int(view.transaction) for view in stand.compose().lane.passages]
    assert shown == list(range(KEPT + 4, 4, -1))
    assert len(heard) == KEPT + 5
