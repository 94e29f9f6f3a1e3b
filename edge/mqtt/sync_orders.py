"""Obeys what the central system says on `sync/`: what is stored, and what to send again."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from edge.contract.sync import Acknowledgement, Replay
from edge.mqtt.backlog import OutboxReader

log = structlog.get_logger()


class SyncOrders:
    """Orders about one journal; belongs to the thread of the connection.

    `acknowledged` gets the highest sequence that is stored, once for all that came together.
    """

    def __init__(
        self, reader: OutboxReader, journal_id: str, acknowledged: Callable[[int], None]
    ) -> None:
        self._reader = reader
        self._journal_id = journal_id
        self._acknowledged = acknowledged
        self._stored = 0
        """The highest acknowledgement that was not reported yet."""
        self._saw_another = False

    def start_over(self) -> None:
        """A connection is open."""
        self._saw_another = False

    def obey(self, order: Acknowledgement | Replay) -> None:
        """Do what an order says.

        Raises:
            ValueError: it must not be obeyed; the text says why.
            DeliveryError: the outbox cannot be read.
        """
        match order:
            case Replay():
                self._reader.replay(order.first, order.last)
            case Acknowledgement(journal=other) if other != self._journal_id:
                self._ignore_another()
            case Acknowledgement():
                if self._reader.acknowledge(order.sequence, order.hash):
                    self._stored = order.sequence

    def report(self) -> None:
        """Say what was acknowledged since the last time."""
        if self._stored:
            self._acknowledged(self._stored)
            self._stored = 0

    def _ignore_another(self) -> None:
        """Log it once a connection: who acknowledges another journal does so for every event."""
        if not self._saw_another:
            self._saw_another = True
            log.info("foreign_acknowledgement_ignored")
