"""The board: the newest scene, and those who watch it.

A watcher that is slow misses scenes in between and gets the newest; nothing queues up for it.
Used from the event loop's thread only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from edge.screen.views import Scene


class Board:
    """Holds what the pages show now."""

    def __init__(self) -> None:
        self._scene: Scene | None = None
        self._turn = asyncio.Event()
        self._closed = False

    @property
    def scene(self) -> Scene | None:
        """The newest scene, None before the first."""
        return self._scene

    @property
    def closed(self) -> bool:
        """Whether the show is over."""
        return self._closed

    def show(self, scene: Scene) -> None:
        """Replace the scene and wake everybody who watches; the same scene again wakes nobody."""
        if self._closed or scene == self._scene:
            return
        self._scene = scene
        self._wake()

    def close(self) -> None:
        """End every watch; the pages then show a closed gate by themselves."""
        self._closed = True
        self._wake()

    async def newer(self, than: Scene | None) -> Scene | None:
        """Wait for a scene other than this one; None once the board is closed."""
        while not self._closed:
            if self._scene is not None and self._scene is not than:
                return self._scene
            await self._turn.wait()
        return None

    async def watch(self) -> AsyncIterator[Scene]:
        """Yield the scene there is, then each newer one, until the board is closed."""
        scene = await self.newer(None)
        while scene is not None:
            yield scene
            scene = await self.newer(scene)

    def _wake(self) -> None:
        """Let everybody go who waits for this turn; the next turn has an event of its own."""
        self._turn.set()
        self._turn = asyncio.Event()
