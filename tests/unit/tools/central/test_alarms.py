"""What must not go unseen is said, and not a million times."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tools.central.alarms import ALARM_EVERY_S, ANYBODYS, Alarms
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


def test_what_came_again_meanwhile_is_counted() -> None:
    now_s = iter([0.0, 1.0, 2.0, 2.0 + ALARM_EVERY_S])
    alarms = Alarms(lambda: next(now_s))
    with capture_logs() as said:
        for _ in range(4):
            alarms.refused(refusal(Refused.SIGNATURE, 1))
    facts = {"device": "/egate/v1/x1/y", "reason": "signature", "cause": "words"}
    assert said == [
        {"event": "message_refused", "log_level": "warning", "repeated": repeated, **facts}
        for repeated in (0, 2)
    ]
