"""Notices the event that all others wait for: sent again and again, and never acknowledged.

Belongs to the thread of the connection, but for `StallWatch.stall`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog

from edge.contract.messages import Stall

SENT_BEFORE_TOLD: Final = 3
"""So often an event is sent without an acknowledgement before it counts as stalled."""
AGE_BEFORE_TOLD_S: Final = 30.0
"""So long it is tried at least: a line that breaks often sends often."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Attempts:
    """What was tried with the first event that is not acknowledged."""

    sequence: int
    since_s: float = 0.0
    sent: int = 0
    delivered: int = 0
    requested: int = 0
    told: bool = False


class StallWatch:
    """Watches the event behind the last acknowledged one.  `clock` is monotonic, in seconds."""

    def __init__(self, acknowledged: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first = _Attempts(acknowledged + 1)

    @property
    def stall(self) -> Stall | None:
        """The event that is stalled, None while there is none; any thread may ask."""
        first = self._first
        if not first.told:
            return None
        return Stall(
            sequence=first.sequence,
            sent=first.sent,
            delivered=first.delivered,
            requested=first.requested,
            age_s=self._clock() - first.since_s,
        )

    def sent(self, sequence: int) -> None:
        """An event was given to the connection."""
        first, now_s = self._first, self._clock()
        if sequence != first.sequence:
            return
        since_s = first.since_s if first.sent else now_s
        stalls = first.sent + 1 >= SENT_BEFORE_TOLD and now_s - since_s >= AGE_BEFORE_TOLD_S
        self._first = replace(
            first, since_s=since_s, sent=first.sent + 1, told=first.told or stalls
        )
        if stalls and not first.told:
            log.warning(
                "delivery_stalled",
                sequence=sequence,
                sent=first.sent + 1,
                delivered=first.delivered,
                requested=first.requested,
            )

    def delivered(self, sequence: int) -> None:
        """The broker has taken an event."""
        if sequence == self._first.sequence:
            self._first = replace(self._first, delivered=self._first.delivered + 1)

    def requested(self, first: int, last: int) -> None:
        """The central side asks for events again."""
        if first <= self._first.sequence <= last and self._first.sent:
            self._first = replace(self._first, requested=self._first.requested + 1)

    def acknowledged(self, sequence: int) -> None:
        """Everything up to an event is stored."""
        told = self._first.told
        self._first = _Attempts(sequence + 1)
        if told:
            log.info("delivery_resumed", sequence=sequence)
