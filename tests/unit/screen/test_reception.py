"""The reception: newcomers are received while there are descriptors for them, and afterwards."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from edge.host.descriptors import CORE
from tests.support.descriptors import limited_to, lowest_free
from tests.support.served_pages import PATIENCE_S, Served, scene, served

ASKED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def pages() -> Iterator[Served]:
    with served() as here:
        here.show(scene())
        yield here


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
    with limited_to(lowest_free() + CORE // 2), asking(pages) as peer:
        assert answer(peer) == b""
    with asking(pages) as peer:
        assert answer(peer).startswith(b"HTTP/1.1 200")


def test_without_a_descriptor_newcomers_wait_and_nothing_is_said(
    pages: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as peer:
        peer.settimeout(PATIENCE_S)
        with limited_to():
            peer.connect(("127.0.0.1", pages.port))
            peer.sendall(ASKED)
        assert answer(peer).startswith(b"HTTP/1.1 200")
    assert caplog.records == []


def test_more_at_once_than_one_turn_takes_are_all_answered(pages: Served) -> None:
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(asking(pages)) for _ in range(30)]
        assert all(answer(peer).startswith(b"HTTP/1.1 200") for peer in peers)
