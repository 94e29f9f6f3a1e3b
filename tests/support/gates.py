"""Gates as the broker sees them, many in one connection: they keep, send, send again, forget."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from typing_extensions import override

from edge.contract.events import hash_of
from edge.ports import Closeable
from edge.settings.delivery import PROTOCOLS
from tests.support.announcements import health_of
from tests.support.central_chains import Gate
from tools.central.leaving import leave

RESEND_S = 8.0


class Gates(Closeable):
    """Publishes what its gates write; a row leaves only when it is acknowledged."""

    def __init__(self, port: int, gates: Sequence[Gate], protocol: str = "5") -> None:
        self._port = port
        self._gates = {f"egate/v1/{gate.name}": gate for gate in gates}
        self.written: dict[str, list[bytes]] = {gate.source: [] for gate in gates}
        self.acknowledged: dict[str, int] = {gate.source: 0 for gate in gates}
        self.replays: list[tuple[str, dict[str, Any]]] = []
        self._changed = threading.Condition()
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id="gates", protocol=PROTOCOLS[protocol]
        )
        self.client.reconnect_delay_set(1, 1)
        self.client.max_queued_messages_set(0)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message

    @override
    def __enter__(self) -> Self:
        self.client.connect_async("127.0.0.1", self._port, keepalive=15)
        self.client.loop_start()
        return self

    @override
    def close(self) -> None:
        leave(self.client)

    def happen(self, gate: Gate, count: int) -> None:
        """Write and send events."""
        for _ in range(count):
            body = gate.write()
            self.written[gate.source].append(body)
            self.client.publish(gate.topic(body), body, qos=1)

    def send_again(self) -> None:
        """What a gate does that has not heard for long: send what is not acknowledged."""
        for root, gate in self._gates.items():
            self._send(root, self.acknowledged[gate.source] + 1, len(self.written[gate.source]))

    def until_acknowledged(self, timeout_s: float, *, send_again: bool = True) -> bool:
        """Wait until everything written is acknowledged; sends again when that takes long."""

        def done() -> bool:
            return all(
                self.acknowledged[source] == len(bodies) for source, bodies in self.written.items()
            )

        deadline_s = time.monotonic() + timeout_s
        while not self._until(done, min(RESEND_S, timeout_s)):
            if time.monotonic() > deadline_s:
                return False
            if send_again:
                self.send_again()
        return True

    def until_asked(self, timeout_s: float) -> bool:
        """Wait until somebody asks for events."""
        return self._until(lambda: bool(self.replays), timeout_s)

    def introduce(self, gate: Gate, first: int = 1) -> None:
        """Publish a gate's retained `info` and `state`."""
        root = f"egate/v1/{gate.name}"
        self.client.publish(f"{root}/info", gate.info(first).to_bytes(), qos=1, retain=True)
        self.client.publish(f"{root}/state", b'{"state":"online"}', qos=1, retain=True)

    def tell_head(self, gate: Gate) -> None:
        """Publish a gate's retained `health` with the signed head of its chain."""
        body = health_of(gate.head()).to_bytes()
        self.client.publish(f"egate/v1/{gate.name}/health", body, qos=1, retain=True)

    def _until(self, met: Callable[[], bool], timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(met, timeout_s)

    def _send(self, root: str, first: int, last: int) -> None:
        gate = self._gates[root]
        for body in self.written[gate.source][first - 1 : last]:
            self.client.publish(gate.topic(body), body, qos=1)

    def _on_connect(self, client: Client, *_: object) -> None:
        for root, gate in self._gates.items():
            client.subscribe([(f"{root}/sync/ack", 1), (f"{root}/sync/replay", 1)])
            self.introduce(gate)
        self.send_again()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        root, _, name = message.topic.rpartition("/sync/")
        gate, content = self._gates[root], json.loads(message.payload)
        assert not message.retain
        with self._changed:
            if name == "replay":
                self.replays.append((gate.source, content))
                self._send(root, content["from"], content["to"])
            elif content["journal"] == gate.journal:
                assert content["hash"] == hash_of(
                    self.written[gate.source][content["sequence"] - 1]
                )
                self.acknowledged[gate.source] = max(
                    content["sequence"], self.acknowledged[gate.source]
                )
            self._changed.notify_all()
