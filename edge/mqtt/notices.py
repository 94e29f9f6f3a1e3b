"""What a gate publishes beside its events: announcements, retained, and what is said once.

Filled by any thread, emptied by the publisher's.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MOST_SAID_ONCE = 64


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """Something to publish."""

    topic: str
    body: bytes
    retain: bool = False
    correlation: bytes = b""


class Notices:
    """Of an announcement the newest counts; the rest is said until the broker has confirmed it.

    Both are few, however long the broker is away.
    """

    def __init__(self) -> None:
        self._announcements: dict[str, OutgoingMessage] = {}
        self._news: dict[str, None] = {}
        """Topics of announcements that changed."""
        self._once: deque[OutgoingMessage] = deque(maxlen=MOST_SAID_ONCE)
        self._unconfirmed: dict[int, OutgoingMessage] = {}

    def announce(self, topic: str, body: bytes) -> None:
        """Publish retained, now and on every connect."""
        self._announcements[topic] = OutgoingMessage(topic, body, retain=True)
        self._news[topic] = None

    def say_once(self, topic: str, body: bytes, correlation: bytes = b"") -> None:
        """Publish once, not retained: an answer to a command, a report."""
        self._once.append(OutgoingMessage(topic, body, correlation=correlation))

    def start_over(self) -> None:
        """Publish every announcement again.

        The state comes last: a reader who sees a gate online finds the rest already there.
        """
        self._news.clear()
        topics = sorted(self._announcements, key=lambda topic: topic.endswith("/state"))
        self._news.update(dict.fromkeys(topics))

    def give_up(self) -> None:
        """The connection is gone: what was not confirmed has perhaps not arrived."""
        self._once.extendleft(reversed(self._unconfirmed.values()))
        self._unconfirmed.clear()

    def take(self) -> OutgoingMessage | None:
        """The next to send; None when there is none."""
        for topic in tuple(self._news):
            del self._news[topic]  # before reading: what is announced meanwhile is news again
            return self._announcements[topic]
        return self._once.popleft() if self._once else None

    def sent(self, message: OutgoingMessage, mid: int) -> None:
        """A message is on the way under a number."""
        if not message.retain:
            self._unconfirmed[mid] = message

    def confirmed(self, mid: int) -> None:
        """The broker has what was sent under a number."""
        self._unconfirmed.pop(mid, None)
