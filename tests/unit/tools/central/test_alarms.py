"""What must not go unseen is said, and not a million times."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tools.central.alarms import ANYBODYS, Alarms
from tools.central.records import Refusal, Refused


def refusal(reason: Refused, number: int) -> Refusal:
    source = f"/egate/v1/x{number}/y"
    return Refusal(reason, source, source.removeprefix("/"), "words", b"")


@pytest.mark.parametrize("reason", sorted(ANYBODYS))
def test_invented_names_are_one_alarm(reason: Refused) -> None:
    alarms = Alarms()
    with capture_logs() as said:
        for number in range(100):
            alarms.refused(refusal(reason, number))
    assert [line["device"] for line in said] == [""]


def test_each_known_gate_has_an_alarm_of_its_own() -> None:
    alarms = Alarms()
    with capture_logs() as said:
        for number in (1, 2, 2, 2):
            alarms.refused(refusal(Refused.SIGNATURE, number))
    assert [line["device"] for line in said] == ["/egate/v1/x1/y", "/egate/v1/x2/y"]
