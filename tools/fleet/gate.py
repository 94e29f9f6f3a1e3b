"""One simulated gate: a journal, a device key and a publisher, all of them the real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.contract.events import EventDraft
from edge.contract.messages import SCHEMA, Anchors, Info, Rules, State
from edge.journal.journal import Journal
from edge.journal.outbox import Topics
from edge.keys.device_key import DeviceKey
from edge.mqtt.publisher import Listeners, Publisher
from edge.settings.delivery import Broker

JOURNAL = "journal.db"
NO_FILE: Final = hashlib.sha256().hexdigest()
"""The digest of rules and anchors that such a gate does not have."""


class SimulatedGate:
    """Writes one journal and publishes it.

    `append` and `close` belong to one thread; acknowledgements arrive in the publisher's.
    """

    def __init__(
        self,
        folder: Path,
        topics: Topics,
        broker: Broker,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        key = DeviceKey.load_or_make(folder / "device-key.pem")
        self._journal = Journal(
            folder / JOURNAL,
            source=topics.source,
            simulated=True,
            clock=clock,
            random=random,
            sign=key.sign,
        )
        self.acknowledged = 0
        """Everything up to this sequence is stored centrally, as far as it was told."""
        self._publisher = Publisher(
            folder / JOURNAL,
            topics,
            broker,
            Listeners(  # a simulated gate takes no commands
                acknowledged=self._hear,
                refused=lambda _: None,
                connected=lambda _: None,
                damaged=lambda _: None,
                command=lambda _: None,
            ),
            journal_id=self._journal.journal_id,
        )
        self._publisher.announce(self._info(topics, key))
        self._publisher.announce(State(state="online"))

    @property
    def written(self) -> int:
        """How many events the gate has written so far, in every life."""
        return self._journal.last_sequence

    @property
    def is_delivered(self) -> bool:
        """Whether everything written is known to be stored, now or in an earlier life."""
        return self._journal.backlog().events == 0 or self.acknowledged >= self.written

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._publisher.connected

    def start(self) -> None:
        """Begin to publish."""
        self._publisher.start()

    def append(self, drafts: Sequence[EventDraft]) -> None:
        """Write events, and what was acknowledged meanwhile; DeliveryError as `Journal.append`."""
        self._journal.append(drafts, self.acknowledged)
        self._publisher.notify()

    def close(self) -> None:
        """Stop publishing and close the journal; what is not acknowledged stays in the outbox."""
        self._publisher.stop()
        self._journal.append([], self.acknowledged)
        self._journal.close()

    def _hear(self, sequence: int) -> None:
        self.acknowledged = sequence

    def _info(self, topics: Topics, key: DeviceKey) -> Info:
        return Info(
            source=topics.source,
            version="fleet",
            topology="barrier",
            simulated=True,
            peripherals={},
            commands=(),
            models={},
            policy=Rules(version="fleet", digest=NO_FILE),
            trust=Anchors(digest=NO_FILE),
            journalid=self._journal.journal_id,
            first_sequence=self._journal.first_sequence,
            keys=(key.public_jwk(topics.source),),
            schema=SCHEMA,
        )
