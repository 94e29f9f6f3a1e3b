"""Runs blocking calls of one device in a thread, for callers that await them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DeviceThread:
    """Runs every call to a device in the same thread, in order."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking call and wait for it without blocking the loop.

        Cancelling the wait does not stop a call that has begun; the call ends within its own time.

        Raises:
            RuntimeError: it raised StopIteration, CancelledError or the end of the program; an
                event loop would take them for its own.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: _run(function, *args, **kwargs))

    def soon(self, function: Callable[[], None]) -> None:
        """Run a call in its turn without waiting for it; a closed thread does not run it."""
        with suppress(RuntimeError):
            self._pool.submit(function)

    def close(self, *, finish: bool = False) -> None:
        """Let the running call finish; drop the calls that wait, or finish them too."""
        self._pool.shutdown(wait=True, cancel_futures=not finish)


def _run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        if isinstance(error, Exception) and not isinstance(error, StopIteration | CancelledError):
            raise
        raise RuntimeError(f"a device raised {type(error).__name__}") from error
