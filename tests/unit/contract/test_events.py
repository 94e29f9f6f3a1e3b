"""Drafts of events: each type carries its own payload, and is guarded as what it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edge.contract.data_category import Category
from edge.contract.event_types import PREFIX, EventType
from edge.contract.events import FIRST_HASH, EventDraft, hash_of
from edge.contract.payloads import (
    PAYLOADS,
    CheckResult,
    DeviceStarted,
    DocumentRead,
    Nothing,
    Peripheral,
    SecurityFinding,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "kind", [kind for kind in EventType if not issubclass(PAYLOADS[kind], DeviceStarted)]
)
def test_a_type_carries_no_payload_of_another(kind: EventType) -> None:
    with pytest.raises(TypeError, match=f"{kind} carries {PAYLOADS[kind].__name__}"):
        EventDraft(kind, NOON, DeviceStarted(version="1"))


def test_a_payload_that_says_nothing_is_guarded_least() -> None:
    assert Nothing().most_sensitive() is Category.OPERATIONAL
    assert [category.weight for category in Category] == [0, 1, 2, 3, 4]


def test_what_may_be_left_out_says_nothing_then() -> None:
    assert DocumentRead().model_dump(exclude_none=True) == {
        "format": "",
        "document_code": "",
        "issuing_state": "",
        "checks": (),
    }
    assert Peripheral(role="gate", driver="modbus").detail == ""
    assert SecurityFinding(detail="x").count == 1
    assert "detail" not in CheckResult.model_json_schema()["required"]


def test_a_topic_has_the_family_and_the_name() -> None:
    assert EventType.GATE_EMERGENCY_RESET.topic == "gate/emergency.reset"
    assert PREFIX + EventType.GATE_OPENED == "int.egate.gate.opened"


def test_the_first_event_names_64_zeros_and_each_other_the_sha_256_before() -> None:
    """The digest is the one of FIPS 180-4, B.1."""
    assert FIRST_HASH == "0" * 64
    assert hash_of(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
