"""Scenes as Server-Sent Events (WHATWG HTML §9.2).

A page believes what it shows only while it hears the beat; see `static/live.js`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import StreamingResponse

from edge.screen.board import Board
from edge.screen.views import Scene, View

BEAT_S = 1.0
RETRY_MS = 500

Pick: TypeAlias = Callable[[Scene], View]


async def stream(
    board: Board, pick: Pick, edition: str, beat_s: float = BEAT_S
) -> AsyncIterator[str]:
    """Tell one page what it shows whenever that has changed, and that we live at every beat.

    Changes of what the page does not show send nothing: a traveller's connection must not tell
    by its rhythm what goes on behind.  The edition makes a page load itself again after an update.
    """
    yield f"retry: {RETRY_MS}\n{_event('hello', edition)}"
    clock = asyncio.get_running_loop().time
    beat_due_s = clock() + beat_s
    scene: Scene | None = None
    shown: View | None = None
    while not board.closed:
        try:
            async with asyncio.timeout_at(beat_due_s):
                scene = await board.newer(scene)
        except TimeoutError:
            beat_due_s = clock() + beat_s
            yield _event("beat", "")
            continue
        view = pick(scene) if scene is not None else shown
        if view is not None and view != shown:
            shown = view
            beat_due_s = clock() + beat_s
            yield _event("view", view.model_dump_json())


def endpoint(
    board: Board, pick: Pick, edition: str
) -> Callable[[Request], Awaitable[StreamingResponse]]:
    """Answer with the stream of one kind of view."""

    async def live(_: Request) -> StreamingResponse:
        return StreamingResponse(
            stream(board, pick, edition),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    return live


def _event(name: str, data: str) -> str:
    """Write one event; JSON has no line breaks, so one `data` line is enough."""
    return f"event: {name}\ndata: {data}\n\n"
