"""The statement in the chain about events that were erased from this device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from edge.contract.event_types import EventType
from edge.contract.events import DurableFacts, EventDraft
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
