"""What is told of a traveller is what the gate did, however soon it went on."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.border.reasons import Reason
from edge.gate import events
from edge.gate.events import Alarm, Event
from edge.gate.states import Inspecting, Ready
from edge.passages import Passage
from edge.ports import Scan
from tests.desk import Office, at_work
from tests.unit.shell.bench import until

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
        office.attendant.passages.listen(ended.append)
        office.scanner.present(Scan(("NOTHING TO SEE",)))
        await office.lane.until(lambda state: isinstance(state, Inspecting))
        for event in (cause, events.LaneCleared(), events.DoorsShut()):
            office.lane.post(event)
        assert isinstance(office.lane.state, Ready)
        await until(lambda: ended)
        await office.recorder.commit()

        assert ended[0].reasons == (reason,)
        decisions = office.events("decision.made")
        assert [(d["decision"], d["reasons"]) for d in decisions] == [("refer", [reason.value])]
        assert [c["outcome"] for c in office.events("transaction.closed")] == ["referred"]

    at_work(tmp_path, story)
