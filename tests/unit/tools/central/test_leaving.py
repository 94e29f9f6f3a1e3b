"""A client that ends leaves no socket open."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from typing_extensions import override

from tools.central.leaving import leave
from tools.simulation.broker import HOST, VirtualBroker

STUCK_S = 60.0


@pytest.fixture
def broker() -> Iterator[VirtualBroker]:
    with VirtualBroker() as found:
        yield found


class Connecting(Client):
    """Connects when its thread is told to end, and not before."""

    def __init__(self) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self.begun, self._ending = threading.Event(), threading.Event()
        self.on_pre_connect = self._wait

    def _wait(self, *_: object) -> None:
        self.begun.set()
        assert self._ending.wait(STUCK_S)

    @override
    def loop_stop(self) -> MQTTErrorCode:
        self._ending.set()
        return super().loop_stop()


def is_closed(client: Client) -> bool:
    left = client.socket()
    return left is None or left.fileno() == -1


def test_a_client_that_was_just_connecting_leaves_no_socket(broker: VirtualBroker) -> None:
    client = Connecting()
    client.connect_async(HOST, broker.port)
    client.loop_start()
    assert client.begun.wait(STUCK_S)
    leave(client)
    assert is_closed(client)


def test_a_client_that_is_connected_says_goodbye(broker: VirtualBroker) -> None:
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    connected, gone = threading.Event(), threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.on_disconnect = lambda *_: gone.set()
    client.connect(HOST, broker.port)
    client.loop_start()
    assert connected.wait(STUCK_S)
    leave(client)
    assert gone.is_set()
    assert is_closed(client)
