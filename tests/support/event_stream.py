"""Events as gates of tests write them: real drafts, real signatures, no disk."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from edge.contract.event_types import PREFIX, EventType
from edge.contract.events import FIRST_HASH, EventDraft, UnsignedEvent, hash_of
from edge.contract.signature import VerificationKey, VerificationKeys
from edge.keys.device_key import DeviceKey
from tests.support.signing import KEY

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OPENED = EventDraft(EventType.GATE_OPENED, NOON, correlation_id="t1")


@dataclass(slots=True)
class Writer:
    """Writes one chain."""

    source: str = "/egate/v1/site/lane-1"
    key: DeviceKey = KEY
    journal: str = field(default_factory=lambda: str(uuid.uuid4()))
    sequence: int = 0
    previous: str = FIRST_HASH

    @property
    def keys(self) -> VerificationKeys:
        """What a central system knows of this gate."""
        return VerificationKeys([self.public])

    @property
    def public(self) -> VerificationKey:
        return VerificationKey.of_jwk(self.key.public_jwk(self.source))

    def write(self, draft: EventDraft = OPENED) -> bytes:
        """The next event."""
        self.sequence += 1
        body = self.event(draft).signed(self.key.sign).to_bytes()
        self.previous = hash_of(body)
        return body

    def event(self, draft: EventDraft = OPENED) -> UnsignedEvent:
        """The event of this place, unsigned."""
        return UnsignedEvent(
            id=draft.id or str(uuid.uuid4()),
            source=self.source,
            type=PREFIX + draft.type,
            time=draft.occurred,
            journalid=self.journal,
            sequence=f"{self.sequence:020}",
            prevhash=self.previous,
            recordedtime=NOON + timedelta(seconds=self.sequence),
            dataclassification=draft.category.classification,
            datacategory=draft.category,
            simulated=True,
            correlationid=draft.correlation_id,
            causationid=draft.causation_id,
            data=draft.data,
        )

    def many(self, count: int) -> list[bytes]:
        """The next events."""
        return [self.write() for _ in range(count)]
