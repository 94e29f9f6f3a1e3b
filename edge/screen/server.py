"""Serves the pages in the daemon's own loop, until the daemon ends."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Generator

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from edge.errors import SettingsError
from edge.screen.board import Board
from edge.screen.connection import LARGEST_HEAD_BYTES, PageConnection
from edge.screen.reception import Reception

WAITING = 1024
"""Connections that the kernel keeps until we take them; they cost no descriptor."""
PARTING_S = 1
"""How long open requests may take to end when the daemon stops."""


class _Guest(uvicorn.Server):
    """A server that leaves the process' signals to its host."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """Take the address, before anything else is started.

    Raises:
        SettingsError: another program has the port, or the address is not this machine's.
    """
    version = ipaddress.ip_address(host).version
    listener = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(WAITING)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"screen: cannot serve pages at {host}:{port} ({error.strerror}):"
            " stop the program that does, or set another screen.port"
        ) from error
    return listener


async def serve(app: Starlette, board: Board, listener: socket.socket) -> None:
    """Serve until cancelled; then end the streams, let go of the address, and return."""
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # what a peer does wrong is no line in the log
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LARGEST_HEAD_BYTES,
        timeout_graceful_shutdown=PARTING_S,
    )
    server = _Guest(config)
    reception = Reception(
        listener, lambda on_end: PageConnection(config, server.server_state, on_end)
    )
    serving = asyncio.create_task(server.serve(sockets=[]))
    reception.open()
    try:
        await asyncio.shield(serving)
    finally:
        reception.close()
        listener.close()
        board.close()
        server.should_exit = True
        await serving
