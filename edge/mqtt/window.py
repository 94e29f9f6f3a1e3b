"""Which messages are on their way to the broker, and how many there may be."""

from __future__ import annotations

from collections.abc import Callable

STUCK_S = 60.0


class Window:
    """The messages of one connection that the broker has not confirmed.

    `clock` is monotonic, in seconds.  Messages are known by their packet identifiers.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._most = 0
        self._sent: set[int] = set()
        self._heard_s = clock()
        """When the broker last confirmed one, or the first was sent."""

    def open(self, most: int) -> None:
        """Begin a connection on which `most` messages may be on their way at a time."""
        self._most = most
        self._sent.clear()

    @property
    def has_room(self) -> bool:
        """Whether one more may be sent."""
        return len(self._sent) < self._most

    @property
    def is_stuck(self) -> bool:
        """Whether the broker has confirmed nothing for `STUCK_S`, although something is due."""
        return bool(self._sent) and self._clock() - self._heard_s > STUCK_S

    def add(self, identifier: int) -> None:
        """A message was sent."""
        if not self._sent:
            self._heard_s = self._clock()
        self._sent.add(identifier)

    def confirm(self, identifier: int) -> None:
        """The broker has it."""
        self._sent.discard(identifier)
        self._heard_s = self._clock()

    def __contains__(self, identifier: int) -> bool:
        return identifier in self._sent
