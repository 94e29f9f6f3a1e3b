"""The broker of a virtual lane comes, goes and comes back on the same port."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from edge.errors import DeviceBusy
from tools.simulation.broker import HOST, VirtualBroker, free_port


def accepts(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex((HOST, port)) == 0


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_it_accepts_connections_while_entered_and_no_longer(protocol: str) -> None:
    with VirtualBroker(protocol=protocol) as broker:
        assert accepts(broker.port)
        broker.start()  # it runs already
        assert accepts(broker.port)
    assert not accepts(broker.port)
    broker.stop()
    broker.kill()


def test_one_that_was_killed_comes_back_where_it_was() -> None:
    with VirtualBroker() as broker:
        for _ in range(2):
            broker.kill()
            assert not accepts(broker.port)
            broker.start()
            assert accepts(broker.port)


def test_a_taken_port_is_told_with_what_to_do() -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(DeviceBusy, match=f"port {port} is in use.*broker.port"):
            VirtualBroker(port).start()


def test_a_free_port_is_kept_for_whoever_names_it() -> None:
    port = free_port()
    with closing(socket.socket()) as other, pytest.raises(OSError, match="in use"):
        other.bind((HOST, port))
    socket.create_server((HOST, port)).close()
    with VirtualBroker(port) as broker:
        assert accepts(broker.port)
