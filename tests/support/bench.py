"""An event loop whose clock does not dawdle, and devices whose troubles are scripted."""

from __future__ import annotations

import asyncio
import queue
import selectors
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, Self

from typing_extensions import override

from edge.devices.supervisor import Availability, Status, Supervised
from edge.gate.states import Door, Sign
from edge.ports import Closeable, LaneSignal, Scan

STUCK_S = 60.0
"""Far longer than anything here takes: only what hangs is ended by it."""


class HurriedLoop(asyncio.SelectorEventLoop):
    """Its clock stands still while anything runs, and jumps to the next timer when nothing does."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.abroad = 0
        """Calls that other threads have not finished."""
        super().__init__(_HurriedSelector(self))

    @override
    def time(self) -> float:
        return self.now_s

    @override
    def run_in_executor(  # type: ignore[override]  # for executors that are given
        self, executor: Executor, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        self.abroad += 1
        call = executor.submit(func, *args)
        future = asyncio.wrap_future(call, loop=self)
        call.add_done_callback(lambda _: self._hear_of_return())  # only after the future has
        return future

    def _hear_of_return(self) -> None:
        with suppress(RuntimeError):  # it has ended
            self.call_soon_threadsafe(self._returned)

    def _returned(self) -> None:
        self.abroad -= 1


class _HurriedSelector(selectors.SelectSelector):
    def __init__(self, loop: HurriedLoop) -> None:
        super().__init__()
        self._loop = loop

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self._loop.abroad:
            return super().select(STUCK_S)
        ready = super().select(0)
        if not ready:
            self._loop.now_s += timeout
        return ready


def hurry(story: Coroutine[Any, Any, None]) -> None:
    """Tell a story in which waiting costs nothing; one that waits for ever fails."""

    async def told() -> None:
        async with asyncio.timeout(STUCK_S * 10):
            await story

    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        runner.run(told())


def tell(story: Coroutine[Any, Any, None]) -> None:
    """Tell a story on the real clock, because threads wait in it."""

    async def told() -> None:
        async with asyncio.timeout(STUCK_S):
            await story

    asyncio.run(told())


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def until(met: Callable[[], object]) -> None:
    """Let everything else go on until a condition is met; whoever waits in vain is ended."""
    while not met():  # noqa: ASYNC110  # some of it happens in threads, which tell nobody
        await asyncio.sleep(0.01)


async def settled(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    await asyncio.wait({task})


class Machine(Closeable):
    """A device.  Each kind of call fails with what lies on top of its pile; None means well."""

    def __init__(self) -> None:
        self.openings: list[BaseException | None] = []
        self.over = False
        self.probes: list[BaseException | None] = []
        self.releases: list[BaseException | None] = []
        self.story: list[str] = []
        self.threads: set[str] = set()
        self.hangs: dict[str, threading.Event] = {}
        """By kind of call: the next one returns only when its event is set."""

    @override
    def __enter__(self) -> Self:
        self._live("open", self.openings)
        return self

    @override
    def close(self) -> None:
        self._live("release", self.releases)

    def probe(self) -> None:
        self._live("probe", self.probes)

    def _live(self, what: str, troubles: list[BaseException | None]) -> None:
        self.story.append(what)
        self.threads.add(threading.current_thread().name)
        hang = self.hangs.pop(what, None)
        if hang is not None:
            assert hang.wait(STUCK_S)
        trouble = troubles.pop(0) if troubles else None
        if trouble is not None:
            raise trouble


class QueueScanner(Machine):
    """A scanner that sees what is put before it; `waits` counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self._documents: queue.Queue[Scan | Exception | None] = queue.Queue()
        self.waits = 0

    def end(self) -> None:
        """End the wait under way, and every later one at once: nothing comes any more."""
        self.over = True
        self._documents.put(None)

    def present(self, document: Scan | Exception) -> None:
        self._documents.put(document)

    def wait_for_document(self, timeout_s: float) -> Scan | None:
        self.waits += 1
        try:
            found = self._documents.get(not self.over, timeout_s)
        except queue.Empty:
            return None
        if isinstance(found, Exception):
            raise found
        return found


class QueueGate(Machine):
    """A cabinet that reports who stands there, then what it is told to; remembers every posture."""

    def __init__(self) -> None:
        super().__init__()
        self._signals: queue.Queue[LaneSignal | Exception | None] = queue.Queue()
        self.taken: list[tuple[frozenset[Door], Sign]] = []
        self.may_move = threading.Event()
        self.may_move.set()
        self.nobody = [LaneSignal.CLEARED]
        """What it reports when it is opened."""

    @override
    def __enter__(self) -> Self:
        super().__enter__()
        for signal in self.nobody:
            self.report(signal)
        return self

    def end(self) -> None:
        """End the wait under way, and every later one at once: nothing comes any more."""
        self.over = True
        self._signals.put(None)

    def report(self, signal: LaneSignal | Exception) -> None:
        self._signals.put(signal)

    def take(self, free: frozenset[Door], sign: Sign) -> None:
        self.taken.append((free, sign))
        assert self.may_move.wait(STUCK_S)

    def wait_for_signal(self, timeout_s: float) -> LaneSignal | None:
        try:
            found = self._signals.get(not self.over, timeout_s)
        except queue.Empty:
            return None
        if isinstance(found, Exception):
            raise found
        return found


class Ward:
    """A machine, its supervisor, and every status that was heard, with the time."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.heard: list[tuple[float, Status]] = []
        self.supervised: Supervised[Machine] = Supervised("camera", "machine", lambda: machine)
        self.supervised.changed.listen(self._hear)

    def _hear(self, status: Status) -> None:
        self.heard.append((now_s(), status))

    @property
    def health(self) -> list[Availability]:
        return [status.health for _, status in self.heard]

    async def live(self, story: Callable[[], Awaitable[None]]) -> None:
        """Keep the machine open while a story is told."""
        running = asyncio.create_task(self.supervised.run())
        try:
            await story()
        finally:
            await settled(running)
