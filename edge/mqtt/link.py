"""One gate's connection to its broker: when to connect, and when to try again.

Belongs to the thread of its `edge.mqtt.loop.BrokerLoop`; only `connect` runs elsewhere, because
it waits for names, for TCP and for TLS.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

import structlog
from paho.mqtt.client import Client
from typing_extensions import override

from edge.contract.connection_faults import cause_of

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STABLE_S = 10.0
"""A connection that lasts so long was a good one: the next pause is the first again."""
LOOK_EVERY_S = 1.0
MOST_READS = 20

log = structlog.get_logger()


class Served(Protocol):
    """Whose connection it is; called in the thread of the loop, but for `before_connect`."""

    def before_connect(self) -> None:
        """Make the client ready for a new connection; what it raises is the connection's fault."""

    def serve(self) -> None:
        """Send what there is to send; called often, and whenever something has happened."""


class Link:
    """Keeps one client connected.  `clock` is monotonic; `chance` gives numbers from 0 to 1."""

    def __init__(
        self,
        client: Client,
        served: Served,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self.client = client
        self.connecting = False
        self.leaving = False
        """Nobody wants this connection back."""
        self.fault = ""
        """Why there is no connection, in a few words; empty while there is one."""
        self._served = served
        self._clock = clock
        self._chance = chance
        self.due_s: float | None = clock()
        """When to connect; None while there is a connection."""
        self._since_s = clock()
        self._looked_s = clock()
        self._pause_s = FIRST_PAUSE_S
        # With a callback of its own paho leaves every write to `turn`.
        client.on_socket_register_write = lambda *_: None
        client.enable_logger(_ears(self._hear))

    @property
    def is_due(self) -> bool:
        """Whether it is time to connect."""
        return (
            not self.leaving
            and not self.connecting
            and self.due_s is not None
            and self._clock() >= self.due_s
        )

    @property
    def socket(self) -> socket.socket | None:
        """The open socket; over plain TCP and over TLS it is one."""
        found = self.client.socket()
        if found is not None and not isinstance(found, socket.socket):
            raise TypeError("this client speaks TCP and TLS only")
        return found

    def connect(self) -> None:
        """Make a connection, in a thread that may wait; afterwards the loop is to be woken."""
        try:
            self._served.before_connect()
            self.client.reconnect()
            self.due_s = None
            self._since_s = self._clock()
            without_delay(self.socket)
        except Exception as error:  # noqa: BLE001  # whatever it was, try again
            self._blame(cause_of(error))
        finally:
            self.connecting = False

    def read(self) -> None:
        """Read what has come."""
        self.client.loop_read()
        for _ in range(MOST_READS):  # what TLS has deciphered already wakes nobody
            source = self.socket
            if not isinstance(source, ssl.SSLSocket) or not source.pending():
                break
            self.client.loop_read()

    def turn(self) -> None:
        """Do what is due: keep alive, send, write."""
        if self.socket is not None and self._clock() - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = self._clock()
            self.client.loop_misc()
        self._served.serve()
        if self.socket is not None and self.client.want_write():
            self.client.loop_write()
        if self.socket is None and self.due_s is None:
            self._retry()

    def cut(self) -> None:
        """Shut the connection down, whatever state it is in; `turn` then finds it lost."""
        found = self.socket
        if found is not None:
            with contextlib.suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close what is open and not about to be; for a link nobody wants any more."""
        found = None if self.connecting else self.socket
        if found is not None:
            found.close()

    def _retry(self) -> None:
        lasted_s = self._clock() - self._since_s
        if lasted_s >= STABLE_S:
            self._pause_s = FIRST_PAUSE_S
        # Thousands of gates lose a broker at the same moment and must not come back at the same.
        self.due_s = self._clock() + self._pause_s * (0.5 + self._chance())
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _blame(self, fault: str) -> None:
        if fault != self.fault:
            log.warning("broker", detail=f"cannot be reached: {fault}")
        self.fault = fault
        self._since_s = self._clock()
        self._retry()

    def _hear(self, complaint: str) -> None:
        """Paho keeps to itself why a connection broke, and tells only its log."""
        self.fault = complaint


def without_delay(found: object) -> None:
    """Send small packets at once: an MQTT acknowledgement is one, and much waits for it."""
    if isinstance(found, socket.socket):
        with contextlib.suppress(OSError):
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Ears(logging.Handler):
    def __init__(self, hear: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._hear = hear

    @override
    def emit(self, record: logging.LogRecord) -> None:
        errors = [found for found in _arguments(record) if isinstance(found, Exception)]
        if errors:
            self._hear(cause_of(errors[-1]))


def _arguments(record: logging.LogRecord) -> tuple[object, ...]:
    return record.args if isinstance(record.args, tuple) else ()


def _ears(hear: Callable[[str], None]) -> logging.Logger:
    """A logger of paho's that keeps no text, only what kind of fault it was."""
    logger = logging.Logger("paho", logging.WARNING)  # noqa: LOG001  # not in the tree of loggers
    logger.addHandler(_Ears(hear))
    return logger
