"""How a client of a broker ends."""

from __future__ import annotations

from paho.mqtt.client import Client


def leave(client: Client) -> None:
    """Say goodbye, end the thread of a client and close its sockets; it serves nobody afterwards.

    A client that was just connecting cannot say goodbye, and its socket would stay open; so would
    the pair that wakes the thread, until a garbage collector finds it.
    """
    client.disconnect()
    client.loop_stop()
    client.reinitialise()
