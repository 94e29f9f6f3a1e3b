"""Opens the journal, its writer, and the key that signs its events."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from edge.composition.plan import Plan
from edge.contract.json_object import JsonObject
from edge.journal.journal import Journal
from edge.journal.outbox import Topics
from edge.journal.writer import JournalWriter
from edge.keys.device_key import DeviceKey
from edge.keys.key_history import public_keys
from edge.lane.clock import is_plausible
from edge.settings.tree import Operation

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Records:
    """The journal of one gate, while it is open."""

    path: Path
    topics: Topics
    journal: Journal
    journal_writer: JournalWriter
    key: DeviceKey
    public_keys: list[JsonObject]
    """Public JWKs: today's key first, then those that signed what the journal holds."""


@asynccontextmanager
async def records(plan: Plan) -> AsyncIterator[Records]:
    """The records of a gate while entered; a key and a journal are made where there are none.

    Raises:
        SettingsError: the key cannot be used, the journal is damaged or another daemon has it.
    """
    settings = plan.settings
    path = settings.state_dir / "journal.db"
    topics = Topics(settings.site, settings.device)
    key = DeviceKey.load_or_make(settings.device_key, settings.keys.kind)
    journal = Journal(
        path,
        source=topics.source,
        simulated=settings.operation is Operation.TRAINING,
        clock=plan.clock,
        random=os.urandom,
        sign=key.sign,
    )
    with ExitStack() as opening:
        opening.enter_context(journal)
        journal_writer = JournalWriter(journal, is_plausible)
        opening.pop_all()  # from now on the writer closes it
    log.info(
        "journal_opened",
        last_sequence=journal.last_sequence,
        events_waiting=journal_writer.depth,
    )
    try:
        known = public_keys(key, topics.source, journal.durable_facts())
        yield Records(path, topics, journal, journal_writer, key, known)
    finally:
        await journal_writer.close()
