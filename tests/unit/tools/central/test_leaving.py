"""A client that ends leaves no socket open, for no garbage collector to find."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from typing_extensions import override

from tests.support.descriptors import held
from tools.central.leaving import leave
from tools.simulation.broker import HOST, VirtualBroker

STUCK_S = 60.0


@pytest.fixture
def broker() -> Iterator[VirtualBroker]:
    with VirtualBroker() as found:
        yield found


class Connecting(Client):
    """Connects when its thread is told to end, and not before."""

    ending: threading.Event

    @override
    def loop_stop(self) -> MQTTErrorCode:
        self.ending.set()
        return super().loop_stop()


def test_a_client_that_was_just_connecting_leaves_no_socket(broker: VirtualBroker) -> None:
    client = Connecting(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    begun, client.ending = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        begun.set()
        assert client.ending.wait(STUCK_S)

    client.on_pre_connect = wait
    before = held()
    client.connect_async(HOST, broker.port)
    client.loop_start()
    assert begun.wait(STUCK_S)
    leave(client)
    assert client.socket() is None
    assert held() <= before


def test_a_client_that_is_connected_says_goodbye(broker: VirtualBroker) -> None:
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    connected, gone = threading.Event(), threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.on_disconnect = lambda *_: gone.set()
    before = held()
    client.connect(HOST, broker.port)
    client.loop_start()
    assert connected.wait(STUCK_S)
    leave(client)
    assert gone.is_set()
    assert held() <= before
