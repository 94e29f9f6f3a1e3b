"""Scenes as Server-Sent Events (WHATWG HTML §9.2).

A page believes what it shows only while it hears the beat; see `static/live.js`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from edge.screen.board import Board
from edge.screen.seats import STREAMS, THIS_MACHINE, Limits, peer_of
from edge.screen.views import Scene, View

BEAT_S = 1.0
RETRY_MS = 500
FULL_RETRY_S: Final = 5

Pick: TypeAlias = Callable[[Scene], View]


class Written:
    """The newest view of one kind as text: written once, however many pages watch."""

    def __init__(self, pick: Pick) -> None:
        self._pick = pick
        self._scene: Scene | None = None
        self._view: View | None = None
        self._text = ""

    def of(self, scene: Scene) -> str:
        """The view of this scene as JSON; views that are equal are the same text."""
        if scene is not self._scene:
            self._scene = scene
            view = self._pick(scene)
            if view != self._view:
                self._view = view
                self._text = view.model_dump_json()
        return self._text


class Watchers:
    """How many streams each peer has."""

    def __init__(self, limits: Limits = STREAMS) -> None:
        self._limits = limits
        self._taken: Counter[str] = Counter()

    def enter(self, peer: str) -> None:
        """Count one more stream.

        Raises:
            HTTPException: 503, the peer or all others together have as many as they may.
        """
        if not self._limits.admit(peer, self._taken):
            retry = {"Retry-After": str(FULL_RETRY_S)}
            raise HTTPException(503, "too many pages are open: close one", retry)
        self._taken[peer] += 1

    def leave(self, peer: str) -> None:
        """Count one stream less."""
        self._taken[peer] -= 1
        if not self._taken[peer]:
            del self._taken[peer]


class _LiveResponse(StreamingResponse):
    """A stream whose end is noticed, however it ends."""

    def __init__(self, content: AsyncIterator[str], on_end: Callable[[], None]) -> None:
        super().__init__(
            content, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )
        self._on_end = on_end

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._on_end()


async def stream(
    board: Board, written: Written, edition: str, beat_s: float = BEAT_S
) -> AsyncIterator[str]:
    """Tell one page what it shows whenever that has changed, and that we live at every beat.

    Changes of what the page does not show send nothing: a traveller's connection must not tell
    by its rhythm what goes on behind.  The edition makes a page load itself again after an update.
    """
    yield f"retry: {RETRY_MS}\n{_event('hello', edition)}"
    clock = asyncio.get_running_loop().time
    beat_due_s = clock() + beat_s
    scene: Scene | None = None
    shown = ""
    while not board.closed:
        try:
            async with asyncio.timeout_at(beat_due_s):
                scene = await board.newer(scene)
        except TimeoutError:
            beat_due_s = clock() + beat_s
            yield _event("beat", "")
            continue
        text = shown if scene is None else written.of(scene)
        if text != shown:
            shown = text
            beat_due_s = clock() + beat_s
            yield _event("view", text)


def endpoint(
    board: Board, pick: Pick, edition: str, watchers: Watchers
) -> Callable[[Request], Awaitable[StreamingResponse]]:
    """Answer with the stream of one kind of view."""
    written = Written(pick)

    async def live(request: Request) -> StreamingResponse:
        peer = THIS_MACHINE if request.client is None else peer_of(request.client.host)
        watchers.enter(peer)
        return _LiveResponse(stream(board, written, edition), lambda: watchers.leave(peer))

    return live


def _event(name: str, data: str) -> str:
    """Write one event; JSON has no line breaks, so one `data` line is enough."""
    return f"event: {name}\ndata: {data}\n\n"
