"""A durable fact (`edge.contract.events`) that nobody wrote is damage, whoever reads it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.contract.event_types import EventType
from edge.contract.events import DurableFacts, EventDraft
from edge.errors import SettingsError
from edge.journal.erasure import ERASED
from edge.journal.journal import Journal
from edge.journal.writer import JournalWriter
from edge.keys.device_key import DeviceKey
from edge.keys.key_history import PREFIX as KEYS
from edge.keys.key_history import public_keys, remember
from edge.lane.clock import KNOWN, is_plausible, last_known
from edge.management.replay_guard import FLOOR, Ledger
from edge.management.replay_guard import PREFIX as COMMANDS
from edge.trust import TrustStore
from tests.support.signing import SIGN

SOURCE = "/egate/v1/site/lane"
KEY, EARLIER = DeviceKey.make(), DeviceKey.make()
NAME = KEYS + EARLIER.kid
PUBLIC = str(remember(EARLIER, SOURCE).value)
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
Reader = Callable[[Mapping[str, str]], object]


def clock(facts: Mapping[str, str]) -> object:
    return last_known(facts, None, TrustStore(()))


def keys(facts: Mapping[str, str]) -> object:
    return public_keys(KEY, SOURCE, facts)


def used(**changes: str) -> dict[str, str]:
    """What one used command leaves, but for a change."""
    return {COMMANDS + "an-id": "1.5", FLOOR: "0.5"} | changes


@pytest.mark.parametrize(
    ("read", "facts", "name"),
    [
        (clock, {KNOWN: "noon"}, KNOWN),
        (clock, {KNOWN: "2026-12-01T12:00:00"}, KNOWN),
        (clock, {KNOWN: "2026-12-01"}, KNOWN),
        (Ledger, used(**{COMMANDS + "an-id": "soon"}), COMMANDS + "an-id"),
        (Ledger, used(**{COMMANDS + "an-id": "nan"}), COMMANDS + "an-id"),
        (Ledger, used(**{FLOOR: "soon"}), FLOOR),
        (Ledger, used(**{FLOOR: "nan"}), FLOOR),
        (Ledger, used(**{FLOOR: "-inf"}), FLOOR),
        (Ledger, {COMMANDS + "an-id": "1.5"}, FLOOR),
        (keys, {NAME: "{"}, NAME),
        (keys, {NAME: "[" * 100_000}, NAME),
        (keys, {NAME: "17"}, NAME),
        (keys, {NAME: '{"kid": NaN}'}, NAME),
        (keys, {NAME: str(remember(KEY, SOURCE).value)}, NAME),
        (keys, {NAME: PUBLIC.replace('"use"', '"\x1b"')}, NAME),
        (keys, {KEYS + "\x1b[2J": PUBLIC}, KEYS + "?[2J"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",  # a key has another name each time
)
def test_a_fact_that_nobody_wrote_is_damage_and_is_named(
    read: Reader, facts: dict[str, str], name: str
) -> None:
    with pytest.raises(SettingsError, match="the journal is damaged") as refused:
        read(facts)
    words = str(refused.value)
    assert f"`{name}`" in words
    assert "docs/runbook.md" in words
    assert words.isprintable()
    assert all(value not in words for value in facts.values() if len(value) > 3)


def test_facts_that_were_written_are_read(tmp_path: Path) -> None:
    assert last_known({KNOWN: NOON.isoformat()}, None, TrustStore(())) >= NOON
    assert len(public_keys(KEY, SOURCE, {NAME: PUBLIC, KEYS + KEY.kid: "of today"})) == 2
    Ledger(used())
    Ledger({FLOOR: "0.5"})
    Ledger({})


@pytest.mark.parametrize("value", ["many", "-1", "1e3", ""])
def test_a_statement_about_erasure_that_nobody_made_is_damage(tmp_path: Path, value: str) -> None:
    with Journal(
        tmp_path / "journal.db",
        source=SOURCE,
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=SIGN,
    ) as journal:
        fact = DurableFacts(ERASED, value)
        journal.append([EventDraft(EventType.GATE_OPENED, NOON, remember=(fact,))])
        with pytest.raises(SettingsError, match=r"is damaged .*`erased`"):
            JournalWriter(journal, is_plausible)
