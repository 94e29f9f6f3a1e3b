"""The statement in the chain about events that were erased from this device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from edge.contract.event_types import EventType
from edge.contract.events import DurableFacts, EventDraft, remembered
from edge.contract.payloads import Erased

ERASED: Final = "erased"
"""The durable fact that holds the last event whose erasure was stated."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """`count` events up to `through`, recorded before a moment, were erased."""

    count: int
    through: int
    before: datetime

    def draft(self, now: datetime, cause: Literal["retention", "order"]) -> EventDraft:
        """The statement as an event, with the durable fact that it was made."""
        data = Erased(through=self.through, count=self.count, before=self.before, cause=cause)
        stated = DurableFacts(ERASED, str(self.through))
        return EventDraft(EventType.AUDIT_ERASED, now, data, remember=(stated,))


def stated_until(facts: Mapping[str, str]) -> int:
    """The last event whose erasure was stated; 0 before the first statement.

    Raises:
        DamagedJournal: what was remembered of it is no sequence.
    """
    return remembered(facts, ERASED, _sequence) or 0


def _sequence(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ValueError("no sequence")
    return int(value)
