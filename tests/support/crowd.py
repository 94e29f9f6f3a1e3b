"""Many connections to one address that ask nothing, and never go by themselves."""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import time
from collections.abc import Iterator

PATIENCE_S = 60.0
OUR_OWN = 200
"""Descriptors a test needs besides."""


def largest(wanted: int) -> int:
    """As many connections as wanted, or as this process may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted + OUR_OWN <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + OUR_OWN, hard))
        soft = wanted + OUR_OWN
    return min(wanted, soft - OUR_OWN)


class Crowd:
    """Connections that have begun a request and leave it at that."""

    def __init__(self, host: str, port: int, size: int) -> None:
        self._address = (host, port)
        self._size = size
        self._held: list[socket.socket] = []

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

    def until_at_most(self, kept: int) -> None:
        """Wait until the server keeps no more than so many."""
        deadline_s = time.monotonic() + PATIENCE_S
        while (alive := sum(not _is_over(one) for one in self._held)) > kept:
            assert time.monotonic() < deadline_s, f"{alive} are kept"

    def leave(self) -> None:
        """Close them all."""
        for one in self._held:
            one.close()
        self._held.clear()


def closed_within(one: socket.socket, seconds: float) -> bool:
    """Whether the other side ends this connection, whatever it says before."""
    one.settimeout(max(seconds, 0.001))
    try:
        while one.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


@contextlib.contextmanager
def crowd(host: str, port: int, size: int) -> Iterator[Crowd]:
    """Hold a crowd while entered."""
    found = Crowd(host, port, size)
    try:
        yield found
    finally:
        found.leave()


def own_address() -> str | None:
    """An address of this machine that is not a loopback one; None on a machine without network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # sends nothing: only the route is looked up
        except OSError:
            return None
        found: str = asked.getsockname()[0]
    return None if found.startswith("127.") else found


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
