"""One blocking device, one thread, one awaitable face."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DeviceThread:
    """Runs every call to a device on the same thread, in order."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking call and wait for it without blocking the loop.

        Cancelling the wait does not stop a call that has begun; it ends within its own time.

        Raises:
            RuntimeError: the call raised what in a loop means something else: an end, a cancelling.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: _run(function, *args, **kwargs))

    def soon(self, function: Callable[[], None]) -> None:
        """Run a call in its turn; nobody waits for it, and a thread that is closed runs none."""
        with suppress(RuntimeError):
            self._pool.submit(function)

    def close(self, *, finish: bool = False) -> None:
        """Let the running call finish; drop the rest, or finish that too."""
        self._pool.shutdown(wait=True, cancel_futures=not finish)


def _run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        if isinstance(error, Exception) and not isinstance(error, StopIteration | CancelledError):
            raise
        raise RuntimeError(f"a device raised {type(error).__name__}") from error
