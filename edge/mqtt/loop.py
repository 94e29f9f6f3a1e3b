"""One thread for the broker connections of any number of gates.

A real gate is a loop of one; a simulated fleet puts hundreds on it.  Connecting waits for name
servers and handshakes, so each attempt has a short-lived thread of its own, a few at a time.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from paho.mqtt.client import Client

from edge.mqtt.link import LOOK_EVERY_S, Link, Served

MOST_CONNECTING = 16

log = structlog.get_logger()


def _chance() -> float:
    return int.from_bytes(os.urandom(4)) / 2**32


class BrokerLoop:
    """Runs links from `start` to `stop`; thread-safe.

    `clock` is monotonic, `chance` gives numbers from 0 to 1: how patiently a gate tries again.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = _chance,
    ) -> None:
        self.clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._links: set[Link] = set()
        self._woken: deque[Link] = deque()
        self._connecting = 0
        self._running: _Running | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._running = _Running(self)
        self._running.thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """End; links still there are cut without a word."""
        if self._running is not None:
            self._running.stopping = True
            self._running.ring()
            self._running.thread.join(timeout_s)

    def add(self, client: Client, served: Served) -> Link:
        """Keep a client connected from now on."""
        link = Link(client, served, self.clock, self._chance)
        with self._lock:
            self._links.add(link)
        self.wake(link)
        return link

    def remove(self, link: Link) -> None:
        """Leave a link alone from now on; what is still open of it is cut."""
        link.leaving = True
        with self._lock:
            self._links.discard(link)
        self.wake(link)

    def wake(self, link: Link) -> None:
        """Give a link its turn soon."""
        self._woken.append(link)
        if self._running is not None:
            self._running.ring()

    def woken(self) -> set[Link]:
        """Who was woken since the last time."""
        found = set()
        while self._woken:
            found.add(self._woken.popleft())
        return found

    def every(self) -> set[Link]:
        """All links there are."""
        with self._lock:
            return set(self._links)

    def connect(self, link: Link) -> None:
        """Connect a link in a thread that may wait, unless too many are at it already."""
        with self._lock:
            if self._connecting >= MOST_CONNECTING:
                return  # it is due still, and asked again
            self._connecting += 1
        link.connecting = True
        threading.Thread(
            target=self._connect, args=(link,), name="broker-connect", daemon=True
        ).start()

    def _connect(self, link: Link) -> None:
        try:
            link.connect()
        finally:
            with self._lock:
                self._connecting -= 1
            self.wake(link)
            if self._running is None or self._running.stopping:
                link.close()


class _Running:
    """The thread of a loop, its selector, and the bell that wakes it."""

    def __init__(self, loop: BrokerLoop) -> None:
        self._loop = loop
        self._selector = selectors.DefaultSelector()
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._watched: dict[Link, socket.socket] = {}
        self._look_s = loop.clock()
        """When everybody has a turn: every second, and when somebody is to connect again."""
        self.stopping = False
        self.thread = threading.Thread(target=self._run, name="broker", daemon=True)

    def ring(self) -> None:
        """Wake the thread; one that rings already, or has ended, need not be woken."""
        with contextlib.suppress(OSError):
            self._bell.send(b"\0")

    def _run(self) -> None:
        try:
            while not self.stopping:
                due = self._heard() | self._loop.woken()
                now_s = self._loop.clock()
                if now_s >= self._look_s:
                    self._look_s = now_s + LOOK_EVERY_S
                    due |= self._loop.every()
                for link in due:
                    self._guarded(link, self._turn)
        finally:
            self._end()

    def _heard(self) -> set[Link]:
        """Who has heard something from the broker, or may write again."""
        found = set()
        patience_s = max(self._look_s - self._loop.clock(), 0)
        for key, mask in self._selector.select(patience_s):
            link: Link | None = key.data
            if link is None:
                with contextlib.suppress(BlockingIOError):
                    while self._ear.recv(4096):
                        pass
                continue
            found.add(link)
            if mask & selectors.EVENT_READ:
                self._guarded(link, self._read)
        return found

    def _read(self, link: Link) -> None:
        link.read()
        self._watch(link)  # at once: the number of a closed socket is soon another's

    def _turn(self, link: Link) -> None:
        if link not in self._loop.every():
            link.close()
        elif not link.connecting:
            link.turn()
            if link.is_due:
                self._loop.connect(link)
            elif link.due_s is not None:
                self._look_s = min(self._look_s, link.due_s)
        self._watch(link)

    def _watch(self, link: Link) -> None:
        """Have the selector watch what the link waits for now."""
        found = None if link.connecting else link.socket
        watched = self._watched.get(link)
        if watched is not None and watched is not found:
            self._selector.unregister(self._watched.pop(link))
            watched = None
        if found is None:
            return
        wanted = selectors.EVENT_READ
        if link.client.want_write():
            wanted |= selectors.EVENT_WRITE
        if watched is None:
            self._selector.register(found, wanted, link)
            self._watched[link] = found
        else:
            self._selector.modify(found, wanted, link)

    def _guarded(self, link: Link, call: Callable[[Link], Any]) -> None:
        """One gate's trouble must not be another's: its connection is made anew."""
        try:
            call(link)
        except Exception:  # nobody else could handle it
            log.exception("broker")
            link.cut()

    def _end(self) -> None:
        for link in self._loop.every() | self._loop.woken() | set(self._watched):
            link.close()
        self._selector.close()
        self._ear.close()
        self._bell.close()
