"""A real browser, and pages served to it as the daemon serves them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from edge.screen.app import create_app
from edge.screen.board import Board
from edge.screen.server import listen, serve
from edge.screen.simulator import Simulator
from edge.screen.views import Scene

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_S = 20.0
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's chromium; skip the test, visibly, where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Served:
    """Pages served from a loop of their own, and the board that feeds them."""

    def __init__(self, simulator: Simulator | None, language: str) -> None:
        self._simulator = simulator
        self._language = language
        self._listener: socket.socket
        self._loop: asyncio.AbstractEventLoop
        self._board: Board
        self._serving: asyncio.Task[None]
        self._thread: threading.Thread
        self.port = 0

    @property
    def url(self) -> str:
        """Where the traveller's page is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, with an empty board; after a stop, at the same address again."""
        up = threading.Event()
        self._listener = listen("127.0.0.1", self.port)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(up)))
        self._thread.start()
        if not up.wait(PATIENCE_S):
            raise TimeoutError("the pages are not served")

    def show(self, scene: Scene) -> None:
        """Put a scene on the board."""
        self._loop.call_soon_threadsafe(self._board.show, scene)

    def stop(self) -> None:
        """End serving; the address is free afterwards."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._serving.cancel)
            self._thread.join(PATIENCE_S)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the loop hang: connections stay open and say nothing."""
        thaw = threading.Event()
        self._loop.call_soon_threadsafe(thaw.wait, PATIENCE_S)
        try:
            yield
        finally:
            thaw.set()

    async def _serve(self, up: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._board = Board()
        app = create_app(self._board, simulator=self._simulator, language=self._language)
        self._serving = asyncio.create_task(serve(app, self._board, self._listener))
        up.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving


@contextlib.contextmanager
def served(simulator: Simulator | None = None, language: str = "en") -> Iterator[Served]:
    """Serve pages on a free port of this machine."""
    screen = Served(simulator, language)
    screen.start()
    try:
        yield screen
    finally:
        screen.stop()
