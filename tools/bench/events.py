"""Measures signing and verifying: processor time of one core, for the mix of a passage."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from edge.checks import CheckId, Reason, Result
from edge.contract.chain import ChainVerifier
from edge.contract.event_types import PREFIX, EventType
from edge.contract.events import FIRST_HASH, EventDraft, UnsignedEvent, hash_of
from edge.contract.payloads import CheckResult, DecisionMade
from edge.contract.signature import KeyKind, VerificationKey, VerificationKeys
from edge.keys.device_key import DeviceKey

SOURCE: Final = "/egate/v1/bench/lane-1"
NOON: Final = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
PASSAGES: Final = 200
DECISION: Final = DecisionMade(
    decision="refer",
    reasons=(Reason.CHIP_CLONE,),
    checks=tuple(CheckResult(id=check, result=Result.SUCCESSFUL) for check in list(CheckId)[:28]),
    policy_version="1",
    policy_digest="0" * 64,
    models=MappingProxyType({"sface": "0" * 64, "yunet": "0" * 64}),
    timings_ms=MappingProxyType({"mrz": 0.4, "chip": 1200.3, "match": 9.0, "decision": 1300.2}),
)
PASSAGE: Final = (
    *(EventDraft(EventType.GATE_OPENED, NOON, correlation_id="0" * 32) for _ in range(12)),
    EventDraft(EventType.DECISION_MADE, NOON, DECISION, "0" * 32),
)


def rates(kind: KeyKind) -> tuple[float, float]:
    """Events made and signed, and events verified, a second of processor time."""
    key = DeviceKey.make(kind)
    began_s = time.process_time()
    bodies = written(key)
    made_s = time.process_time() - began_s
    verifier = ChainVerifier(VerificationKeys([VerificationKey.of_jwk(key.public_jwk(SOURCE))]))
    began_s = time.process_time()
    findings = [finding for body in bodies for finding in verifier.take(body)]
    verified_s = time.process_time() - began_s
    if findings or verifier.end():
        raise AssertionError("the benchmark does not verify what it has signed")
    return len(bodies) / made_s, len(bodies) / verified_s


def written(key: DeviceKey, source: str = SOURCE) -> list[bytes]:
    """The events of the passages of one gate."""
    journal, previous = str(uuid.uuid4()), FIRST_HASH
    bodies: list[bytes] = []
    for draft in PASSAGE * PASSAGES:
        event = UnsignedEvent(
            id=str(uuid.uuid4()),
            source=source,
            type=PREFIX + draft.type,
            time=draft.occurred,
            journalid=journal,
            sequence=f"{len(bodies) + 1:020}",
            prevhash=previous,
            recordedtime=NOON,
            dataclassification=draft.category.classification,
            datacategory=draft.category,
            simulated=True,
            correlationid=draft.correlation_id,
            causationid=draft.causation_id,
            data=draft.data,
        ).signed(key.sign)
        bodies.append(event.to_bytes())
        previous = hash_of(bodies[-1])
    return bodies
