"""What the central side says of what it cannot reach: once, and when that is over."""

from __future__ import annotations

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode
from structlog.testing import capture_logs

from edge.contract.connection_faults import loss_of
from tools.central import supervisor
from tools.central.assembly import StoreOutage
from tools.central.database import StoreError
from tools.central.records import Totals
from tools.central.supervisor import Summary


def test_a_database_that_is_away_for_long_is_logged_once_for_each_cause() -> None:
    outage = StoreOutage()
    with capture_logs() as said:
        outage.end()
        for cause in ("refused", "refused", "starting up", "refused"):
            outage.note(StoreError(cause))
        outage.end()
        outage.end()
    assert [(line["log_level"], line["event"], line.get("cause")) for line in said] == [
        ("warning", "store_failed", "refused"),
        ("warning", "store_failed", "starting up"),
        ("warning", "store_failed", "refused"),
        ("info", "store_recovered", None),
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
        summary.log_end()
    facts = {"gates": 1, "gates_online": 1, "events_stored": 50_000, "log_level": "info"}
    facts |= {"events_waiting": 0, "messages_refused": 0}
    assert said == [
        {"event": "totals_changed", "events_per_s": 0.0, **facts},
        {"event": "central_stopped", **facts},
    ]
