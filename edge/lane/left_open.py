"""The transaction that a daemon left open when it ended: power cut, kill, crash.

The next daemon closes it, so that every transaction that began has one end in the journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge.border.decision import Decision, Open, Refer
from edge.checks import Reason
from edge.contract.event_types import PREFIX, EventType
from edge.contract.json_object import JsonObject
from edge.errors import DamagedJournal

MOST_EVENTS: Final = 2_000
"""A transaction is looked for among so many events; it has some twenty."""


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A transaction that began and was not closed, and how far it came."""

    transaction: str
    decision: Decision | None
    passed: bool
    released: bool


def left_open(newest_first: Iterable[bytes]) -> LeftOpen | None:
    """The newest transaction, when it was not closed; None when it was, or there is none.

    Transactions follow each other, so no older one can be open.

    Raises:
        DamagedJournal: an event cannot be read.
    """
    try:
        return _newest(newest_first)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedJournal("one of its newest events cannot be read") from error


def _newest(newest_first: Iterable[bytes]) -> LeftOpen | None:
    decision: Decision | None = None
    passed = released = False
    for body in newest_first:
        event: JsonObject = json.loads(body)
        kind = str(event["type"]).removeprefix(PREFIX)
        match kind:
            case EventType.TRANSACTION_CLOSED:
                return None
            case EventType.TRANSACTION_STARTED:
                return LeftOpen(str(event["correlationid"]), decision, passed, released)
            case EventType.DECISION_MADE if decision is None:
                decision = _decision(event["data"])
            case EventType.GATE_PASSED:
                passed = True
            case EventType.OFFICER_OVERRIDE:
                released |= event["data"]["outcome"] == "released"
            case _:
                pass
    return None


def _decision(data: JsonObject) -> Decision:
    if data["decision"] == "open":
        return Open()
    return Refer(frozenset(map(Reason, data["reasons"])))
