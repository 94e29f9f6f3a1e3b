"""A broker that says what a test wants, packet by packet; MQTT 5 and 3.1.1, one client."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from typing_extensions import override

from edge.ports import Closeable

PATIENCE_S = 60.0
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14


@dataclass(frozen=True, slots=True)
class Packet:
    """What the client sent: the kind, its flags, the rest."""

    kind: int
    flags: int
    body: bytes

    @property
    def topic(self) -> str:
        """Of a PUBLISH."""
        return self.body[2 : 2 + int.from_bytes(self.body[:2])].decode()

    @property
    def identifier(self) -> bytes:
        """Of a QoS 1 PUBLISH or a SUBSCRIBE."""
        start = 2 + int.from_bytes(self.body[:2]) if self.kind == PUBLISH else 0
        return self.body[start : start + 2]


@dataclass(slots=True)
class Script:
    """How the broker answers."""

    connack: bytes | None = b"\x00\x00\x00"
    """Flags, reason, properties; None: never."""
    suback: int = 1
    puback: int | None = 0
    """None: never."""
    v5: bool = True
    received: list[Packet] = field(default_factory=list)


class ScriptedBroker(Closeable):
    """Listens on 127.0.0.1 while entered."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.changed = threading.Condition()
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    @override
    def __enter__(self) -> Self:
        self._thread.start()
        return self

    @override
    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(PATIENCE_S)

    def cut(self) -> None:
        """End the connection there is."""
        with contextlib.suppress(OSError, AttributeError):
            self._client.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def say(self, packet: bytes) -> None:
        """Send the client something it did not ask for."""
        assert self._client is not None
        self._client.sendall(packet)

    def until(self, met: Callable[[list[Packet]], object]) -> None:
        """Wait until what was received is as it should be."""
        with self.changed:
            assert self.changed.wait_for(lambda: met(self.script.received), PATIENCE_S)

    def published(self) -> list[Packet]:
        """The PUBLISH packets so far."""
        return [packet for packet in self.script.received if packet.kind == PUBLISH]

    def _run(self) -> None:
        while True:
            try:
                self._client, _ = self._listener.accept()
            except OSError:
                return
            with self._client:
                self.connections += 1
                with contextlib.suppress(OSError, EOFError):
                    while True:
                        self._answer(self._client, _read(self._client))

    def _answer(self, client: socket.socket, packet: Packet) -> None:
        with self.changed:
            self.script.received.append(packet)
            self.changed.notify_all()
        empty = b"\x00" if self.script.v5 else b""
        match packet.kind:
            case 1 if self.script.connack is not None:
                connack = self.script.connack if self.script.v5 else self.script.connack[:2]
                client.sendall(bytes([CONNACK << 4, len(connack)]) + connack)
            case 8:
                codes = bytes([self.script.suback] * packet.body.count(b"egate/v1/"))
                answer = packet.identifier + empty + codes
                client.sendall(bytes([SUBACK << 4, len(answer)]) + answer)
            case 3 if self.script.puback is not None:
                code = bytes([self.script.puback]) + empty if self.script.v5 else b""
                answer = packet.identifier + code
                client.sendall(bytes([PUBACK << 4, len(answer)]) + answer)
            case 12:
                client.sendall(bytes([PINGRESP << 4, 0]))
            case 14:
                raise EOFError
            case _:
                pass


def message(topic: str, body: bytes) -> bytes:
    """A QoS 0 PUBLISH of MQTT 5."""
    content = len(topic).to_bytes(2) + topic.encode() + b"\x00" + body
    return bytes([PUBLISH << 4]) + _length(len(content)) + content


def _read(client: socket.socket) -> Packet:
    head = _exactly(client, 1)[0]
    length, shift = 0, 0
    while True:
        byte = _exactly(client, 1)[0]
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return Packet(head >> 4, head & 15, _exactly(client, length))


def _exactly(client: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = client.recv(count - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def _length(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
