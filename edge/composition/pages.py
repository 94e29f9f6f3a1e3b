"""Builds the pages of a gate, and shows them what is new."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from starlette.applications import Starlette

from edge.composition.lane import LaneParts
from edge.composition.training import Training
from edge.gate.states import Maintenance, OutOfService, Ready
from edge.lane.face_session import FaceEngine
from edge.screen import server
from edge.screen.app import create_app
from edge.screen.board import Board
from edge.screen.camera_preview import CameraPreview, PreviewSource
from edge.screen.guard import names_of
from edge.screen.preview import PreviewPanel
from edge.screen.views import Scene
from edge.settings.screen import Screen

REFRESH_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class PageAddress:
    """The address of the pages, held before anything else is started."""

    settings: Screen
    listener: socket.socket

    @property
    def url(self) -> str:
        """For people and logs."""
        return f"http://{self.settings.host}:{self.settings.port}"


@contextmanager
def page_address(settings: Screen | None) -> Iterator[PageAddress | None]:
    """Hold the address while entered; None when the gate has no pages.

    Raises:
        SettingsError: another program has the port, or the address is not this machine's.
    """
    if settings is None:
        yield None
        return
    with closing(server.listen(settings.host, settings.port)) as listener:
        yield PageAddress(settings, listener)


class Pages:
    """The traveller's and the technician's page; without an address nobody is served any.

    `rotate` is what the settings of the camera say.

    Raises, on construction:
        SettingsError: there is no catalogue for the language.
    """

    def __init__(
        self,
        address: PageAddress | None,
        parts: LaneParts,
        engine: FaceEngine,
        simulator: Training | None,
        rotate: int,
    ) -> None:
        self.board = Board()
        self._address = address
        self._lane = parts.lane
        self._simulator = simulator
        source = PreviewSource(
            parts.lane.devices.camera.call, engine.thread, engine.pipeline, rotate
        )
        self._preview = CameraPreview(source, self._preview_refusal, os.urandom)
        self._due = asyncio.Event()
        self._app = None if address is None else self._make_app(address.settings)
        parts.runner.changed.listen(self._reconsider)

    @property
    def url(self) -> str:
        """Where they are; empty when nobody is served."""
        return "" if self._address is None else self._address.url

    async def serve(self) -> None:
        """Serve until cancelled, at the address held; returns at once when nobody is served."""
        if self._app is not None and self._address is not None:
            await server.serve(self._app, self.board, self._address.listener)

    def refresh(self) -> None:
        """Show soon what is new."""
        self._due.set()

    async def show(self, compose: Callable[[], Scene]) -> None:
        """Show what is new, and at times what changes by itself, until cancelled."""
        while True:
            self._due.clear()
            self._preview.reconsider()
            scene = compose()
            self.board.show(scene)
            if self._simulator is not None:
                self._simulator.show(scene.traveller.hint)
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_EVERY_S):
                    await self._due.wait()

    def _make_app(self, settings: Screen) -> Starlette:
        return create_app(
            self.board,
            simulator=self._simulator,
            preview=self._panel(settings.preview),
            language=settings.language,
            hosts=names_of(settings.host, socket.gethostname()),
        )

    def _panel(self, shown: str) -> PreviewPanel | None:
        if shown == "off":
            return None
        return PreviewPanel(self._preview, anywhere=shown == "network")

    def _reconsider(self) -> None:
        """Act on what is new in the lane: the camera belongs to the traveller first."""
        self._preview.reconsider()
        self.refresh()

    def _preview_refusal(self) -> str:
        """Why a technician may not see through the camera now; empty when it is allowed."""
        if isinstance(self._lane.state, Ready | OutOfService | Maintenance):
            return ""
        return "a traveller is being served"
