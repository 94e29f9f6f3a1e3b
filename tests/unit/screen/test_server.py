"""The server: takes its address or says why not, and lets go of it at the end."""

from __future__ import annotations

import asyncio
import http.client
import signal
import socket

import pytest

from edge.errors import SettingsError
from edge.screen.app import create_app
from edge.screen.board import Board
from edge.screen.server import listen, serve
from tests.support.served_pages import PATIENCE_S, scene, served


def test_a_busy_port_is_told_in_one_line() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"127.0.0.1:{port} \(Address already in use\)"):
            listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_told_in_one_line() -> None:
    with pytest.raises(SettingsError, match=r"192\.0\.2\.1:0"):
        listen("192.0.2.1", 0)


def test_it_listens_where_it_is_told_and_nowhere_else() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.family is socket.AF_INET


def test_an_address_of_the_longer_kind() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listen("::1", 0) as listener:
        assert listener.family is socket.AF_INET6


def test_the_end_comes_although_somebody_watches() -> None:
    with served() as pages:
        pages.show(scene())
        connection = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=PATIENCE_S)
        connection.request("GET", "/live/traveller")
        stream = connection.getresponse()
        assert stream.readline().startswith(b"retry:")
        pages.stop()
        assert b"event: hello" in stream.read()
        connection.close()
        listen("127.0.0.1", pages.port).close()


def test_signals_stay_with_the_daemon() -> None:
    async def story() -> None:
        before = signal.getsignal(signal.SIGINT)
        board = Board()
        listener = listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        serving = asyncio.create_task(serve(create_app(board), board, listener))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert signal.getsignal(signal.SIGINT) is before
        writer.close()
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert board.closed

    asyncio.run(story())
