"""The virtual lane moves like a lane: doors take time, the interlock holds, people are counted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
from typing_extensions import override

from drivers.virtual.gate import VirtualGate
from drivers.virtual.stage import Place, Stage, stage
from drivers.virtual.stage import _stages as stages
from drivers.virtual.traveller import Traveller
from edge.errors import DeviceLost
from edge.gate.states import EXIT, NONE, Door, Sign, Topology
from edge.ports import LaneSignal

NAMES = (f"virtual-gate-{number}" for number in count())
PATIENCE_S = 10.0


def traveller(people: int = 1) -> Traveller:
    face = np.zeros((8, 8, 3), np.uint8)
    return Traveller(name="specimen", mrz=(), chip=None, live=(face,), people=people)


class Lane:
    def __init__(self, topology: Topology) -> None:
        name = next(NAMES)
        self.stage: Stage = stage(name)
        self.settings = VirtualGate.Settings(
            stage=name, topology=topology, door_travel_s=0.05, walk_s=0.05
        )
        self.gate = VirtualGate(self.settings)

    def hear(self) -> LaneSignal:
        signal = self.gate.wait_for_signal(PATIENCE_S)
        assert signal is not None
        return signal


@pytest.fixture
def barrier() -> Iterator[Lane]:
    lane = Lane(Topology.BARRIER)
    with lane.gate:
        assert lane.hear() is LaneSignal.CLEARED
        yield lane


@pytest.fixture
def mantrap() -> Iterator[Lane]:
    lane = Lane(Topology.MANTRAP)
    with lane.gate:
        assert lane.hear() is LaneSignal.CLEARED
        yield lane


def test_a_traveller_is_counted_and_passes_a_freed_barrier(barrier: Lane) -> None:
    barrier.stage.come(traveller())
    assert barrier.hear() is LaneSignal.ENTERED
    barrier.gate.take(EXIT, Sign.GO)
    assert barrier.hear() is LaneSignal.OPENED
    assert barrier.gate.positions()[Door.EXIT] == 1.0
    assert barrier.hear() is LaneSignal.PASSED
    assert barrier.stage.look().people == 0
    barrier.gate.take(NONE, Sign.WAIT)
    assert barrier.hear() is LaneSignal.CLOSED
    assert barrier.gate.positions()[Door.EXIT] == 0.0


def test_a_shut_barrier_lets_nobody_through(barrier: Lane) -> None:
    barrier.stage.come(traveller())
    assert barrier.hear() is LaneSignal.ENTERED
    assert barrier.gate.wait_for_signal(0.0) is None
    barrier.gate.take(NONE, Sign.SEE_OFFICER)
    assert barrier.hear() is LaneSignal.CLOSED
    assert barrier.hear() is LaneSignal.CLEARED


def test_two_people_are_tailgating(barrier: Lane) -> None:
    barrier.stage.come(traveller(people=2))
    assert barrier.hear() is LaneSignal.TAILGATING


def test_closed_is_said_after_every_shut_posture(barrier: Lane) -> None:
    for _ in range(3):
        barrier.gate.take(NONE, Sign.WAIT)
        assert barrier.hear() is LaneSignal.CLOSED


def test_a_mantrap_takes_the_traveller_in_and_out(mantrap: Lane) -> None:
    mantrap.stage.come(traveller())
    mantrap.gate.take(frozenset({Door.ENTRY}), Sign.ENTER)
    assert mantrap.hear() is LaneSignal.OPENED
    assert mantrap.hear() is LaneSignal.ENTERED
    mantrap.gate.take(NONE, Sign.LOOK_HERE)
    assert mantrap.hear() is LaneSignal.CLOSED
    mantrap.gate.take(EXIT, Sign.GO)
    assert mantrap.hear() is LaneSignal.OPENED
    assert mantrap.hear() is LaneSignal.PASSED


def test_the_interlock_keeps_the_second_door_shut_until_the_first_is(mantrap: Lane) -> None:
    mantrap.gate.take(frozenset({Door.ENTRY}), Sign.ENTER)
    assert mantrap.hear() is LaneSignal.OPENED
    mantrap.gate.take(EXIT, Sign.GO)
    while mantrap.gate.wait_for_signal(0.001) is None:
        positions = mantrap.gate.positions()
        assert min(positions.values()) == 0.0
    assert mantrap.gate.positions() == {Door.ENTRY: 0.0, Door.EXIT: 1.0}


def test_in_an_evacuation_both_doors_open(mantrap: Lane) -> None:
    mantrap.gate.take(frozenset(Door), Sign.EVACUATE)
    assert [mantrap.hear(), mantrap.hear()] == [LaneSignal.OPENED] * 2
    assert set(mantrap.gate.positions().values()) == {1.0}


def test_a_referred_traveller_inside_walks_back_through_the_entry(mantrap: Lane) -> None:
    mantrap.stage.come(traveller())
    mantrap.gate.take(frozenset({Door.ENTRY}), Sign.ENTER)
    assert [mantrap.hear(), mantrap.hear()] == [LaneSignal.OPENED, LaneSignal.ENTERED]
    mantrap.gate.take(frozenset({Door.ENTRY}), Sign.SEE_OFFICER)
    assert mantrap.hear() is LaneSignal.CLEARED


def test_what_the_sensors_are_made_to_say_is_heard(barrier: Lane) -> None:
    barrier.stage.inject(LaneSignal.EMERGENCY_RAISED)
    assert barrier.hear() is LaneSignal.EMERGENCY_RAISED


def test_an_unplugged_cabinet_is_lost(barrier: Lane) -> None:
    barrier.stage.unplug("gate")
    with pytest.raises(DeviceLost):
        barrier.gate.wait_for_signal(PATIENCE_S)
    barrier.stage.plug("gate")
    barrier.gate.probe()


def test_leaving_shuts_every_door() -> None:
    lane = Lane(Topology.BARRIER)
    with lane.gate:
        assert lane.hear() is LaneSignal.CLEARED
        lane.gate.take(EXIT, Sign.GO)
        assert lane.hear() is LaneSignal.OPENED
    assert lane.hear() is LaneSignal.CLOSED


def test_sensors_that_wake_up_report_who_is_there(mantrap: Lane) -> None:
    mantrap.stage.come(traveller())
    mantrap.gate.take(frozenset({Door.ENTRY}), Sign.GO)
    assert mantrap.hear() is LaneSignal.OPENED
    assert mantrap.hear() is LaneSignal.ENTERED
    with VirtualGate(mantrap.settings) as reconnected:
        assert reconnected.wait_for_signal(PATIENCE_S) is LaneSignal.ENTERED


def test_sensors_that_wake_up_while_somebody_waits_before_the_entry_see_an_empty_lane(
    mantrap: Lane,
) -> None:
    mantrap.stage.come(traveller())
    with VirtualGate(mantrap.settings) as reconnected:
        assert reconnected.wait_for_signal(PATIENCE_S) is LaneSignal.CLEARED


def test_a_traveller_may_wait_for_the_officer_and_go_on_when_let_through() -> None:
    lane = Lane(Topology.BARRIER)
    patient = VirtualGate(lane.settings.model_copy(update={"lingers_s": 600.0}))
    with patient:
        assert patient.wait_for_signal(PATIENCE_S) is LaneSignal.CLEARED
        lane.stage.come(traveller())
        assert patient.wait_for_signal(PATIENCE_S) is LaneSignal.ENTERED
        patient.take(NONE, Sign.SEE_OFFICER)
        assert patient.wait_for_signal(PATIENCE_S) is LaneSignal.CLOSED
        assert patient.wait_for_signal(0.3) is None
        patient.take(EXIT, Sign.GO)
        assert patient.wait_for_signal(PATIENCE_S) is LaneSignal.OPENED
        assert patient.wait_for_signal(PATIENCE_S) is LaneSignal.PASSED


def test_a_traveller_who_waits_for_the_officer_goes_when_the_gate_asks_for_the_next() -> None:
    lane = Lane(Topology.BARRIER)
    patient = VirtualGate(lane.settings.model_copy(update={"lingers_s": 600.0}))
    with patient:
        assert patient.wait_for_signal(PATIENCE_S) is LaneSignal.CLEARED
        lane.stage.come(traveller())
        assert patient.wait_for_signal(PATIENCE_S) is LaneSignal.ENTERED
        patient.take(NONE, Sign.PRESENT_DOCUMENT)
        assert patient.wait_for_signal(PATIENCE_S) is LaneSignal.CLOSED
        assert patient.wait_for_signal(0.3) is None
        patient.take(NONE, Sign.SEE_OFFICER)
        assert patient.wait_for_signal(PATIENCE_S) is LaneSignal.CLOSED
        patient.take(NONE, Sign.PRESENT_DOCUMENT)
        heard = {patient.wait_for_signal(PATIENCE_S) for _ in range(2)}
        assert heard == {LaneSignal.CLOSED, LaneSignal.CLEARED}
        assert lane.stage.wait_until_empty(PATIENCE_S)


class CrowdedStage(Stage):
    """Somebody comes in the very moment in which it was seen that nobody is there."""

    @property
    @override
    def place(self) -> Place:
        found = super().place
        if not self.visits:
            self.come(traveller())
        return found


def test_who_comes_while_the_sensors_look_is_seen() -> None:
    stages["crowded"] = CrowdedStage()
    with VirtualGate(VirtualGate.Settings(stage="crowded")) as gate:
        assert gate.wait_for_signal(PATIENCE_S) is LaneSignal.CLEARED
        assert gate.wait_for_signal(PATIENCE_S) is LaneSignal.ENTERED
