"""One line says whether travellers are served, and if not why."""

from __future__ import annotations

import pytest

from edge.contract.messages import Stall
from edge.errors import DeviceLost
from edge.gate.events import Alarm
from edge.gate.states import (
    Alarmed,
    Evacuating,
    Inspecting,
    Maintenance,
    OutOfService,
    Ready,
    State,
    Vacating,
)
from edge.management.service_status import UNCOUNTED, delivery_fault, service_status
from tests.support.bench import until
from tests.support.scripted_lane import ScriptedLane, serving, still


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (Ready(), "in service"),
        (Inspecting("t"), "in service"),
        (Maintenance(), "out of service by order"),
        (Alarmed(Alarm.HELD_OPEN), "alarm held_open: an officer resets the gate"),
        (Vacating(), "out of service: somebody stands inside and finds the way back free"),
        (Evacuating(), "evacuation: the doors are free until an officer resets the gate"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_each_state_has_its_line(state: State, line: str) -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(state)
        assert service_status(scripted.lane, "", "") == line

    still(story)


def test_a_gate_that_starts_says_which_devices_it_opens() -> None:
    async def story(scripted: ScriptedLane) -> None:
        assert service_status(scripted.lane, "", "") == (
            "out of service: scanner: is being opened; chip-reader: is being opened;"
            " camera: is being opened; gate: is being opened"
        )

    still(story)


def test_a_missing_device_is_named_before_anything_else_and_then_the_journal() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.scanner.openings = [DeviceLost("scanner", "is unplugged")] * 99
        with pytest.raises(DeviceLost):
            await scripted.devices.scanner.call(_unplugged, 1)
        await until(lambda: isinstance(scripted.state(), OutOfService))
        line = service_status(scripted.lane, "the journal cannot be written", "")
        assert line == "out of service: scanner: is unplugged"

    serving(story)


def test_with_every_device_ready_it_is_the_journal_or_the_count() -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.condition.become(well=False)
        line = service_status(scripted.lane, "the journal cannot be written", "")
        assert line == "out of service: the journal cannot be written"
        assert service_status(scripted.lane, "", "") == f"out of service: {UNCOUNTED}"

    serving(story)


@pytest.mark.parametrize(
    ("stall", "fault"),
    [
        (None, ""),
        (
            Stall(sequence=7, sent=3, delivered=0, requested=1, age_s=50.0),
            "the broker does not take event 7 (sent 3 times); 4 events wait behind it",
        ),
        (
            Stall(sequence=7, sent=3, delivered=2, requested=0, age_s=50.0),
            (
                "the central system does not acknowledge event 7 (delivered 2 times); 4 events"
                " wait behind it"
            ),
        ),
        (
            Stall(sequence=7, sent=9, delivered=8, requested=6, age_s=50.0),
            (
                "the central system does not take event 7 (delivered 8 times, asked for again 6"
                " times); 4 events wait behind it"
            ),
        ),
    ],
)
def test_what_waits_behind_an_event_is_said_beside_the_service(
    stall: Stall | None, fault: str
) -> None:
    async def story(scripted: ScriptedLane) -> None:
        scripted.stand(Ready())
        assert delivery_fault(stall, 5) == fault
        line = service_status(scripted.lane, "", fault)
        assert line == (f"in service; {fault}" if fault else "in service")

    still(story)


def _unplugged(_: object) -> None:
    raise DeviceLost("scanner", "is unplugged")
