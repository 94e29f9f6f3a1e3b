"""Runs blocking calls of one device in a thread, for callers that await them."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Final, ParamSpec, TypeVar

from edge.host.own_thread import OwnThread

P = ParamSpec("P")
T = TypeVar("T")

LOOK_EVERY_S: Final = 0.5
"""How often a caller checks whether the thread is overdue."""
CLOSING_S: Final = 5.0
"""Time for the running call of a thread that is being closed."""


class Unanswered(Exception):
    """A call exceeded its limit, waited behind one that did, or was dropped."""


class Limit:
    """The limit of each step of one call, from the moment the thread begins it.

    The call itself begins further steps, on its own thread.
    """

    def __init__(self, step_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._step_s = step_s
        self._clock = clock
        self._ends_s = math.inf

    def begin(self, step_s: float | None = None) -> None:
        """Begin a step; it may take `step_s`, by default as long as the first one."""
        self._ends_s = self._clock() + (self._step_s if step_s is None else step_s)

    @property
    def is_passed(self) -> bool:
        """Whether the present step has exceeded its limit."""
        return self._clock() > self._ends_s


class DeviceThread:
    """Runs every call to a device in the same thread, in order."""

    def __init__(self, name: str) -> None:
        self._thread = OwnThread(name)
        self._limit: Limit | None = None
        """Limit of the running call."""
        self._last: asyncio.Future[None] | None = None

    @property
    def is_overdue(self) -> bool:
        """Whether the running call has exceeded its limit."""
        limit = self._limit
        return limit is not None and limit.is_passed

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking call and wait for it without blocking the loop.

        Cancelling the wait does not stop a call that has begun; the call ends within its own time.

        Raises:
            RuntimeError: it raised StopIteration, CancelledError or the end of the program; an
                event loop would take them for its own.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: _run(function, *args, **kwargs))

    async def within(self, limit: Limit, function: Callable[[], T]) -> T:
        """Run a blocking call as `call` does, but wait no longer than its steps may take.

        Raises:
            Unanswered: it exceeds its limit, waits behind one that does, or was dropped.
        """
        future = self._begun(limit, function)
        try:
            await self._until_answered(future)
        finally:
            future.cancel()  # a call that has not begun never begins
        return future.result()

    async def end(self, function: Callable[[], None], patience_s: float) -> None:
        """Drop the calls that wait, run a last one, and end the thread.  Once.

        Raises:
            Unanswered: it is not done within `patience_s`; the thread does it when it is free.
        """
        if self._last is None and self.is_alive:
            self._thread.drop()
            self._last = self._begun(Limit(patience_s), function)
            self._thread.shutdown(wait=False)
        if self._last is not None:
            await asyncio.wait({self._last}, timeout=patience_s)
            if not self._last.done():
                raise Unanswered
            self._last.result()

    def soon(self, function: Callable[[], None]) -> None:
        """Run a call in its turn without waiting for it; a closed thread does not run it."""
        with suppress(RuntimeError):
            self._thread.submit(function)

    def close(self, *, finish: bool = False, patience_s: float = CLOSING_S) -> bool:
        """Let the running call finish; drop the calls that wait, or finish them too.

        Return whether the thread has ended within `patience_s`; otherwise it ends later.
        """
        self._thread.shutdown(wait=False, cancel_futures=not finish)
        return self._thread.join(patience_s)

    def _begun(self, limit: Limit, function: Callable[[], T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._thread, lambda: self._limited(limit, function))
        future.add_done_callback(_retrieve)
        return future

    async def _until_answered(self, future: asyncio.Future[T]) -> None:
        while not future.done() and not self.is_overdue:
            await asyncio.wait({future}, timeout=LOOK_EVERY_S)
        if not future.done() or future.cancelled():
            raise Unanswered

    def _limited(self, limit: Limit, function: Callable[[], T]) -> T:
        limit.begin()
        self._limit = limit
        try:
            return _run(function)
        finally:
            self._limit = None


def _retrieve(future: asyncio.Future[T]) -> None:
    """Mark the error of a call as seen: its caller may have gone."""
    if not future.cancelled():
        future.exception()


def _run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        if isinstance(error, Exception) and not isinstance(error, StopIteration | CancelledError):
            raise
        raise RuntimeError(f"a device raised {type(error).__name__}") from error
