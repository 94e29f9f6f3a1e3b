"""How a client of a broker ends."""

from __future__ import annotations

from paho.mqtt.client import Client


def leave(client: Client) -> None:
    """Say goodbye and end the thread of a client; its socket is closed afterwards.

    A client that was just connecting cannot say goodbye, and paho-mqtt leaves its socket open.
    """
    client.disconnect()
    client.loop_stop()
    if (left := client.socket()) is not None:
        left.close()
