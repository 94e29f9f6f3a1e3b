"""What an event names as its cause: what brought it about directly, or nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from edge.contract.commands import (
    CommandName,
    Order,
    RecordOutcome,
    Release,
    Reload,
    Reloaded,
    Reset,
    SecondLine,
)
from edge.gate import events
from edge.gate.states import (
    Alarmed,
    Closing,
    Evacuating,
    Referred,
    Released,
    Releasing,
    Topology,
)
from edge.ports import LaneSignal
from tests.support.bench import STUCK_S, until
from tests.support.desk import KEY, OFFICER, OURS, TOPICS, Office, at_work

OVERRIDE = "officer.override"
RELEASE = Release(transaction=OURS, officer=OFFICER)


@pytest.fixture(params=list(Topology))
def topology(request: pytest.FixtureRequest) -> Topology:
    return Topology(request.param)


def order(office: Office, name: str, what: Order) -> str:
    """Let a command arrive; its id."""
    number, token = KEY.command(CommandName(name), what, TOPICS.source, office.now)
    office.inbox.receive(office.received(name, token))
    return number


def causes(office: Office, *families: str) -> list[tuple[str, str | None]]:
    """Types of the events, with the types of their causes; a command's is its id."""
    told = office.written()
    types = {event["id"]: event["type"].removeprefix("int.egate.") for event in told}
    return [
        (types[event["id"]], types.get(cause, cause))
        for event in told
        if types[event["id"]].startswith(families)
        for cause in [event.get("causationid")]
    ]


async def released(office: Office) -> str:
    """An officer lets the referred traveller pass, once the entry is shut; by which command."""
    command = order(office, "release", RELEASE)
    state = await office.lane.until(lambda s: isinstance(s, Releasing | Released))
    if isinstance(state, Releasing):
        office.gate.report(LaneSignal.CLOSED)
        await office.lane.until(lambda s: isinstance(s, Released))
    await office.quiet()
    return command


def test_a_released_travellers_exit_is_the_overrides_doing_and_that_the_commands(
    tmp_path: Path, topology: Topology
) -> None:
    async def story(office: Office) -> None:
        office.refer()
        command = await released(office)
        for signal in (LaneSignal.OPENED, LaneSignal.PASSED, LaneSignal.CLOSED):
            office.gate.report(signal)
        await office.lane.until(lambda s: not isinstance(s, Released | Closing))
        await office.quiet()
        assert causes(office, "officer", "gate", "audit") == [
            (OVERRIDE, command),
            ("audit.command", command),
            ("gate.authorised", OVERRIDE),
            ("audit.command", command),
            ("gate.opened", OVERRIDE),
            ("gate.passed", OVERRIDE),
            ("gate.closed", OVERRIDE),
        ]

    at_work(tmp_path, story, topology)


def test_of_two_officers_at_once_the_one_who_was_obeyed_is_named(
    tmp_path: Path, topology: Topology
) -> None:
    async def story(office: Office) -> None:
        office.refer()
        await office.quiet()
        disk = threading.Event()
        office.while_writing = lambda: _wait(disk)
        first, second = (order(office, "release", RELEASE) for _ in range(2))
        await until(lambda: office.journal_writer.unwritten == 4)
        disk.set()
        if topology is Topology.MANTRAP:
            await office.lane.until(lambda s: isinstance(s, Releasing))
            office.gate.report(LaneSignal.CLOSED)
        await office.lane.until(lambda s: isinstance(s, Released))
        await office.quiet()
        overrides = [e for e in office.written() if e["type"].endswith(OVERRIDE)]
        assert [(e["causationid"], e["data"]["outcome"]) for e in overrides] == [
            (first, "released"),
            (second, "released"),
            (second, "not_released"),
        ]
        (authorised,) = (e for e in office.written() if e["type"].endswith("gate.authorised"))
        assert authorised["causationid"] == overrides[0]["id"]

    at_work(tmp_path, story, topology)


def _wait(event: threading.Event) -> None:
    assert event.wait(STUCK_S)


def test_the_way_back_is_no_consequence_of_an_authorisation_that_ended(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        office.refer()
        await released(office)
        office.gate.report(LaneSignal.OPENED)
        await until(lambda: ("gate.opened", OVERRIDE) in causes(office, "gate"))
        office.lane.post(events.TimedOut())
        office.gate.report(LaneSignal.CLOSED)
        await office.lane.until(lambda s: isinstance(s, Referred))
        office.gate.report(LaneSignal.OPENED)
        await until(lambda: len(causes(office, "gate")) == 5)
        assert causes(office, "gate") == [
            ("gate.authorised", OVERRIDE),
            ("gate.opened", OVERRIDE),
            ("gate.passage_timeout", OVERRIDE),
            ("gate.closed", OVERRIDE),
            ("gate.opened", None),
        ]

    at_work(tmp_path, story, Topology.MANTRAP)


def test_an_alarm_is_somebodys_doing(tmp_path: Path, topology: Topology) -> None:
    async def story(office: Office) -> None:
        office.refer()
        await released(office)
        for signal in (LaneSignal.OPENED, LaneSignal.FORCED, LaneSignal.CLOSED):
            office.gate.report(signal)
        await office.lane.until(lambda s: isinstance(s, Alarmed) and s.shut)
        await office.quiet()
        assert causes(office, "gate") == [
            ("gate.authorised", OVERRIDE),
            ("gate.opened", OVERRIDE),
            ("gate.forced", None),
            ("gate.closed", None),
        ]

    at_work(tmp_path, story, topology)


def test_an_emergency_is_nobodys_order_and_its_end_is(tmp_path: Path, topology: Topology) -> None:
    async def story(office: Office) -> None:
        office.gate.report(LaneSignal.EMERGENCY_RAISED)
        office.gate.report(LaneSignal.OPENED)
        office.gate.report(LaneSignal.EMERGENCY_CLEARED)
        await office.lane.until(lambda s: s == Evacuating(over=True))
        command = order(office, "reset", Reset(officer=OFFICER))
        await office.lane.until(lambda s: isinstance(s, Closing))
        await office.quiet()
        assert causes(office, "gate") == [
            ("gate.emergency.activated", None),
            ("gate.opened", None),
            ("gate.emergency.reset", command),
        ]

    at_work(tmp_path, story, topology)


def test_what_a_command_changes_or_states_names_it(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        reload = order(office, "reload", Reload(what=Reloaded.POLICY))
        await office.quiet()
        outcome = RecordOutcome(transaction=OURS, officer=OFFICER, outcome=SecondLine.ADMITTED)
        decided = order(office, "outcome", outcome)
        await office.quiet()
        assert causes(office, "officer", "audit") == [
            ("audit.command", reload),
            ("audit.config_changed", reload),
            ("audit.command", reload),
            ("officer.outcome", decided),
            ("audit.command", decided),
            ("audit.command", decided),
        ]

    at_work(tmp_path, story)
