"""What the central side says of what it cannot reach: once, and when that is over."""

from __future__ import annotations

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode
from structlog.testing import capture_logs

from edge.contract.connection_faults import loss_of
from tools.central import supervisor
from tools.central.assembly import Complaints
from tools.central.records import Totals
from tools.central.supervisor import Summary


def test_a_database_that_is_away_for_long_is_told_once() -> None:
    complaints = Complaints("store")
    with capture_logs() as said:
        complaints.over("answers again")
        for detail in ("refused", "refused", "starting up", "refused"):
            complaints.say(detail)
        complaints.over("answers again")
        complaints.over("answers again")
    told = [(line["log_level"], line["detail"]) for line in said]
    assert told == [
        ("warning", "refused"),
        ("warning", "starting up"),
        ("warning", "refused"),
        ("info", "answers again"),
    ]


def test_a_connection_that_just_ended_is_told_in_words() -> None:
    def loss(name: str) -> str:
        return loss_of(ReasonCode(PacketTypes.DISCONNECT, name))

    assert loss("Unspecified error") == "the connection was closed"
    assert loss("Session taken over") == "session taken over"


def test_what_was_stored_before_is_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "TELL_EVERY_S", 0.0)
    summary = Summary()
    with capture_logs() as said:
        summary.look(Totals(1, 1, 50_000, 0, 0), 1)
    assert [line["detail"] for line in said] == [
        "1 of 1 gates online, 50000 events stored, 0 events/s"
    ]
