"""Commands on their way from the publisher's thread to the desk in the event loop."""

from __future__ import annotations

import asyncio
from collections import deque

from edge.mqtt.commands import ReceivedCommand

MOST_WAITING = 32
"""Messages that may wait for the desk; more at once are a flood."""


class CommandInbox:
    """Keeps a few messages; it only counts the rest.  Made in the event loop of the desk."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._waiting: deque[ReceivedCommand] = deque()
        self._dropped = 0
        """How many did not fit, so far: the publisher's thread counts."""
        self._reported = 0
        """How many of these were reported."""

    @property
    def is_empty(self) -> bool:
        """Whether no message waits, and every one that did not fit is reported."""
        return not self._waiting and self._dropped == self._reported

    def receive(self, received: ReceivedCommand) -> None:
        """Take a message, from any one thread."""
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        self._waiting.append(received)
        try:
            self._loop.call_soon_threadsafe(self._arrived.set)
        except RuntimeError:
            self._waiting.clear()  # the loop has ended: no command is obeyed any more

    async def until_arrival(self) -> None:
        """Wait until a message has arrived since the last wait."""
        await self._arrived.wait()
        self._arrived.clear()

    def take(self) -> ReceivedCommand | None:
        """The message that waits longest, if any."""
        return self._waiting.popleft() if self._waiting else None

    def take_dropped(self) -> int:
        """How many messages did not fit since this was asked last."""
        dropped = self._dropped - self._reported
        self._reported += dropped
        return dropped
