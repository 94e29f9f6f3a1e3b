"""Commands as the broker delivers them, and where their answers may go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from paho.mqtt.client import MQTTMessage

LARGEST_COMMAND_BYTES = 16_384
COMMAND_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
LONGEST_TOPIC = 256
NO_TOPIC = frozenset("+#\0")


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """A message on `cmd/{name}` as it arrived: nothing of it is verified."""

    name: str
    payload: bytes = field(repr=False)
    retained: bool
    """A retained command is never obeyed; it is handed on so that it can be answered."""
    response_topic: str = ""
    """MQTT 5: where the sender wants the answer as well; empty when it did not say."""
    correlation: bytes = field(default=b"", repr=False)
    """MQTT 5: goes back with the answer."""


def read_command(name: str, message: MQTTMessage) -> ReceivedCommand:
    """Read a message on `cmd/{name}`.

    Raises:
        ValueError: it is no command; the text says why and quotes nothing of it.
    """
    if not COMMAND_NAME.fullmatch(name):
        raise ValueError("no name of a command")
    if len(message.payload) > LARGEST_COMMAND_BYTES:
        raise ValueError("too large")
    return ReceivedCommand(
        name,
        bytes(message.payload),
        bool(message.retain),
        getattr(message.properties, "ResponseTopic", ""),
        getattr(message.properties, "CorrelationData", b""),
    )


def answer_topics(root: str, command: ReceivedCommand) -> list[str]:
    """Where a command is answered: on its own topic, and below it where its sender wants it.

    A sender who may only send commands must not make a gate publish elsewhere: an answer on
    `sync/ack` or `cmd/release` would come back to this gate, or another, as a message of its own.
    """
    own = f"{root}/cmd/{command.name}/response"
    wanted = command.response_topic
    allowed = (
        wanted.startswith(f"{own}/") and len(wanted) <= LONGEST_TOPIC and not NO_TOPIC & {*wanted}
    )
    return [own, wanted] if allowed else [own]
