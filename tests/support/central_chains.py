"""Chains of genuine events, as a gate makes them, without a gate."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from edge.contract.event_types import PREFIX, EventType
from edge.contract.events import FIRST_HASH, UnsignedEvent, hash_of
from edge.contract.messages import Info
from edge.contract.payloads import Nothing, Payload
from edge.contract.signature import VerificationKey, VerificationKeys
from edge.contract.verification import Head, UnsignedHead
from edge.keys.device_key import DeviceKey
from tests.support.announcements import info_of
from tools.central import records
from tools.central.admission import Admitted, admit
from tools.central.store import Store

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
Open = Callable[[], Store]
"""Opens the same store once more, as another worker does."""


@dataclass(slots=True)
class Gate:
    """A gate that writes one journal."""

    name: str = "hall/lane-1"
    number: int = 1
    key: DeviceKey = field(default_factory=DeviceKey.make)
    sequence: int = 0
    hash: str = FIRST_HASH
    now: datetime = NOON
    simulated: bool = False

    @property
    def source(self) -> str:
        return f"/egate/v1/{self.name}"

    @property
    def journal(self) -> str:
        return str(UUID(int=self.number))

    @property
    def chain(self) -> records.ChainKey:
        return records.ChainKey(self.source, self.journal)

    @property
    def keys(self) -> VerificationKeys:
        return VerificationKeys([VerificationKey.of_jwk(self.key.public_jwk(self.source))])

    @property
    def enrolled(self) -> list[records.DeviceKey]:
        return [records.DeviceKey(self.source, self.key.kid, self.key.public_jwk(self.source))]

    def info(self, first: int = 1) -> Info:
        """What it says of itself when it connects."""
        return info_of(self.source, self.journal, self.key.public_jwk(self.source), first=first)

    def head(self) -> Head:
        """Where its chain ends by now."""
        return UnsignedHead(
            source=self.source,
            journalid=self.journal,
            first_sequence=1,
            sequence=self.sequence,
            hash=self.hash,
            time=self.now.isoformat(),
        ).signed(self.key.sign)

    def write(
        self,
        kind: EventType = EventType.GATE_OPENED,
        data: Payload | None = None,
        transaction: str | None = None,
        *,
        after_s: float = 1,
    ) -> bytes:
        """The next event of the journal, as published."""
        self.now += timedelta(seconds=after_s)
        self.sequence += 1
        event = UnsignedEvent(
            id=str(UUID(int=self.sequence)),
            source=self.source,
            type=PREFIX + kind,
            time=self.now,
            journalid=self.journal,
            sequence=f"{self.sequence:020}",
            prevhash=self.hash,
            recordedtime=self.now,
            simulated=self.simulated,
            dataclassification="internal",
            datacategory="operational",
            correlationid=transaction,
            data=data or Nothing(),
        )
        body = event.signed(self.key.sign).to_bytes()
        self.hash = hash_of(body)
        return body

    def topic(self, body: bytes) -> str:
        """Where it publishes an event."""
        kind = EventType(json.loads(body)["type"].removeprefix(PREFIX))
        return f"egate/v1/{self.name}/event/{kind.topic}"

    def events(self, count: int) -> list[records.Event]:
        """The next events, admitted."""
        return self.admitted([self.write() for _ in range(count)])

    def admitted(self, bodies: Sequence[bytes]) -> list[records.Event]:
        found = [admit(self.topic(body), body, lambda _: self.keys) for body in bodies]
        assert all(isinstance(one, Admitted) for one in found), found
        return [one.event for one in found if isinstance(one, Admitted)]


def acknowledged(outcome: records.Outcome) -> dict[records.ChainKey, int]:
    """How far each chain is acknowledged to the gate that writes its first history."""
    return {chain: end.sequence for chain, end in outcome.heads.items()}


def altered(body: bytes, **members: Any) -> bytes:
    """The event with other members, canonical, and the signature as it was."""
    content = json.loads(body) | members
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
