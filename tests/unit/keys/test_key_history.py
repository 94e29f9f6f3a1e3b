"""A gate whose key was changed still says with which keys its earlier events verify."""

from __future__ import annotations

import os
from pathlib import Path

from edge.contract.chain import ChainVerifier
from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.contract.signature import VerificationKeys
from edge.contract.verification import Fault
from edge.journal.journal import Journal
from edge.keys.device_key import DeviceKey
from edge.keys.key_history import public_keys, remember
from tests.support.event_stream import NOON
from tools.gatectl.journal_file import JournalFile

SOURCE = "/egate/v1/site/lane-1"


def start(path: Path, key: DeviceKey) -> VerificationKeys:
    """What a daemon does at its start, and what it announces."""
    with Journal(
        path, source=SOURCE, simulated=True, clock=lambda: NOON, random=os.urandom, sign=key.sign
    ) as journal:
        announced = public_keys(key, SOURCE, journal.durable_facts())
        draft = EventDraft(EventType.DEVICE_STOPPED, NOON, remember=(remember(key, SOURCE),))
        journal.append([draft])
    assert announced[0]["kid"] == key.kid
    return VerificationKeys.of_jwks({"keys": announced})


def test_events_of_every_key_verify(tmp_path: Path) -> None:
    path, keys = tmp_path / "journal.db", [DeviceKey.make() for _ in range(3)]
    announced = [start(path, key) for key in (*keys, keys[2])]
    assert [len(known) for known in announced] == [1, 2, 3, 3]
    with JournalFile(path) as journal:
        bodies = list(journal.bodies(1, 4))
    for known in (announced[-1], start(path, keys[0])):
        verifier = ChainVerifier(known)
        assert [finding for body in bodies for finding in verifier.take(body)] == []
    stranger = ChainVerifier(VerificationKeys([]))
    assert [f.fault for f in stranger.take(bodies[0])] == [Fault.UNKNOWN_KEY]
