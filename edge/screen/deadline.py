"""A limit of time on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls somebody unless it is stopped in time.

    Args:
        seconds: from `start` on.
        expired: called then, once for each start.
    """

    def __init__(self, seconds: float, expired: Callable[[], None]) -> None:
        self._seconds = seconds
        self._expired = expired
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Let the time run; a second start changes nothing."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._expire)

    def stop(self) -> None:
        """Nobody is called; it can be started again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        self._expired()
