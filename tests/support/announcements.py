"""What gates of tests say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from edge.contract.messages import (
    SCHEMA,
    Anchors,
    BrokerHealth,
    ClockHealth,
    DiskHealth,
    Health,
    Info,
    JournalHealth,
    OutboxHealth,
    PkiHealth,
    Rules,
)
from edge.contract.verification import Head, UnsignedHead

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
UNSIGNED = UnsignedHead(
    source="/egate/v1/site/lane",
    journalid="00000000-0000-4000-8000-000000000000",
    first_sequence=1,
    sequence=0,
    hash="0" * 64,
    time=NOON.isoformat(),
)
NOBODY_SIGNED = Head(**UNSIGNED.model_dump(), signature=f"{'A' * 16}..{'A' * 86}")


def info_of(source: str, journal: str, *keys: Mapping[str, Any], first: int = 1) -> Info:
    """The `info` of a gate without devices."""
    return Info(
        source=source,
        version="1.0",
        topology="barrier",
        simulated=True,
        peripherals={},
        commands=(),
        models={},
        policy=Rules(version="1", digest="0" * 64),
        trust=Anchors(digest="0" * 64),
        journalid=journal,
        first_sequence=first,
        keys=keys,
        schema=SCHEMA,
    )


def health_of(head: Head = NOBODY_SIGNED) -> Health:
    """The `health` of a gate without devices, at noon."""
    return Health(
        time=NOON,
        devices={},
        outbox=OutboxHealth(depth=0, bytes=0, oldest_age_s=None),
        journal=JournalHealth(
            status="ready", detail="", unwritten=0, first_sequence=head.first_sequence
        ),
        disk=DiskHealth(free_bytes=1),
        broker=BrokerHealth(connected=True, fault="", denied={}),
        clock=ClockHealth(synchronised=None, offset_s=None, max_error_s=None),
        pki=PkiHealth(anchors=1, revocation_lists=0, revocation_age_s=None, revocation_lapsed=0),
        head=head,
    )
