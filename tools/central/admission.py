"""Is this an event of the gate whose topic it came on?  Every check that needs the event alone.

The remaining check, its place in its chain, needs the other events (`tools.central.intake`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from edge.contract.event_types import PREFIX
from edge.contract.signature import VerificationKeys
from edge.contract.verification import LARGEST_EVENT_BYTES, Fault, Finding, Genuine, verify_event
from tools.central.gate_name import NAME, source_of
from tools.central.records import LATEST, ChainKey, Event, Refusal, Refused

_TOPIC: Final = re.compile(rf"egate/v1/{NAME}/{NAME}/event/[a-z_]+/[a-z_.]+")
_TRANSACTION: Final = re.compile(r"[!-~]{1,128}")
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_TIME: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Gates whose clocks say otherwise are indexed at the edge; their events say what they said."""
_REASONS: Final = {Fault.UNKNOWN_KEY: Refused.UNKNOWN_KEY, Fault.FORGED: Refused.SIGNATURE}

KeysOf = Callable[[str], VerificationKeys | None]
"""The keys of a gate by its source; None for a gate nobody enrolled."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An event that is genuine; `misfit` says what of its payload is not as the contract says."""

    event: Event
    misfit: str


def admit(topic: str, body: bytes, keys_of: KeysOf) -> Admitted | Refusal:
    """Judge a message on an event topic; never raises, whatever came."""
    source = source_of(topic)
    found = _judge(topic, source, body, keys_of)
    if isinstance(found, Genuine):
        fault = _misplaced(found, topic, source)
        if fault is None:
            return Admitted(_event(found, body), found.misfit)
        reason, detail = fault
        return Refusal(reason, source, topic, detail, body, _countable(found.sequence))
    if isinstance(found, Finding):
        reason, sequence = _reason(found, source), _countable(found.sequence)
        return Refusal(reason, source, topic, found.detail, body, sequence)
    reason, detail = found
    return Refusal(reason, source, topic, detail, body)


def _judge(
    topic: str, source: str, body: bytes, keys_of: KeysOf
) -> Genuine | Finding | tuple[Refused, str]:
    """What is cheap to tell comes first."""
    if _TOPIC.fullmatch(topic) is None:
        return Refused.TOPIC, "no topic of an event"
    if len(body) > LARGEST_EVENT_BYTES:
        return Refused.SIZE, f"{len(body)} bytes"
    keys = keys_of(source)
    if keys is None:
        return Refused.UNKNOWN_DEVICE, "a gate nobody has enrolled"
    return verify_event(body, keys)


def _misplaced(found: Genuine, topic: str, source: str) -> tuple[Refused, str] | None:
    """What is wrong with a genuine event on this topic."""
    kind = found.event.type.removeprefix(PREFIX).replace(".", "/", 1)
    if found.event.source != source:
        return Refused.SOURCE, "an event of another gate"
    if topic != f"{source.removeprefix('/')}/event/{kind}":
        return Refused.TOPIC, "an event of another type"
    if not 0 < found.sequence <= LATEST:
        return Refused.FORM, "an impossible sequence"
    return None


def _countable(sequence: int | None) -> int | None:
    """A sequence a database can hold; None where what came says a larger one."""
    return None if sequence is None or sequence > LATEST else sequence


def _reason(found: Finding, source: str) -> Refused:
    if found.chain is not None and found.chain.source != source:
        return Refused.SOURCE
    return _REASONS.get(found.fault, Refused.FORM)


def _event(found: Genuine, body: bytes) -> Event:
    event, transaction = found.event, found.event.correlationid or ""
    return Event(
        chain=ChainKey(event.source, event.journalid),
        sequence=found.sequence,
        previous=event.prevhash,
        hash=found.hash,
        type=event.type.removeprefix(PREFIX),
        occurred=min(max(event.time, EARLIEST), LATEST_TIME),
        transaction=transaction if _TRANSACTION.fullmatch(transaction) else "",
        simulated=event.simulated,
        body=body,
    )
