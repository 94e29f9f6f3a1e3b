"""Which transaction a daemon left open, by what stands in its journal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edge.border.decision import Open, Refer
from edge.checks import Reason
from edge.errors import SettingsError
from edge.lane.left_open import LeftOpen, left_open

STORY: list[tuple[str, dict[str, Any]]] = [
    ("device.started", {}),
    ("transaction.started", {}),
    ("document.read", {}),
    ("decision.made", {"decision": "open", "reasons": []}),
    ("gate.passed", {}),
    ("transaction.closed", {"outcome": "passed"}),
    ("device.stopped", {}),
]
REFERRED: list[tuple[str, dict[str, Any]]] = [
    ("transaction.started", {}),
    ("decision.made", {"decision": "open", "reasons": []}),
    ("decision.made", {"decision": "refer", "reasons": ["R-TIMEOUT", "R-FACE-PAD"]}),
    ("officer.override", {"outcome": "refused"}),
    ("officer.override", {"outcome": "released"}),
    ("gate.passed", {}),
]


def newest_first(events: list[tuple[str, dict[str, Any]]]) -> list[bytes]:
    bodies = [
        json.dumps({"type": f"int.egate.{kind}", "correlationid": "t1", "data": data}).encode()
        for kind, data in events
    ]
    return bodies[::-1]


@pytest.mark.parametrize(
    ("count", "found"),
    [
        (0, None),
        (1, None),
        (2, LeftOpen("t1", None, passed=False, released=False)),
        (3, LeftOpen("t1", None, passed=False, released=False)),
        (4, LeftOpen("t1", Open(), passed=False, released=False)),
        (5, LeftOpen("t1", Open(), passed=True, released=False)),
        (6, None),
        (7, None),
    ],
)
def test_a_journal_that_ends_anywhere(count: int, found: LeftOpen | None) -> None:
    assert left_open(newest_first(STORY[:count])) == found


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"{}", b"[]", b'{"type": "int.egate.decision.made"}']
)
def test_an_event_that_cannot_be_read_is_damage(body: bytes) -> None:
    with pytest.raises(SettingsError, match="is damaged"):
        left_open([body])


def test_the_last_decision_and_the_release_of_an_officer_count() -> None:
    reasons = frozenset({Reason.TIMEOUT, Reason.FACE_PAD})
    assert left_open(newest_first(STORY + REFERRED[:3])) == LeftOpen(
        "t1", Refer(reasons), passed=False, released=False
    )
    assert left_open(newest_first(STORY + REFERRED)) == LeftOpen(
        "t1", Refer(reasons), passed=True, released=True
    )
