"""What is told of a traveller is what the gate did, however soon it went on."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from edge.border.requirement import Requirement
from edge.checks import CheckId, Reason, Result
from edge.errors import DeviceLost, DocumentError
from edge.gate import events
from edge.gate.events import Alarm, Event
from edge.gate.states import Authorised, Inspecting, Ready, Referred
from edge.lane.passages import Passage
from edge.ports import LaneSignal, Scan
from tests.support.bench import until
from tests.support.clocks import lane_clock
from tests.support.desk import Office, at_work

REFERRALS = [
    (events.AlarmRaised(Alarm.TAILGATING), Reason.LANE_TAILGATE),
    (events.AssistRequested(), Reason.ASSIST_REQUESTED),
    (events.TimedOut(), Reason.TIMEOUT),
]


@pytest.mark.parametrize(("cause", "reason"), REFERRALS, ids=[r.value for _, r in REFERRALS])
def test_who_is_referred_and_gone_before_anybody_looks_was_referred_all_the_same(
    cause: Event, reason: Reason, tmp_path: Path
) -> None:
    async def story(office: Office) -> None:
        ended: list[Passage] = []
        office.runner.passages.added.listen(ended.append)
        office.scanner.present(Scan(("NOTHING TO SEE",)))
        await office.lane.until(lambda state: isinstance(state, Inspecting))
        for event in (cause, events.LaneCleared(), events.DoorsShut()):
            office.lane.post(event)
        assert isinstance(office.lane.state, Ready)
        assert office.runner.current is None  # the pages are the next one's
        await until(lambda: ended)
        await office.journal_writer.commit()

        assert ended[0].reasons == (reason,)
        decisions = office.events("decision.made")
        assert [(d["decision"], d["reasons"]) for d in decisions] == [("refer", [reason.value])]
        assert [c["outcome"] for c in office.events("transaction.closed")] == ["referred"]

    at_work(tmp_path, story)


def test_the_time_of_a_decision_counts_the_disk_that_the_traveller_waits_for(
    tmp_path: Path,
) -> None:
    slow_ms = 60.0

    def slow_disk() -> None:
        ends_s = time.monotonic() + slow_ms / 1000
        while time.monotonic() < ends_s:
            pass

    async def story(office: Office) -> None:
        ended: list[Passage] = []
        office.runner.passages.added.listen(ended.append)
        open_to_all(office)
        office.lane.sensors.presence = Result.SUCCESSFUL
        await office.journal_writer.commit()
        office.while_writing = slow_disk
        office.scanner.present(Scan(("NOTHING TO SEE",)))
        await office.lane.until(lambda state: isinstance(state, Authorised))
        office.lane.post(events.TravellerPassed())
        office.lane.post(events.DoorsShut())
        await until(lambda: ended)
        await office.journal_writer.commit()
        (told,) = office.events("decision.made")
        assert ended[0].timings_ms["decision"] >= told["timings_ms"]["decision"] + slow_ms

    at_work(tmp_path, story)


def test_an_opening_that_is_withdrawn_before_anybody_looks_is_no_second_decision(
    tmp_path: Path,
) -> None:
    async def story(office: Office) -> None:
        ended: list[Passage] = []
        office.runner.passages.added.listen(ended.append)
        open_to_all(office)
        office.lane.sensors.presence = Result.SUCCESSFUL
        office.scanner.present(Scan(("NOTHING TO SEE",)))
        await office.lane.until(lambda state: isinstance(state, Authorised))
        office.lane.post(events.AssistRequested())
        office.lane.post(events.DoorsShut())
        assert isinstance(office.lane.state, Referred)
        office.lane.post(events.LaneCleared())
        office.lane.post(events.DoorsShut())
        await until(lambda: ended)
        await office.journal_writer.commit()

        assert ended[0].opened
        assert [d["decision"] for d in office.events("decision.made")] == ["open"]
        assert [c["outcome"] for c in office.events("transaction.closed")] == ["not_passed"]

    at_work(tmp_path, story)


FAULTS = (RuntimeError, OSError, MemoryError, DeviceLost, DocumentError)


@pytest.mark.parametrize("fault", FAULTS)
def test_an_inspection_that_fails_refers_at_once(fault: type[Exception], tmp_path: Path) -> None:
    """Before the time of the step runs out: a traveller does not wait for nothing."""

    async def story(office: Office) -> None:
        seen: list[Event] = []
        office.lane.moved.listen(lambda _before, event, _after: seen.append(event))

        def fail() -> datetime:
            if isinstance(office.lane.state, Inspecting):
                raise fault
            return office.now

        office.runner.inspector = replace(office.runner.inspector, clock=lane_clock(fail))
        office.scanner.present(Scan(("NOTHING TO SEE",)))
        await until(lambda: isinstance(office.lane.state, Referred))
        assert isinstance(office.lane.state, Referred)
        assert office.lane.state.reasons == {Reason.DEVICE_FAULT}
        assert events.TimedOut() not in seen
        await office.journal_writer.commit()
        decisions = office.events("decision.made")
        assert [(d["decision"], d["reasons"]) for d in decisions] == [
            ("refer", [Reason.DEVICE_FAULT.value])
        ]

    at_work(tmp_path, story)


def test_what_goes_wrong_with_whoever_has_left_is_no_decision(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        ended: list[Passage] = []
        office.runner.passages.added.listen(ended.append)

        def fail() -> datetime:
            if office.lane.state == Ready():
                return office.now
            office.lane.post(events.LaneCleared())
            office.lane.post(events.DoorsShut())
            raise RuntimeError

        office.runner.inspector = replace(office.runner.inspector, clock=lane_clock(fail))
        office.scanner.present(Scan(("NOTHING TO SEE",)))
        await until(lambda: ended)
        await office.journal_writer.commit()
        assert office.events("decision.made") == []
        assert [c["outcome"] for c in office.events("transaction.closed")] == ["left"]

    at_work(tmp_path, story)


def test_an_opening_the_disk_did_not_take_in_time_is_told_and_the_referral_after_it(
    tmp_path: Path,
) -> None:
    async def story(office: Office) -> None:
        ended: list[Passage] = []
        office.runner.passages.added.listen(ended.append)
        open_to_all(office)
        office.lane.sensors.presence = Result.SUCCESSFUL
        await office.journal_writer.commit()
        office.journal._connection.execute("PRAGMA query_only = ON")
        office.scanner.present(Scan(("NOTHING TO SEE",)))
        await office.lane.until(lambda state: isinstance(state, Referred))
        office.lane.post(events.LaneCleared())
        office.lane.post(events.DoorsShut())
        await until(lambda: ended)
        office.journal._connection.execute("PRAGMA query_only = OFF")
        await office.journal_writer.commit()

        assert ended[0].reasons == (Reason.DEVICE_FAULT,)
        decisions = office.events("decision.made")
        assert [(d["decision"], d["reasons"]) for d in decisions] == [
            ("open", []),
            ("refer", [Reason.DEVICE_FAULT.value]),
        ]
        assert [c["outcome"] for c in office.events("transaction.closed")] == ["referred"]

    at_work(tmp_path, story)


def test_what_the_sensors_see_after_an_alarm_is_not_the_travellers_doing(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        ended: list[Passage] = []
        office.runner.passages.added.listen(ended.append)
        open_to_all(office)
        office.lane.sensors.presence = Result.SUCCESSFUL
        office.scanner.present(Scan(("NOTHING TO SEE",)))
        await office.lane.until(lambda state: isinstance(state, Authorised))
        office.hear(LaneSignal.INTRUSION)
        office.hear(LaneSignal.PASSED)
        await until(lambda: ended)
        await office.journal_writer.commit()
        assert [c["outcome"] for c in office.events("transaction.closed")] == ["not_passed"]

    at_work(tmp_path, story)


def test_a_degraded_gate_refers_whoever_comes_and_says_why(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        open_to_all(office)
        office.degraded = True
        office.lane.sensors.presence = Result.SUCCESSFUL
        office.scanner.present(Scan(("NOTHING TO SEE",)))
        state = await office.lane.until(lambda state: not isinstance(state, Ready | Inspecting))
        assert isinstance(state, Referred)
        assert state.reasons == {Reason.MODE_DEGRADED}

    at_work(tmp_path, story)


def open_to_all(office: Office) -> None:
    """Have the gate open whatever it finds."""
    inspector = office.runner.inspector
    policy = replace(
        inspector.policy, requirements=dict.fromkeys(CheckId, Requirement.IGNORED), live=False
    )
    office.runner.inspector = replace(inspector, policy=policy)
