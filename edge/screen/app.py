"""The web application of one gate: two pages, their live streams, health, the simulator panel."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from edge.border.reasons import WORDS
from edge.screen import health, languages, live
from edge.screen.board import Board
from edge.screen.guard import LARGEST_BODY_BYTES, LOCAL_HOSTS, Headed, Named, refuse
from edge.screen.preview import PreviewPanel
from edge.screen.resources import STATIC
from edge.screen.simulator import Panel, Simulator


def create_app(
    board: Board,
    *,
    simulator: Simulator | None = None,
    preview: PreviewPanel | None = None,
    language: str = "es",
    hosts: Sequence[str] = LOCAL_HOSTS,
) -> Starlette:
    """Build the application.

    Args:
        board: what to show; the streams end when it is closed.
        simulator: only in training operation; without it there are no orders to give.
        preview: shows the camera on the technician's page; without it there is no such picture.
        language: the traveller page's before the traveller or the document chooses another.
        hosts: names this gate answers to, besides the address it is reached at.  Others are
            refused, or a foreign page could read ours by having its own name resolve to this
            address (DNS rebinding).

    Raises:
        SettingsError: there is no catalogue for the language.
    """
    catalogues = languages.load()
    languages.require(language, catalogues)
    edition, watchers = _edition(), live.Watchers()
    words = {
        "default": language,
        "languages": {code: one.model_dump(mode="json") for code, one in catalogues.items()},
    }
    officer_words = {reason.value: text for reason, text in WORDS.items()}

    async def healthz(_: Request) -> JSONResponse:
        return health.answer(board.scene)

    async def catalogue(_: Request) -> JSONResponse:
        return JSONResponse(words)

    async def reasons(_: Request) -> JSONResponse:
        return JSONResponse(officer_words)

    routes: list[BaseRoute] = [
        _page("/", "traveller.html"),
        _page("/technician", "technician.html"),
        Route(
            "/live/traveller",
            live.endpoint(board, lambda scene: scene.traveller, edition, watchers),
        ),
        Route(
            "/live/technician", live.endpoint(board, lambda scene: scene.lane, edition, watchers)
        ),
        Route("/catalogues", catalogue),
        Route("/technician/reasons", reasons),
        Route("/healthz", healthz),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    if simulator is not None:
        routes += Panel(simulator).routes()
    if preview is not None:
        routes += preview.routes()
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Headed),
            Middleware(Named, hosts=hosts),
        ],
        exception_handlers={HTTPException: refuse},
        max_body_size=LARGEST_BODY_BYTES,
    )


def _page(path: str, file: str) -> Route:
    async def page(_: Request) -> FileResponse:
        return FileResponse(STATIC / file)

    return Route(path, page)


def _edition() -> str:
    """Name this set of pages by its content."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
