"""Carries items from another thread to the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Keeps items in order until the event loop takes them.  Made in that loop.

    One thread puts, the loop takes.  At most `most` items wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._items: deque[T] = deque()
        self._arrived = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether another item would not fit."""
        return len(self._items) >= self._most

    def put(self, item: T) -> bool:
        """Leave an item without waiting; return whether it fitted."""
        if self.is_full:
            return False
        self._items.append(item)
        with suppress(RuntimeError):  # the loop has ended: nobody takes it
            self._loop.call_soon_threadsafe(self._arrived.set)
        return True

    async def take(self) -> T:
        """Wait for the oldest item."""
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        return self._items.popleft()
