"""A network that can be broken: forwards TCP, and cuts, stalls or refuses when told to."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Self

from typing_extensions import override

from edge.ports import Closeable

HOST = "127.0.0.1"
PIECE = 65_536


class Proxy(Closeable):
    """Forwards every connection to a port; thread-safe.  Runs in a thread of its own."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._refuses = False
        self._server: asyncio.Server | None = None
        self.port = 0

    @override
    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    @override
    def close(self) -> None:
        self.cut()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection there is."""
        self._call(self._cut)

    def stall(self) -> None:
        """Let nothing through any more, and say so to nobody."""
        self._call(self._flows.clear)

    def refuse(self) -> None:
        """Reset every connection, and every new one."""
        self._call(partial(self._set_refusing, True))
        self.cut()

    def mend(self) -> None:
        """Forward again."""
        self._call(partial(self._set_refusing, False))
        self._call(self._flows.set)

    def _call(self, function: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(function)

    def _set_refusing(self, refuses: bool) -> None:
        self._refuses = refuses

    async def _listen(self) -> int:
        self._flows.set()
        server = self._server = await asyncio.start_server(self._serve, HOST, 0)
        return int(server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump(reader, far_writer, both))
                tasks.create_task(self._pump(far_reader, writer, both))
        finally:
            self._writers -= both
            _abort(both)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        both: set[asyncio.StreamWriter],
    ) -> None:
        """Forward one direction; the end of one is the end of both."""
        with contextlib.suppress(OSError):
            while piece := await source.read(PIECE):
                await self._flows.wait()
                sink.write(piece)
                await sink.drain()
        _abort(both)

    def _cut(self) -> None:
        _abort(self._writers)


def _abort(writers: set[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.transport.abort()
