"""The contract of the events: the shipped schema is that of the models, and it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator, ValidationError

from edge.checks import CheckId, Reason, Result
from edge.contract.commands import CommandName
from edge.contract.data_category import Category
from edge.contract.event_types import PREFIX, EventType
from edge.contract.events import FIRST_HASH, EventDraft, UnsignedEvent
from edge.contract.messages import Announcement, Health, Info, State
from edge.contract.payloads import (
    PAYLOADS,
    CheckResult,
    DecisionMade,
    DeviceStarted,
    DocumentRead,
    Payload,
)
from tests.support.event_stream import Writer
from tests.support.signing import SIGN
from tools.contract.schemas import FILES, FOLDER, events_schema, messages_schema, rendered

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
            dataclassification="internal",
            datacategory="operational",
            simulated=True,
            data=data,
        )
        .signed(SIGN)
        .to_bytes()
    )
    parsed: dict[str, Any] = json.loads(body)
    return parsed


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_contract_is_that_of_the_models(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == rendered(name), "run: python -m tools.contract.schemas"


@pytest.mark.parametrize("schema", [events_schema(), messages_schema()])
def test_the_schemas_are_schemas(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


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
        ("causationid", None),
        ("causationid", 1),
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


# What kind of data each field carries


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of every object in a schema, with where it stands."""
    if isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from properties(part, f"{path}/{number}")
    elif isinstance(schema, dict):
        for key, part in schema.items():
            if key == "properties" and "if" not in path:
                for name, found in part.items():
                    yield f"{path}/{name}", found
            yield from properties(part, f"{path}/{key}")


CONTRACT = {
    f"{name}{where}": found
    for name, schema in (("events", events_schema()), ("messages", messages_schema()))
    for where, found in properties(schema)
    if "/then" not in where and "/if" not in where
}


def test_every_property_says_what_it_carries() -> None:
    assert len(CONTRACT) > 150
    categories = {category.value: category.classification for category in Category}
    assert [
        where
        for where, found in CONTRACT.items()
        if categories.get(found.get("x-datacategory", "")) != found.get("x-dataclassification", 0)
    ] == []


def test_identity_is_sealed_wherever_it_stands_and_reasons_may_tell_a_hit() -> None:
    carried = {
        category: {
            where.rpartition("/")[2]
            for where, found in CONTRACT.items()
            if found["x-datacategory"] == category
        }
        for category in Category
    }
    assert carried[Category.IDENTITY] == {"sealed"}
    assert carried[Category.SELECTION] == {"reasons"}
    assert carried[Category.PERSONNEL] == {"officer"}
    assert {"correlationid", "traveller", "checks", "decision"} <= carried[Category.PASSAGE]


@pytest.mark.parametrize("payload", sorted(set(PAYLOADS.values()), key=str))
def test_every_payload_that_says_anything_names_its_own_category(payload: type[Payload]) -> None:
    assert ("category" in vars(payload)) is bool(payload.model_fields)


@pytest.mark.parametrize(
    ("draft", "category", "classification"),
    [
        (EventDraft(EventType.DEVICE_STOPPED, NOON), "operational", "internal"),
        (EventDraft(EventType.GATE_OPENED, NOON, correlation_id="t"), "passage", "confidential"),
        (EventDraft(EventType.DECISION_MADE, NOON, DECISION, "t"), "selection", "restricted"),
        (EventDraft(EventType.DOCUMENT_READ, NOON, DocumentRead(), "t"), "passage", "confidential"),
        (
            EventDraft(
                EventType.DOCUMENT_READ,
                NOON,
                DocumentRead(sealed=f"e..{'A' * 16}.A.{'A' * 22}"),
                "t",
            ),
            "identity",
            "restricted",
        ),
    ],
)
def test_an_event_is_guarded_as_its_most_sensitive_field(
    draft: EventDraft, category: str, classification: str
) -> None:
    content = json.loads(Writer().write(draft))
    assert (content["datacategory"], content["dataclassification"]) == (category, classification)
    VALIDATOR.validate(content)


# The AsyncAPI document


def references(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for inner in part:
            yield from references(inner)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            yield from references(value)


def resolved(reference: str) -> Any:
    name, _, pointer = reference.partition("#")
    found = json.loads(rendered(name or "asyncapi.json"))
    for step in filter(None, pointer.split("/")):
        found = found[step]
    return found


def test_every_reference_of_the_document_leads_somewhere() -> None:
    found = set(references(json.loads(rendered("asyncapi.json"))))
    assert len(found) > 50
    assert all(resolved(reference) for reference in found)


@pytest.mark.parametrize("announcement", [State, Info, Health])
def test_what_is_announced_goes_to_the_topic_of_its_channel(
    announcement: type[Announcement],
) -> None:
    channel = json.loads(rendered("asyncapi.json"))["channels"][announcement.__name__.lower()]
    assert channel["address"].rpartition("/")[2] == announcement.topic


def test_the_document_has_every_topic_event_and_command() -> None:
    """Checked once against the JSON Schema of AsyncAPI 3.0.0 (npm: @asyncapi/specs)."""
    document = json.loads(rendered("asyncapi.json"))
    assert document["asyncapi"] == "3.0.0"
    messages = document["channels"]["events"]["messages"]
    assert {resolved(m["$ref"])["name"] for m in messages.values()} == {
        f"{PREFIX}{kind}" for kind in EventType
    }
    assert document["channels"]["command"]["parameters"]["command"]["enum"] == list(CommandName)
    directions = {
        operation["channel"]["$ref"].rpartition("/")[2]: operation["action"]
        for operation in document["operations"].values()
    }
    assert directions == {
        "state": "send", "info": "send", "health": "send", "events": "send", "answer": "send",
        "stats": "send",
        "ack": "receive", "replay": "receive", "command": "receive",
    }  # fmt: skip
    assert set(directions) == set(document["channels"])
    for channel in document["channels"].values():
        named = set(re.findall(r"\{(\w+)\}", channel["address"]))
        assert named == set(channel["parameters"])
