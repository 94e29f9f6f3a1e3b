"""The service manager hears that the gate is ready, alive and stopping; the gate never waits."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.host.systemd import ALIVE_EVERY_S, Notifier
from tests.support.bench import STUCK_S, hurry, now_s, settled
from tests.support.descriptors import limited_to


class Manager:
    """What systemd is at the other end."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)

    def heard(self) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(self._socket.recv(4096))
            except BlockingIOError:
                return found

    def be_deaf(self) -> int:
        """Let messages pile up until no more fit, return how many did."""
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as out:
            out.setblocking(False)
            count = 0
            while True:
                try:
                    out.sendto(b"", self._socket.getsockname())
                except BlockingIOError:
                    return count
                count += 1

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / "notify")


@pytest.fixture
def manager(address: str) -> Iterator[Manager]:
    with closing(Manager(address)) as found:
        yield found


def test_ready_and_stopping_are_one_datagram_each(manager: Manager, address: str) -> None:
    with Notifier(address) as notifier:
        notifier.ready()
        notifier.stopping()
    assert manager.heard() == [b"READY=1", b"STOPPING=1"]


def test_the_watchdog_is_fed_from_the_loop_until_cancelled(manager: Manager, address: str) -> None:
    async def story() -> None:
        with Notifier(address) as notifier:
            feeding = asyncio.create_task(notifier.keep_alive(lambda: "in service"))
            began_s = now_s()
            await asyncio.sleep(3 * ALIVE_EVERY_S + 1)
            assert now_s() - began_s == 3 * ALIVE_EVERY_S + 1
            pings = [said for said in manager.heard() if said != b"STATUS=in service"]
            assert pings == [b"WATCHDOG=1"] * 4  # at 0, 5, 10 and 15 s
            await settled(feeding)
            await asyncio.sleep(10 * ALIVE_EVERY_S)
            assert manager.heard() == []

    hurry(story())


def test_the_address_may_be_in_the_abstract_namespace(tmp_path: Path) -> None:
    name = f"egate-test{str(tmp_path).replace('/', '-')}"
    with closing(Manager(f"\0{name}")) as manager:
        with Notifier(f"@{name}") as notifier:
            notifier.ready()
        assert manager.heard() == [b"READY=1"]


def test_an_at_sign_inside_a_path_is_a_letter_like_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "egate@lane-1"
    folder.mkdir()
    with closing(Manager(str(folder / "notify"))) as manager:
        with Notifier(str(folder / "notify")) as notifier:
            notifier.ready()
        assert manager.heard() == [b"READY=1"]


def test_the_address_comes_from_the_environment(
    manager: Manager, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with Notifier() as notifier:
        notifier.ready()
    assert manager.heard() == [b"READY=1"]


def test_without_a_service_manager_nothing_is_said(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    for silent in (Notifier(), Notifier("")):
        with silent as notifier:
            notifier.ready()
            notifier.stopping()
    assert manager.heard() == []


@pytest.mark.parametrize(
    "address", ["/nowhere/at/all", "/" + "x" * 500, "/a\0b", "/lone-\ud800", "@", "\0"]
)
def test_an_address_nobody_listens_at_is_no_reason_to_fail(address: str) -> None:
    with Notifier(address) as notifier:
        notifier.ready()
        notifier.stopping()


def test_a_service_manager_that_does_not_listen_never_holds_the_gate(
    manager: Manager, address: str
) -> None:
    manager.be_deaf()
    notifier = Notifier(address)
    # The thread may hang for ever, so it must not be waited for at the end.
    telling = threading.Thread(target=notifier.ready, daemon=True)
    telling.start()
    telling.join(STUCK_S)
    assert not telling.is_alive()
    notifier.close()


def test_what_did_not_fit_is_said_first_once_there_is_room(manager: Manager, address: str) -> None:
    piled = manager.be_deaf()
    notifier = Notifier(address)
    notifier.ready()

    async def story() -> None:
        feeding = asyncio.create_task(notifier.keep_alive(lambda: "in service"))
        await asyncio.sleep(10 * ALIVE_EVERY_S)
        assert manager.heard() == [b""] * piled
        await asyncio.sleep(2 * ALIVE_EVERY_S)
        first, *rest = manager.heard()
        assert first == b"READY=1"
        assert sorted(rest) == [b"STATUS=in service", b"WATCHDOG=1", b"WATCHDOG=1"]
        await settled(feeding)
        notifier.close()

    hurry(story())


def test_a_process_without_free_descriptors_still_says_that_it_lives(
    manager: Manager, address: str
) -> None:
    with Notifier(address) as notifier, limited_to():
        with pytest.raises(OSError, match="Too many open files"):
            os.dup(0)
        notifier.ready()
    assert manager.heard() == [b"READY=1"]


def test_how_the_gate_stands_is_said_when_it_changes_and_only_the_newest_waits(
    manager: Manager, address: str
) -> None:
    with Notifier(address) as notifier:
        for text in ("in service", "in service", "out of service: camera: is unplugged"):
            notifier.status(text)
        said = [b"STATUS=in service", b"STATUS=out of service: camera: is unplugged"]
        assert manager.heard() == said
        piled = manager.be_deaf()
        for text in ("in service", "out of service by order"):
            notifier.status(text)
        assert manager.heard() == [b""] * piled
        notifier.ready()
        assert manager.heard() == [b"STATUS=out of service by order", b"READY=1"]
