"""A central system that gives orders over a real broker, and hears the answers."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from typing_extensions import override

from edge.contract.commands import ORDERS, CommandName
from edge.daemon import Daemon
from edge.ports import Closeable
from edge.settings.delivery import PROTOCOLS
from edge.settings.keys import Central
from edge.settings.tree import Settings
from tools.central.central_key import CentralKey, Use
from tools.central.leaving import leave
from tools.simulation import lane

STUCK_S = 60.0
KEY = CentralKey.make(Use.SIGN, "Ed25519")
OFFICER = "K-4711"
LAST = {"done", "rejected", "failed"}
Answer = dict[str, Any]


def clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251


def trusting(settings: Settings, folder: Path, *keys: CentralKey) -> Settings:
    """The same gate, and these keys may command it."""
    file = folder / "central.jwks.json"
    file.write_text(json.dumps({"keys": [key.public for key in (keys or (KEY,))]}))
    return settings.model_copy(update={"central": Central(keys=file)})


class Commander(Closeable):
    """Connected while entered; every call may be made from the event loop."""

    def __init__(self, root: str, port: int, protocol: str = "5") -> None:
        self.root = root
        self.source = f"/{root}"
        self.answers: list[tuple[str, Answer]] = []
        """Every answer, with its topic, as it came."""
        self.correlations: list[bytes] = []
        self._changed = threading.Condition()
        self._port = port
        self._subscribed = threading.Event()
        self.protocol = protocol
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=PROTOCOLS[protocol])
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = self._on_message

    @override
    def __enter__(self) -> Self:
        self.client.connect("127.0.0.1", self._port)
        self.client.loop_start()
        assert self._subscribed.wait(STUCK_S)
        return self

    @override
    def close(self) -> None:
        leave(self.client)

    def listen(self, topics: str) -> None:
        """Hear other topics as well, once the broker has said so."""
        self._subscribed.clear()
        self.client.subscribe(topics, 1)
        assert self._subscribed.wait(STUCK_S)

    def sign(self, name: str, *, key: CentralKey = KEY, **arguments: Any) -> tuple[str, str]:
        """A command as it should be: its id and its token."""
        known = CommandName(name)
        order = ORDERS[known].model_validate(arguments)
        return key.command(known, order, self.source, clock())

    def publish(
        self,
        name: str,
        payload: str | bytes,
        *,
        retain: bool = False,
        response_topic: str = "",
        correlation: bytes = b"",
    ) -> None:
        """Publish anything on `cmd/{name}`, and wait until the broker has it."""
        properties = None
        if self.protocol == "5":
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            if response_topic:
                properties.ResponseTopic = response_topic
            if correlation:
                properties.CorrelationData = correlation
        sent = self.client.publish(f"{self.root}/cmd/{name}", payload, 1, retain, properties)
        sent.wait_for_publish(STUCK_S)

    async def order(self, name: str, **arguments: Any) -> list[Answer]:
        """Give an order; its answers, to the last."""
        number, token = self.sign(name, **arguments)
        await asyncio.to_thread(self.publish, name, token)
        return await self.answers_to(number)

    async def ended(self, name: str, **arguments: Any) -> str:
        """Give an order; its last word, `done: done`."""
        return said((await self.order(name, **arguments))[-1])

    async def answers_to(self, number: str | None) -> list[Answer]:
        """Every answer to an id, once the last has come."""
        return await asyncio.to_thread(self._wait, number)

    def _wait(self, number: str | None) -> list[Answer]:
        def found() -> list[Answer]:
            return [answer for _, answer in self.answers if answer["id"] == number]

        with self._changed:
            heard = self._changed.wait_for(
                lambda: any(answer["status"] in LAST for answer in found()), STUCK_S
            )
            assert heard, f"no last answer; there were {self.answers}"
            return found()

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.subscribe(f"{self.root}/cmd/+/response/#", 1)

    def _on_message(self, _client: Client, _data: Any, message: Any) -> None:
        with self._changed:
            self.answers.append((message.topic, json.loads(message.payload)))
            self.correlations.append(getattr(message.properties, "CorrelationData", b""))
            self._changed.notify_all()


def said(answer: Answer) -> str:
    return f"{answer['status']}: {answer['code']}"


Story = Callable[[Daemon, Commander], Any]


@asynccontextmanager
async def commanded(settings: Settings, folder: Path) -> AsyncIterator[tuple[Daemon, Commander]]:
    """A daemon on a virtual lane that obeys `KEY`, once it serves or is in maintenance."""
    daemon = Daemon(lane.headless(trusting(settings, folder), folder))
    broker = daemon.settings.broker
    root = f"egate/v1/{daemon.settings.site}/{daemon.settings.device}"
    async with asyncio.TaskGroup() as tasks:
        work = tasks.create_task(daemon.run())
        try:
            await daemon.until_started()
            with Commander(root, broker.port, broker.protocol) as commander:
                yield daemon, commander
        finally:
            daemon.stop()
            await work


def tell(settings: Settings, folder: Path, story: Story) -> None:
    """Run a daemon, let the story happen, stop the daemon."""

    async def told() -> None:
        async with commanded(settings, folder) as (daemon, commander), asyncio.timeout(2 * STUCK_S):
            await story(daemon, commander)

    asyncio.run(told())
