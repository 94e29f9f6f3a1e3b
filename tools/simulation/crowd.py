"""Many connections to one address that ask nothing, and never go by themselves."""

from __future__ import annotations

import contextlib
import resource
import select
import socket

from typing_extensions import override

from edge.ports import Closeable

PATIENCE_S = 60.0
OUR_OWN = 200
"""Descriptors this process needs besides."""


def largest(wanted: int) -> int:
    """As many connections as wanted, or as this process may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted + OUR_OWN <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + OUR_OWN, hard))
        soft = wanted + OUR_OWN
    return min(wanted, soft - OUR_OWN)


def own_address() -> str | None:
    """An address of this machine that is not a loopback one; None on a machine without network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # sends nothing: only the route is looked up
        except OSError:
            return None
        found: str = asked.getsockname()[0]
    return None if found.startswith("127.") else found


class Crowd(Closeable):
    """Connections that have begun a request and leave it at that; `with` closes them.

    Raises:
        OSError: the address takes no connection.
    """

    def __init__(self, host: str, port: int, size: int) -> None:
        self._address = (host, port)
        self._size = size
        self._held: list[socket.socket] = []

    @property
    def kept(self) -> int:
        """How many the server has not cut off."""
        return sum(not _is_over(one) for one in self._held)

    def fill(self) -> None:
        """Connect until there are as many as wanted; those that were cut off come again."""
        for one in [one for one in self._held if _is_over(one)]:
            one.close()
            self._held.remove(one)
        while len(self._held) < self._size:
            one = socket.create_connection(self._address, timeout=PATIENCE_S)
            self._held.append(one)
            with contextlib.suppress(ConnectionError):
                one.sendall(b"GET /healthz HTTP/1.1\r\nX: ")

    @override
    def close(self) -> None:
        for one in self._held:
            one.close()
        self._held.clear()


def _is_over(one: socket.socket) -> bool:
    poll = select.poll()
    poll.register(one, select.POLLIN | select.POLLRDHUP)
    if not poll.poll(0):
        return False
    one.setblocking(False)
    try:
        return one.recv(65_536) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
