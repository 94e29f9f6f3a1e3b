"""The contract of the events: the shipped schema is that of the models, and it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator, ValidationError

from edge.border.reasons import Reason
from edge.checks import CheckId, Result
from edge.events import (
    FIRST_HASH,
    PAYLOADS,
    PREFIX,
    CheckResult,
    DecisionMade,
    DeviceStarted,
    EventType,
    UnsignedEvent,
)
from tests.signing import SIGN
from tools.schemas import FILE, events_schema, rendered

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
VALIDATOR = Draft202012Validator(events_schema())
DECISION = DecisionMade(
    decision="refer",
    reasons=(Reason.CHIP_CLONE,),
    checks=(CheckResult(id=CheckId.CHIP_ACCESS, result=Result.SUCCESSFUL),),
    policy_version="1",
    policy_digest="0" * 64,
    models={"sface": "0" * 64},
    timings_ms={"decision": 90.1},
)


def event(kind: EventType, data: Any) -> dict[str, Any]:
    body = (
        UnsignedEvent(
            id="0" * 32,
            source="/egate/v1/here/lane-1",
            type=f"{PREFIX}{kind}",
            time=NOON,
            journalid=str(UUID(int=0)),
            sequence="1".zfill(20),
            prevhash=FIRST_HASH,
            recordedtime=NOON,
            simulated=True,
            data=data,
        )
        .signed(SIGN)
        .to_bytes()
    )
    parsed: dict[str, Any] = json.loads(body)
    return parsed


def test_the_shipped_schema_is_that_of_the_models() -> None:
    assert FILE.read_text(encoding="utf-8") == rendered(), "run: python -m tools.schemas"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(events_schema())


def test_every_type_of_event_has_a_payload_in_the_schema() -> None:
    types = events_schema()["properties"]["type"]["enum"]
    assert types == [f"{PREFIX}{kind}" for kind in EventType]
    assert len(events_schema()["allOf"]) == len(PAYLOADS)


def test_an_event_of_the_models_fits() -> None:
    VALIDATOR.validate(event(EventType.DECISION_MADE, DECISION))
    VALIDATOR.validate(event(EventType.DEVICE_STARTED, DeviceStarted(version="1")))


def test_the_payload_of_another_type_is_refused() -> None:
    with pytest.raises(ValidationError, match="version"):
        VALIDATOR.validate(event(EventType.DEVICE_STARTED, DECISION))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sequence", "1"),
        ("prevhash", "0"),
        ("type", "int.egate.gate.unheard_of"),
        ("specversion", "0.3"),
        ("simulated", "no"),
        ("correlationid", None),
        ("data", None),
    ],
)
def test_a_wrong_envelope_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate(event(EventType.DECISION_MADE, DECISION) | {field: value})


@pytest.mark.parametrize("field", ["id", "source", "sequence", "prevhash", "data", "simulated"])
def test_an_incomplete_envelope_is_refused(field: str) -> None:
    incomplete = event(EventType.DECISION_MADE, DECISION)
    del incomplete[field]
    with pytest.raises(ValidationError, match=field):
        VALIDATOR.validate(incomplete)


def test_a_later_version_may_add_fields() -> None:
    later = event(EventType.DECISION_MADE, DECISION) | {"lane": "3"}
    later["data"]["officer_needed"] = True
    VALIDATOR.validate(later)
