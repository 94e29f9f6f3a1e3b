"""The real daemon keeps its contract: what it says is signed, sealed, whole and as described."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import OKPKey
from jsonschema import Draft202012Validator

from edge.contract.canonical import canonical
from edge.contract.chain import ChainVerifier
from edge.contract.signature import VerificationKeys
from edge.contract.verification import verify_head
from edge.daemon import Daemon
from edge.settings.tree import Settings
from tests.support.tls_authority import Authority
from tools.contract.schemas import events_schema, messages_schema
from tools.gatectl.journal_file import JournalFile
from tools.simulation import lane
from tools.simulation.central import VirtualCentral
from tools.specimen import central_keys

EVENTS = Draft202012Validator(events_schema())
STUCK_S = 120.0


def described(name: str) -> Draft202012Validator:
    schema = messages_schema()
    return Draft202012Validator(schema | {"$ref": f"#/$defs/{name}"})


async def told(settings: Settings, folder: Path) -> tuple[list[bytes], Mapping[str, Any]]:
    """Let two travellers pass: the events the central system got, and the retained messages."""
    async with lane.running(settings, folder) as running, asyncio.timeout(STUCK_S):
        central = running.training.central
        assert isinstance(central, VirtualCentral)
        for name in ("genuine", "cloned-chip"):
            await running.passage(name)
        assert central.faults == []
        bodies = [canonical(received.content) for received in central.received]
        retained = {
            topic.rpartition("/")[2]: json.loads(body) for topic, body in central.retained.items()
        }
    return bodies, retained


def test_what_the_gate_publishes_is_as_described(
    quick_lane: Settings, specimens: Path, tmp_path: Path
) -> None:
    bodies, retained = asyncio.run(told(quick_lane, tmp_path))
    for name in ("state", "info", "health"):
        described(name.title()).validate(retained[name])
    for body in bodies:
        EVENTS.validate(json.loads(body))
    keys = VerificationKeys.of_jwks(retained["info"])
    verify_head(retained["health"]["head"], keys)
    verifier = ChainVerifier(keys)
    assert [finding for body in bodies for finding in verifier.take(body)] == []
    assert verifier.end() == []

    (private,) = json.loads((specimens / central_keys.OPENS).read_bytes())["keys"]
    opened = {
        (content["type"], content["correlationid"]): json.loads(
            jwe.decrypt_compact(
                content["data"]["sealed"],
                OKPKey.import_key(private),
                algorithms=["ECDH-ES", "A256GCM"],
            ).plaintext
            or b""
        )
        for content in map(json.loads, bodies)
        if "sealed" in content["data"]
    }
    assert [kind.removeprefix("int.egate.") for kind, _ in opened] == [
        "document.read", "chip.verified", "document.read", "chip.verified",
    ]  # fmt: skip
    assert {who["primary_identifier"] for who in opened.values()} == {"SPECIMEN"}
    closed = [c for c in map(json.loads, bodies) if c["type"].endswith("transaction.closed")]
    assert len(closed) == 2
    assert len({event["data"]["traveller"] for event in closed}) == 1  # the clone's and its model's


# Paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_gate_whose_certificate_ends_says_so(quick_lane: Settings, tmp_path: Path) -> None:
    """Written down while the broker is still reached, or so that it is known why it is not."""

    async def ending() -> None:
        settings = lane.headless(quick_lane, tmp_path)
        tls = Authority(tmp_path).issue("training/lane-1")
        broker = settings.broker.model_copy(update={"tls": tls})
        daemon = Daemon(settings.model_copy(update={"broker": broker}))
        async with asyncio.timeout(STUCK_S), asyncio.TaskGroup() as tasks:
            tasks.create_task(daemon.run())
            await daemon.until_started()
            daemon.stop()

    asyncio.run(ending())
    with JournalFile(tmp_path / "state/journal.db") as journal:
        said = [json.loads(body) for body in journal.bodies(*journal.ends()[:2])]
    assert [
        (event["data"]["certificate"], event["dataclassification"])
        for event in said
        if event["type"] == "int.egate.security.cert_expiring"
    ] == [("gate", "internal"), ("broker-authority", "internal")]
