"""Simulated passages: as the contract has them, at the pace that was asked for."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from itertools import islice, takewhile
from pathlib import Path

import numpy as np
import pytest

from edge.contract.event_types import EventType
from edge.contract.payloads import PAYLOADS, Nothing
from edge.settings.delivery import Broker
from tools.fleet.fleet import Fleet
from tools.fleet.part import PLAN, Plan
from tools.fleet.story import ONE_REFERRED_IN, passage
from tools.fleet.timetable import EVENTS_A_PASSAGE, Pace, entries

HOUR_S = 3600.0
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize("number", range(ONE_REFERRED_IN))
def test_a_passage_is_told_in_order_and_by_the_contract(number: int) -> None:
    scenes = passage(number)
    happenings = [each for scene in scenes for each in scene.happenings]
    assert [scene.after_s for scene in scenes] == sorted(scene.after_s for scene in scenes)
    assert happenings[0][0] is EventType.TRANSACTION_STARTED
    assert happenings[-1][0] is EventType.TRANSACTION_CLOSED
    for kind, data in happenings:
        assert isinstance(Nothing() if data is None else data, PAYLOADS[kind])


@pytest.mark.parametrize("number", [0, ONE_REFERRED_IN - 1])
def test_what_becomes_of_the_exit_names_the_decision_that_freed_it(number: int) -> None:
    one, other = (uuid.uuid4().hex for _ in range(2))
    told = [draft for scene in passage(number) for draft in scene.drafts(one, lambda: NOON)]
    (decision,) = (draft.id for draft in told if draft.type is EventType.DECISION_MADE)
    causes = {draft.type: draft.causation_id for draft in told if draft.causation_id is not None}
    freed = [draft.type for draft in told if draft.type.startswith("gate.")]
    assert causes == dict.fromkeys(freed, decision)
    assert bool(freed) is (number == 0)
    assert decision not in {d.id for scene in passage(0) for d in scene.drafts(other, lambda: NOON)}


@pytest.mark.parametrize("haste", [1.0, 8.0])
def test_the_pace_is_the_one_asked_for(haste: float) -> None:
    pace = Pace.of(gates=1, events_per_s=0.4, haste=haste)
    table = entries(0.0, pace, np.random.default_rng(1), os.urandom)
    hour = list(takewhile(lambda entry: entry.due_s < HOUR_S, table))
    events = sum(len(entry.scene.happenings) for entry in hour)
    assert events == pytest.approx(0.4 * HOUR_S, rel=0.2)


def test_one_traveller_after_the_other() -> None:
    crowded = Pace.of(gates=1, events_per_s=1000.0)
    table = list(islice(entries(0.0, crowded, np.random.default_rng(1), os.urandom), 400))
    assert [entry.due_s for entry in table] == sorted(entry.due_s for entry in table)
    order = list(dict.fromkeys(entry.transaction for entry in table))
    met = [order.index(entry.transaction) for entry in table]
    assert met == sorted(met)


def test_a_fleet_is_cut_into_processes_without_losing_a_gate() -> None:
    plan = Plan(Path("x"), "site", 1, 11, Pace(10.0), Broker(), events=5)
    parts = Fleet(plan, 4).plans()
    names = [name for part in parts for name in part.names()]
    assert names == plan.names()
    assert [PLAN.validate_json(PLAN.dump_json(part)) for part in parts] == parts


def test_more_processes_than_gates_are_not_started() -> None:
    plan = Plan(Path("x"), "site", 1, 2, Pace(10.0), Broker())
    assert [part.gates for part in Fleet(plan, 5).plans()] == [1, 1]


def test_the_mean_passage_counts_the_referred_too() -> None:
    longest = sum(len(scene.happenings) for scene in passage(0))
    assert longest > EVENTS_A_PASSAGE
