"""One gate's connection to its broker, in a thread of its own.

The thread connects, serves the connection until it ends, pauses and connects again.  Connecting
waits for name servers, TCP and TLS; nothing else in the gate waits for this thread.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Protocol

import structlog
from paho.mqtt.client import Client

from edge.contract.connection_faults import NO_ANSWER, cause_of
from edge.errors import DeliveryError
from edge.mqtt.back_off import BackOff
from edge.mqtt.bell import Bell
from edge.mqtt.client import without_delay
from edge.mqtt.loss import LossCause

ANSWER_S = 15.0
"""A broker that accepts a connection and says nothing for so long is left."""
STABLE_S = 10.0
"""After a connection that lasted so long the next pause is the first again."""
LOOK_EVERY_S = 1.0
CUT_S = 1.0
"""How long `stop` waits for the thread once it has cut the connection."""

log = structlog.get_logger()


class ConnectionUser(Protocol):
    """What a connection is made for; called in the thread of the connection.

    A DeliveryError ends the connection, and its text is the cause.
    """

    @property
    def is_open(self) -> bool:
        """Whether the broker has accepted the client on the connection there is."""

    def prepare(self) -> None:
        """Make the client ready for a new connection."""

    def serve(self) -> None:
        """Send what there is to send; called often, and after everything that arrives."""

    def leave(self) -> None:
        """Say goodbye and disconnect; called instead of `serve` when the connection is to end."""

    def ended(self, cause: str) -> None:
        """The connection ended or was never made; `cause` is empty when it was meant to end."""


class Connection:
    """Keeps one client connected from `start` to `stop`, which may be called once.

    `clock` is monotonic, in seconds; `chance` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        client: Client,
        user: ConnectionUser,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._client = client
        self._user = user
        self._clock = clock
        self._back_off = BackOff(chance)
        self._loss = LossCause(client)
        self._bell = Bell()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        # With a callback of its own paho leaves every write to `_serve`.
        client.on_socket_register_write = lambda *_: None

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Say goodbye, where there is a broker, for `timeout_s` at most; then cut the connection.

        A thread that still waits for a name server or a handshake is left to end by itself.
        """
        self._stopping.set()
        self._bell.ring()
        if self._thread.is_alive() and self._user.is_open:
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            found = self._client.socket()
            if isinstance(found, socket.socket):
                with contextlib.suppress(OSError):
                    found.shutdown(socket.SHUT_RDWR)
            self._thread.join(CUT_S)
        if not self._thread.is_alive():
            self._bell.close()

    def wake(self) -> None:
        """Have the connection served soon; callable from any thread."""
        self._bell.ring()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._user.ended(self._attempt())
            except Exception:  # nobody else could handle it, and the next attempt must come
                log.exception("broker_thread_failed")
            self._stopping.wait(self._back_off.next_s())
        self._bell.close()

    def _attempt(self) -> str:
        """Make one connection and serve it until it ends; why it did."""
        self._loss.take()
        try:
            self._serve(self._connect())
            cause = self._loss.take()
        except DeliveryError as error:
            cause = str(error)
        except Exception as error:  # nobody else could handle it
            log.exception("broker_thread_failed")
            cause = cause_of(error)
        finally:
            if (left := self._client.socket()) is not None:
                left.close()
        return "" if self._stopping.is_set() else cause

    def _connect(self) -> socket.socket:
        self._user.prepare()
        try:
            self._client.reconnect()
        except Exception as error:  # a name, a certificate: whatever it was, it is tried again
            raise DeliveryError(cause_of(error)) from error
        found = self._client.socket()
        if not isinstance(found, socket.socket):
            raise TypeError("this client speaks TCP and TLS only")
        without_delay(found)
        return found

    def _serve(self, found: socket.socket) -> None:
        began_s = self._clock()
        while self._client.socket() is found:
            lasted_s = self._clock() - began_s
            if self._user.is_open:
                if lasted_s > STABLE_S:
                    self._back_off.reset()
            elif self._stopping.is_set():
                return
            elif lasted_s > ANSWER_S:
                raise DeliveryError(NO_ANSWER)
            if self._stopping.is_set():
                self._user.leave()
            else:
                self._user.serve()
            self._client.loop_write()
            if self._client.socket() is found and self._wait(found):
                self._client.loop_read()
            self._client.loop_misc()

    def _wait(self, found: socket.socket) -> bool:
        """Wait until there is something to do; whether there is something to read."""
        if isinstance(found, ssl.SSLSocket) and found.pending():
            return True  # deciphered already: the socket itself stays silent
        poll = select.poll()
        poll.register(self._bell.ear, select.POLLIN)
        poll.register(found, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        ready = dict(poll.poll(LOOK_EVERY_S * 1000))
        if self._bell.ear.fileno() in ready:
            self._bell.hush()
        return bool(ready.get(found.fileno(), 0) & ~select.POLLOUT)
