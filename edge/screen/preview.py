"""The live picture of the camera, for technicians: on request, to this machine, never stored."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field, StrictBool
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from typing_extensions import override

from edge.errors import EdgeError
from edge.screen.guard import LARGEST_BODY_BYTES, LOCAL_HOSTS, Headed, Named, read_order, refuse
from edge.screen.resources import STATIC
from edge.screen.views import View

UNSTORED = {"Cache-Control": "no-store"}


class PreviewRefused(EdgeError):
    """There is no live picture now; the message says why."""


class FaceView(View):
    """The largest face; shares of the picture's width and height, 0..1."""

    box: tuple[float, float, float, float]
    """Left, top, width, height."""
    landmarks: tuple[tuple[float, float], ...]
    inter_eye_px: float
    """In pixels of the camera."""


class LookView(View):
    """What the gate would say about one picture."""

    width: int
    height: int
    brightness: float
    """Mean of the whole picture, 0..255."""
    faces: int
    face: FaceView | None = None
    hint: str | None = None
    quality: Mapping[str, int] = Field(default_factory=dict)
    usable: bool = False
    """Whether this picture would be compared."""
    advice: str = ""
    """What to do about a camera that does not stand upright; empty when it does."""
    frames_per_s: float = 0.0
    ends_in_s: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Look:
    """One picture and what is said about it; personal, for one answer."""

    jpeg: bytes
    view: LookView

    @override
    def __repr__(self) -> str:
        """Hide the picture: it is personal."""
        return "Look(<redacted>)"


class Preview(Protocol):
    """Shows what the camera sees to one page at a time."""

    def begin(self) -> str:
        """Begin, return the key to look with; PreviewRefused when it may not be shown."""

    async def look(self, key: str) -> Look | None:
        """The newest picture, None when there is none just now; PreviewRefused when it is over."""

    def end(self, key: str) -> None:
        """End it; does nothing when it has ended."""


class BeginOrder(View):
    """That somebody wants to see."""

    wanted: StrictBool


class LookOrder(View):
    """Who wants to see."""

    key: str = Field(max_length=64)


class PreviewPanel:
    """Answers the pages that show the camera.

    Pictures are fetched by POST with the key of the page that began: no other page can watch, and
    nothing stands in a history or a cache.
    """

    def __init__(self, preview: Preview, *, anywhere: bool = False) -> None:
        self._preview = preview
        self._anywhere = anywhere

    def routes(self) -> list[Route]:
        """Where the panel's orders go."""
        return [
            Route("/technician/camera", self._offer),
            Route("/technician/camera/begin", self._begin, methods=["POST"]),
            Route("/technician/camera/look", self._look, methods=["POST"]),
            Route("/technician/camera/end", self._end, methods=["POST"]),
        ]

    async def _offer(self, request: Request) -> JSONResponse:
        self._require_nearness(request)
        return JSONResponse({"offered": True}, headers=UNSTORED)

    async def _begin(self, request: Request) -> JSONResponse:
        self._require_nearness(request)
        await read_order(request, BeginOrder)
        try:
            return JSONResponse({"key": self._preview.begin()}, headers=UNSTORED)
        except PreviewRefused as error:
            raise HTTPException(409, str(error), UNSTORED) from error

    async def _look(self, request: Request) -> Response:
        self._require_nearness(request)
        order = await read_order(request, LookOrder)
        try:
            look = await self._preview.look(order.key)
        except PreviewRefused as error:
            raise HTTPException(409, str(error), UNSTORED) from error
        if look is None:
            return Response(status_code=204, headers=UNSTORED)
        headers = UNSTORED | {"Egate-Look": look.view.model_dump_json()}
        return Response(look.jpeg, media_type="image/jpeg", headers=headers)

    async def _end(self, request: Request) -> Response:
        self._require_nearness(request)
        self._preview.end((await read_order(request, LookOrder)).key)
        return Response(status_code=204, headers=UNSTORED)

    def _require_nearness(self, request: Request) -> None:
        """It shows the person before the gate: not to the network unless settings say so."""
        if self._anywhere:
            return
        client = request.client
        if client is None or not ipaddress.ip_address(client.host).is_loopback:
            raise HTTPException(
                403,
                "the live picture is shown on the gate's own machine only:"
                " see `preview` of [screen]",
                UNSTORED,
            )


def create_preview_app(preview: Preview) -> Starlette:
    """A page with the live picture alone, for a camera that no daemon holds."""

    async def page(_: Request) -> FileResponse:
        return FileResponse(STATIC / "preview.html")

    return Starlette(
        routes=[
            Route("/", page),
            *PreviewPanel(preview).routes(),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Headed), Middleware(Named, hosts=LOCAL_HOSTS)],
        exception_handlers={HTTPException: refuse},
        max_body_size=LARGEST_BODY_BYTES,
    )
