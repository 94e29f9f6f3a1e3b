"""One thread for blocking work.  The end of the process never waits for it.

The interpreter joins every thread of `concurrent.futures` before it exits: with one call that never
returns, the process would never end.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, ParamSpec, TypeVar

from typing_extensions import override

P = ParamSpec("P")
T = TypeVar("T")


class _Job(ABC):
    @abstractmethod
    def run(self) -> None:
        """Do the job, unless it was cancelled."""

    @abstractmethod
    def cancel(self) -> None:
        """Cancel the job if it has not begun."""


class _Call(_Job, Generic[T]):
    def __init__(self, future: Future[T], work: Callable[[], T]) -> None:
        self._future = future
        self._work = work

    @override
    def run(self) -> None:
        if not self._future.set_running_or_notify_cancel():
            return
        work = self._work
        del self._work
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  # the caller gets it
            del work
            self._future.set_exception(error)
        else:
            del work  # before anybody knows that it is done: it may hold what must not stay
            self._future.set_result(result)

    @override
    def cancel(self) -> None:
        self._future.cancel()


class OwnThread(Executor):
    """Runs jobs in order on its own thread, which starts with the first job."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        # The thread ends when nobody can give it a job any more.
        weakref.finalize(self, self._jobs.put, None).atexit = False

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @override
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a job in its turn; RuntimeError when the thread is closed."""
        future: Future[T] = Future()
        with self._lock:
            if self._is_closed:
                raise RuntimeError(f"the thread {self._name} takes no job any more")
            self._jobs.put(_Call(future, lambda: fn(*args, **kwargs)))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_work, args=(self._jobs,), name=self._name, daemon=True
                )
                self._thread.start()
        return future

    def drop(self) -> None:
        """Cancel every job that has not begun."""
        with self._lock, suppress(Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    job.cancel()

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more jobs; the thread ends after the ones it has."""
        if cancel_futures:
            self.drop()
        with self._lock:
            self._is_closed = True
            self._jobs.put(None)
        if wait:
            self.join()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until the thread has ended; False when the time is over first."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return not self.is_alive


async def aside(function: Callable[[], T], patience_s: float) -> T:
    """Run one blocking call in a thread of its own, and wait for it at most so long.

    Raises:
        TimeoutError: it takes longer.  It goes on alone; the process may end without it.
    """
    thread = OwnThread("aside")
    future = asyncio.get_running_loop().run_in_executor(thread, function)
    thread.shutdown(wait=False)
    async with asyncio.timeout(patience_s):
        return await future


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    """Run jobs until the end; a waiting thread keeps no reference to the last job."""
    while (job := jobs.get()) is not None:
        job.run()
        del job
