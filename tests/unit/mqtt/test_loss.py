"""The cause of a lost connection, as paho tells it."""

from __future__ import annotations

import logging

import pytest
from paho.mqtt.client import Client, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, LogLevel
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from edge.mqtt.loss import LossCause


@pytest.fixture
def client() -> Client:
    return Client(CallbackAPIVersion.VERSION2)


def disconnect(client: Client, reason: str, *, by_broker: bool) -> None:
    assert client.on_disconnect is not None
    code = ReasonCode(PacketTypes.DISCONNECT, reason)
    client.on_disconnect(client, None, DisconnectFlags(by_broker), code, None)  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize(
    ("reason", "by_broker", "cause"),
    [
        ("Session taken over", True, "session taken over"),
        ("Unspecified error", False, "the connection was closed"),
        ("Keep alive timeout", False, "the broker does not answer"),
        ("Keep alive timeout", True, "keep alive timeout"),
    ],
)
def test_the_reason_of_a_disconnect_is_the_cause(
    client: Client, reason: str, by_broker: bool, cause: str
) -> None:
    loss = LossCause(client)
    disconnect(client, reason, by_broker=by_broker)
    assert loss.take() == cause
    assert loss.take() == ""


def test_what_paho_says_to_its_log_says_more(client: Client) -> None:
    loss = LossCause(client)
    error = ConnectionResetError(104, "Connection reset by peer")
    client._easy_log(LogLevel.MQTT_LOG_ERR, "failed to receive on socket: %s", error)
    disconnect(client, "Unspecified error", by_broker=False)
    assert loss.take() == "connection reset by peer"


def test_the_text_of_the_log_is_not_kept(client: Client) -> None:
    loss = LossCause(client)
    client._easy_log(LogLevel.MQTT_LOG_ERR, "of %s", "10.0.0.7")
    client._easy_log(LogLevel.MQTT_LOG_WARNING, "no arguments")
    assert loss.take() == ""
    assert "paho" not in logging.Logger.manager.loggerDict
