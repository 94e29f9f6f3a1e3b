"""No peer holds the gate: the real daemon among connections that ask nothing, or never end."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.screen.seats import CONNECTIONS
from tests.support import egated as daemon
from tests.support.egated import Egated, Given, Table, egated, page, until_page
from tools.simulation.crowd import PATIENCE_S, Crowd, largest, own_address

MANY = 2000
DESCRIPTORS = 1024
"""What systemd and most shells give by default; the crowd is larger."""


@pytest.fixture
def table(tmp_path: Path, specimens: Path) -> Table:
    return daemon.lane(tmp_path, specimens)


def start(folder: Path, table: Table) -> Path:
    return daemon.write(folder / "gate.toml", table)


def serves(gate: Egated, table: Table) -> None:
    """A traveller passes, the watchdog is fed, and this machine's own screen is answered."""
    gate.until_said("transaction_closed", decision="open")
    gate.until_alive()
    assert page(table, "/")[0] == 200
    until_page(table, "/healthz", lambda health: health["status"] == "ready")
    assert '"sign"' in page(table, "/live/traveller")[1]


def until_at_most(idle: Crowd, kept: int) -> None:
    """Wait until the server keeps no more than so many."""
    deadline_s = time.monotonic() + PATIENCE_S
    while (alive := idle.kept) > kept:
        assert time.monotonic() < deadline_s, f"{alive} are kept"


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


@pytest.mark.parametrize("whence", ["this machine", "another address"])
def test_two_thousand_idle_connections_stop_nothing(
    tmp_path: Path, table: Table, whence: str
) -> None:
    host = "127.0.0.1" if whence == "this machine" else own_address()
    if host is None:
        pytest.skip("this machine has loopback addresses only")
    table["screen"]["host"] = "0.0.0.0"  # noqa: S104  # peers elsewhere must be able to come
    table["simulation"] |= {"repeat": "genuine", "repeat_every_s": 1.0}
    config = start(tmp_path, table)
    with (
        egated(config, tmp_path, given=Given(descriptors=DESCRIPTORS)) as gate,
        Crowd(host, table["screen"]["port"], largest(MANY)) as idle,
    ):
        gate.until_ready()
        serves(gate, table)
        for _ in range(2):
            idle.fill()
            until_at_most(idle, 64)
            serves(gate, table)
        gate.until_said("page_connections_refused")
        idle.close()
        serves(gate, table)
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert gate.errors == ""


def test_whoever_never_ends_a_question_is_cut_off(tmp_path: Path, table: Table) -> None:
    """Each of them held a connection for ever."""
    head = b"POST /simulator/run HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    slow = {
        "nothing at all": b"",
        "a head that never ends": b"GET / HTTP/1.1\r\nX: ",
        "a body that never ends": head + b"Content-Length: 100\r\n\r\n{",
        "pieces that never end": head + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        "a second head": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz",
    }
    with egated(start(tmp_path, table), tmp_path) as gate:
        gate.until_ready()
        peers = {
            name: socket.create_connection(("127.0.0.1", table["screen"]["port"])) for name in slow
        }
        for name, peer in peers.items():
            peer.sendall(slow[name])
        kept = [name for name, peer in peers.items() if not closed_within(peer, PATIENCE_S)]
        for peer in peers.values():
            peer.close()
        assert kept == []
        assert page(table, "/")[0] == 200
        assert gate.errors == ""


def test_whoever_reads_no_answer_loses_the_seat(tmp_path: Path, table: Table) -> None:
    """All seats of this machine are taken by those who ask much, read nothing and stay."""
    asked = b"GET /technician HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500
    with egated(start(tmp_path, table), tmp_path) as gate, ExitStack() as stack:
        gate.until_ready()
        for _ in range(CONNECTIONS.this_machine):
            peer = stack.enter_context(socket.socket())
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.connect(("127.0.0.1", table["screen"]["port"]))
            peer.sendall(asked)
        ends_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                assert page(table, "/")[0] == 200
                break
            except OSError:
                assert time.monotonic() < ends_s, "the seats are never free again"
        gate.until_alive()
        assert gate.errors == ""


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X: " + b"y" * 1000 + b"\r\n"),
        (b"GET /", b"y" * 1000),
        (b"POST /simulator/run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n",
         b"y" * 1000),
        ((b"POST /simulator/run HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         b"Transfer-Encoding: chunked\r\n\r\n"), b"3e8\r\n" + b" " * 1000 + b"\r\n"),
        (b"GET /live/traveller HTTP/1.1\r\nHost: localhost\r\n\r\n", b"y" * 1000),
        (b"GET /live/traveller HTTP/1.1\r\nHost: localhost\r\n\r\n",
         b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 500 + b"\r\n\r\n"),
    ],
    ids=["head", "line", "body", "chunks", "stream", "pipeline"],
)  # fmt: skip
def test_whoever_says_too_much_is_cut_off(
    tmp_path: Path, table: Table, begin: bytes, more: bytes
) -> None:
    with egated(start(tmp_path, table), tmp_path) as gate:
        gate.until_ready()
        with socket.create_connection(("127.0.0.1", table["screen"]["port"])) as peer:
            peer.settimeout(PATIENCE_S)
            with pytest.raises(ConnectionError):  # noqa: PT012  # any of them may be the one
                peer.sendall(begin)
                while True:
                    peer.sendall(more)
        assert page(table, "/")[0] == 200
        assert gate.errors == ""
