"""The reception: newcomers are received while there are descriptors for them, and afterwards."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
from collections.abc import Iterator

import pytest

from edge.host.descriptors import CORE
from tests.support.served_pages import PATIENCE_S, Served, scene, served

ASKED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def pages() -> Iterator[Served]:
    with served() as here:
        here.show(scene())
        yield here


@contextlib.contextmanager
def descriptors(limit: int) -> Iterator[None]:
    """Let this process have so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def lowest_free() -> int:
    found = os.dup(0)
    os.close(found)
    return found


def answer(peer: socket.socket) -> bytes:
    """What the server says until it ends the connection."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while piece := peer.recv(65_536):
            said += piece
    return said


def asking(pages: Served) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", pages.port), timeout=PATIENCE_S)
    with contextlib.suppress(ConnectionError):
        peer.sendall(ASKED)
    return peer


def test_the_pages_get_none_of_the_last_descriptors(pages: Served) -> None:
    with descriptors(lowest_free() + CORE), asking(pages) as peer:
        assert answer(peer) == b""
    with asking(pages) as peer:
        assert answer(peer).startswith(b"HTTP/1.1 200")


def test_without_a_descriptor_newcomers_wait_and_nothing_is_said(
    pages: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as peer:
        peer.settimeout(PATIENCE_S)
        with descriptors(3):
            peer.connect(("127.0.0.1", pages.port))
            peer.sendall(ASKED)
        assert answer(peer).startswith(b"HTTP/1.1 200")
    assert caplog.records == []


def test_more_at_once_than_one_turn_takes_are_all_answered(pages: Served) -> None:
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(asking(pages)) for _ in range(30)]
        assert all(answer(peer).startswith(b"HTTP/1.1 200") for peer in peers)
