"""The network that can be broken."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tools.fleet.proxy import HOST, Proxy

STUCK_S = 20.0


class Echo:
    """Sends back what it gets."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    @staticmethod
    def _answer(connection: socket.socket) -> None:
        with connection:
            try:
                while piece := connection.recv(100):
                    connection.sendall(piece)
            except OSError:
                return


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    echo = Echo()
    with Proxy(echo.port) as made:
        yield made
    echo.close()


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=STUCK_S)


def is_cut(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


def test_what_goes_in_comes_out(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        connection.sendall(b"gate")
        assert connection.recv(100) == b"gate"


def test_cut(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        connection.sendall(b"gate")
        assert connection.recv(100) == b"gate"
        proxy.cut()
        assert is_cut(connection)
    with connected(proxy) as connection:
        connection.sendall(b"again")
        assert connection.recv(100) == b"again"


def test_silent_and_mended(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        connection.sendall(b"one")
        assert connection.recv(100) == b"one"
        proxy.stall()
        connection.sendall(b"two")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.settimeout(STUCK_S)
        proxy.mend()
        assert connection.recv(100) == b"two"


def test_refused_and_mended(proxy: Proxy) -> None:
    proxy.refuse()
    with connected(proxy) as connection:
        assert is_cut(connection)
    proxy.mend()
    with connected(proxy) as connection:
        connection.sendall(b"gate")
        assert connection.recv(100) == b"gate"


def test_nobody_behind_it() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
    with Proxy(port) as proxy, connected(proxy) as connection:
        assert is_cut(connection)
