"""Builds the pages of a gate, and shows them what is new."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

from starlette.applications import Starlette

from edge.composition.training import Training
from edge.gate.states import Maintenance, OutOfService, Ready, State
from edge.screen import server
from edge.screen.app import create_app
from edge.screen.board import Board
from edge.screen.camera_preview import CameraPreview
from edge.screen.guard import names_of
from edge.screen.preview import PreviewPanel
from edge.screen.views import Scene
from edge.settings.screen import Screen

REFRESH_EVERY_S = 2.0


class Pages:
    """The traveller's and the technician's page; without `settings` nobody is served any.

    `state` is the lane's, None before there is one.

    Raises, on construction:
        SettingsError: there is no catalogue for the language.
    """

    def __init__(
        self,
        settings: Screen | None,
        simulator: Training | None,
        state: Callable[[], State | None],
    ) -> None:
        self.board = Board()
        self.preview = CameraPreview(self._unseen, os.urandom)
        self._settings = settings
        self._simulator = simulator
        self._state = state
        self._due = asyncio.Event()
        self._app = None if settings is None else self._make_app(settings)
        self._listener: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where they are; empty when nobody is served."""
        settings = self._settings
        return f"http://{settings.host}:{settings.port}" if settings is not None else ""

    @contextmanager
    def address(self) -> Iterator[None]:
        """Hold the address while entered.

        Raises:
            SettingsError: another program has the port, or the address is not this machine's.
        """
        if self._settings is None:
            yield
            return
        with closing(server.listen(self._settings.host, self._settings.port)) as self._listener:
            yield

    async def serve(self) -> None:
        """Serve until cancelled, at the address held; returns at once when nobody is served."""
        if self._app is not None and self._listener is not None:
            await server.serve(self._app, self.board, self._listener)

    def refresh(self) -> None:
        """Show soon what is new."""
        self._due.set()

    def reconsider(self) -> None:
        """Act on what is new in the lane: the camera belongs to the traveller first."""
        self.preview.reconsider()
        self.refresh()

    async def show(self, compose: Callable[[], Scene]) -> None:
        """Show what is new, and at times what changes by itself, until cancelled."""
        while True:
            self._due.clear()
            self.preview.reconsider()
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
        return PreviewPanel(self.preview, anywhere=shown == "network")

    def _unseen(self) -> str:
        """Why a technician may not see through the camera now."""
        state = self._state()
        if state is None:
            return "the gate is starting"
        if isinstance(state, Ready | OutOfService | Maintenance):
            return ""
        return "a traveller is being served"
