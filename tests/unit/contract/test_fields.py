"""What drivers, files and documents say may stand in an event, at a length a broker passes on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.checks import CheckId, Reason, Result
from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.contract.fields import LONGEST_WORDS
from edge.contract.payloads import (
    CheckResult,
    ChipFailed,
    DecisionMade,
    Peripheral,
    SecurityFinding,
)
from edge.contract.verification import Genuine, verify_event
from tests.support.event_stream import NOON, Writer

ROOT = Path(__file__).parents[3]
ANYTHING = st.text(st.characters(codec=None), max_size=2 * LONGEST_WORDS)  # lone surrogates too


def said(draft: EventDraft) -> bytes:
    """The event as it is written."""
    return Writer().write(draft)


@given(ANYTHING)
def test_whatever_is_said_can_be_written_and_verified(text: str) -> None:
    writer = Writer()
    for kind, data in (
        (EventType.DEVICE_PERIPHERAL_LOST, Peripheral(role="gate", driver="x", detail=text)),
        (EventType.SECURITY_AUTH_FAILED, SecurityFinding(detail=text)),
        (EventType.CHIP_FAILED, ChipFailed(fault=text, checks=())),
    ):
        found = verify_event(writer.write(EventDraft(kind, NOON, data)), writer.keys)
        assert isinstance(found, Genuine)
        assert not found.misfit


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ValidationError):
        SecurityFinding.model_validate({"detail": 5})


@pytest.mark.parametrize("text", ["\U0001f6c2" * 10_000, "\ufdfa" * 10_000])
def test_the_longest_event_is_shorter_than_what_a_broker_passes_on(text: str) -> None:
    """One that is longer would be sent, refused and sent again for ever, and all behind it wait."""
    checks = tuple(
        CheckResult(id=check, result=Result.NOT_PERFORMED, detail=text) for check in CheckId
    )
    data = DecisionMade(
        decision="refer",
        reasons=tuple(Reason),
        checks=checks,
        policy_version="1",
        policy_digest="0" * 64,
        models={},
        timings_ms={},
    )
    config = (ROOT / "config/mosquitto.example.conf").read_text()
    (passed,) = re.findall(r"^max_packet_size (\d+)$", config, re.MULTILINE)
    assert len(said(EventDraft(EventType.DECISION_MADE, NOON, data))) < int(passed) * 0.9
