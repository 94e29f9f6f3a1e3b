"""Takes connections from the listening socket: gives each a seat, or closes it at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import structlog

from edge.host import descriptors
from edge.screen.connection import PageConnection, prepare
from edge.screen.deadline import Deadline
from edge.screen.seats import Seats, peer_of

AT_ONCE: Final = 16
"""So many in one turn of the loop; then the gate has its turn."""
PAUSE_S: Final = 0.01
STARVED_PAUSE_S: Final = 1.0
"""Without a free descriptor the kernel would report the same newcomer again at once."""
REPORT_S: Final = 10.0

log = structlog.get_logger()


class Reception:
    """Receives peers until it is closed.  Used from the event loop's thread only.

    Args:
        listener: not blocking; stays its owner's.
        connect: makes the connection of a newcomer, given what it must call when it is over.
    """

    def __init__(
        self,
        listener: socket.socket,
        connect: Callable[[Callable[[PageConnection], None]], PageConnection],
    ) -> None:
        self._listener = listener
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._report_due = Deadline(REPORT_S, self._report)
        self._handshakes: set[asyncio.Task[None]] = set()
        self.seats = Seats()

    def open(self) -> None:
        """Receive newcomers."""
        self._timer = None
        self._loop.add_reader(self._listener, self._receive)

    def close(self) -> None:
        """Receive nobody any more; connections that have a seat go on."""
        self._loop.remove_reader(self._listener)
        self._report_due.stop()
        if self._timer is not None:
            self._timer.cancel()
        for task in self._handshakes:
            task.cancel()

    def _receive(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._pause(STARVED_PAUSE_S)
                return
            self._seat(accepted, peer_of(address[0]))
        self._pause(PAUSE_S)

    def _seat(self, accepted: socket.socket, peer: str) -> None:
        connection = self._connect(self.seats.leave)
        if descriptors.is_for_the_core(accepted.fileno()):
            self.seats.refused += 1
            accepted.close()
        elif self.seats.take(peer, connection):
            task = self._loop.create_task(self._begin(accepted, connection))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)
        else:
            accepted.close()
        if self.seats.refused:
            self._report_due.start()

    async def _begin(self, accepted: socket.socket, connection: PageConnection) -> None:
        try:
            prepare(accepted)
            await self._loop.connect_accepted_socket(lambda: connection, accepted)
        except OSError:  # the peer has gone by now
            accepted.close()
            self.seats.leave(connection)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._timer = self._loop.call_later(seconds, self.open)

    def _report(self) -> None:
        """Say it once for all of the last seconds."""
        log.warning("page_connections_refused", connections_refused=self.seats.refused)
        self.seats.refused = 0
