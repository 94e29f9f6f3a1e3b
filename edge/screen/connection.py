"""One connection to the pages, with a limit for everything a peer can stretch.

uvicorn bounds the pause between two questions; a question that arrives byte by byte, one without
an end and an answer that nobody reads are bounded here.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import h11
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from edge.screen.deadline import Deadline

QUESTION_S: Final = 10.0
"""From the connection, or the last answer, until a whole question is there: head and body."""
UNREAD_S: Final = 10.0
"""How long the peer may leave bytes unread that the kernel has no room for."""
LARGEST_HEAD_BYTES: Final = 8192
LARGEST_QUESTION_BYTES: Final = 65_536
"""Between two answers.  A body over its own, smaller limit is answered; this is cut off."""
SEND_BUFFER_BYTES: Final = 65_536
"""What the kernel holds for a peer that does not read; it takes twice as much for itself."""


def prepare(accepted: socket.socket) -> None:
    """Bound what the kernel keeps for this peer: bytes, and the time without an acknowledgement."""
    accepted.setblocking(False)
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_S * 1000))


class PageConnection(H11Protocol):
    """Speaks HTTP with one peer; a peer that is too slow or says too much is cut off.

    Args:
        config: of the server.
        state: of the server, which all connections share.
        on_end: called once the connection is over.
    """

    def __init__(
        self, config: Config, state: ServerState, on_end: Callable[[PageConnection], None]
    ) -> None:
        super().__init__(config, state, {})
        self._on_end = on_end
        self._received_bytes = 0
        self._question_due = Deadline(QUESTION_S, self.drop)
        self._reading_due = Deadline(UNREAD_S, self.drop)
        self._dropped = False

    @property
    def waits(self) -> bool:
        """Whether it has no complete question that is being answered."""
        answers = self.conn.our_state in {h11.SEND_RESPONSE, h11.SEND_BODY}
        return self._is_incomplete() or not answers

    def drop(self) -> None:
        """Close it at once, whatever is still to be sent."""
        self._dropped = True
        if self.flow is not None:
            self.transport.abort()

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # asyncio declares BaseTransport, uvicorn what a TCP connection has.
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # so that each unread byte is noticed
        self._question_due.start()
        if self._dropped:
            transport.abort()

    @override
    def data_received(self, data: bytes) -> None:
        self._received_bytes += len(data)
        if self._received_bytes > LARGEST_QUESTION_BYTES:
            self.drop()
            return
        super().data_received(data)
        if not self._is_incomplete():
            self._question_due.stop()

    @override
    def on_response_complete(self) -> None:
        self._received_bytes = 0
        super().on_response_complete()
        self._question_due.stop()
        if self._is_incomplete():
            self._question_due.start()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading_due.start()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._reading_due.stop()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._question_due.stop()
        self._reading_due.stop()
        self._on_end(self)

    def _is_incomplete(self) -> bool:
        return self.conn.their_state in {h11.IDLE, h11.SEND_BODY}
