"""A journal and its publisher, as the daemon wires them, without a lane."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

from typing_extensions import override

from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.contract.messages import State
from edge.journal.journal import Journal
from edge.journal.outbox import Topics
from edge.mqtt.commands import ReceivedCommand
from edge.mqtt.publisher import Listeners, Publisher
from edge.ports import Closeable
from edge.settings.delivery import Broker
from tests.support.announcements import info_of
from tests.support.signing import KEY, SIGN

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOPICS = Topics("site", "lane")
PATIENCE_S = 60.0
T = TypeVar("T")


class SendingGate(Closeable):
    """Sends what happens while entered, and keeps what its publisher told."""

    def __init__(
        self,
        folder: Path,
        broker: Broker,
        topics: Topics = TOPICS,
        *,
        clock: Callable[[], datetime] = lambda: NOON,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = folder / topics.device / "journal.db"
        self.clock = clock
        self.journal = Journal(
            self.path,
            source=topics.source,
            simulated=True,
            clock=lambda: self.clock(),  # noqa: PLW0108  # a test may set another
            random=os.urandom,
            sign=SIGN,
        )
        self._heard = threading.Condition()
        self.acknowledged = 0
        self.refused: list[str] = []
        self.damages: list[str] = []
        self.commands: list[ReceivedCommand] = []
        self.connections: list[bool] = []
        listeners = Listeners(
            acknowledged=self._acknowledge,
            refused=lambda why: self._note(self.refused, why),
            connected=lambda up: self._note(self.connections, up),
            damaged=lambda error: self._note(self.damages, str(error)),
            command=lambda command: self._note(self.commands, command),
        )
        self.publisher = Publisher(
            self.path,
            topics,
            broker,
            listeners,
            journal_id=self.journal.journal_id,
            clock=seconds,
            chance=lambda: 0.0,  # the shortest pauses
        )
        self.publisher.announce(State(state="online"))
        key = KEY.public_jwk(topics.source)
        self.publisher.announce(info_of(topics.source, self.journal.journal_id, key))

    @override
    def __enter__(self) -> Self:
        self.publisher.start()
        return self

    @override
    def close(self) -> None:
        self.publisher.stop()
        self.journal.close()

    @property
    def is_connected(self) -> bool:
        """Whether the last that was told is that the broker is there."""
        return self.connections[-1:] == [True]

    def happen(self, count: int) -> None:
        """So many events, in one write."""
        self.journal.append([EventDraft(EventType.GATE_OPENED, self.clock())] * count)
        self.publisher.notify()

    def until(self, met: Callable[[], object]) -> None:
        """Wait until something the publisher told makes a condition true."""
        with self._heard:
            assert self._heard.wait_for(met, PATIENCE_S)

    def _acknowledge(self, sequence: int) -> None:
        with self._heard:
            self.acknowledged = sequence
            self._heard.notify_all()

    def _note(self, notes: list[T], note: T) -> None:
        with self._heard:
            notes.append(note)
            self._heard.notify_all()
