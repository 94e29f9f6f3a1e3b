"""Calls to one device: one thread, in order, the loop never blocked, whatever they raise."""

from __future__ import annotations

import asyncio
import threading
from concurrent import futures

import pytest

from edge.errors import DeviceLost
from edge.host.device_thread import DeviceThread
from tests.support.bench import STUCK_S, settled, tell


def test_every_call_runs_on_the_same_thread_in_the_order_of_asking() -> None:
    async def story() -> None:
        thread = DeviceThread("camera")
        order: list[int] = []

        def note(number: int) -> str:
            order.append(number)
            return threading.current_thread().name

        names = await asyncio.gather(*(thread.call(note, number) for number in range(50)))
        assert order == list(range(50))
        assert len(set(names)) == 1
        assert names[0].startswith("camera")
        thread.close()

    tell(story())


def test_the_loop_goes_on_while_a_call_blocks() -> None:
    async def story() -> None:
        thread = DeviceThread("camera")
        answer = threading.Event()
        blocked = asyncio.create_task(thread.call(answer.wait, timeout=STUCK_S))
        await asyncio.sleep(0)
        assert not blocked.done()
        answer.set()
        assert await blocked is True
        thread.close()

    tell(story())


def test_a_cancelled_wait_leaves_the_call_its_end_and_the_next_call_its_turn() -> None:
    async def story() -> None:
        thread = DeviceThread("camera")
        begun, answer = threading.Event(), threading.Event()
        ended: list[str] = []

        def work() -> None:
            begun.set()
            assert answer.wait(STUCK_S)
            ended.append("work")

        waiting = asyncio.create_task(thread.call(work))
        await asyncio.to_thread(begun.wait, STUCK_S)
        await settled(waiting)
        assert waiting.cancelled()
        assert ended == []
        answer.set()
        await thread.call(ended.append, "next")
        assert ended == ["work", "next"]
        thread.close()

    tell(story())


def test_closing_lets_the_running_call_end_and_drops_the_rest() -> None:
    async def story() -> None:
        thread = DeviceThread("camera")
        begun, answer = threading.Event(), threading.Event()
        ended: list[str] = []

        def work() -> None:
            begun.set()
            assert answer.wait(STUCK_S)
            ended.append("work")

        running = asyncio.create_task(thread.call(work))
        dropped = asyncio.create_task(thread.call(ended.append, "dropped"))
        await asyncio.to_thread(begun.wait, STUCK_S)
        closing = asyncio.create_task(asyncio.to_thread(thread.close))
        await asyncio.wait({dropped})
        assert ended == []
        answer.set()
        await asyncio.gather(running, closing)
        assert dropped.cancelled()
        assert ended == ["work"]

    tell(story())


def test_closing_may_finish_what_nobody_waits_for() -> None:
    async def story() -> None:
        thread = DeviceThread("face")
        begun, answer = threading.Event(), threading.Event()
        ended: list[str] = []

        def work() -> None:
            begun.set()
            assert answer.wait(STUCK_S)
            ended.append("work")

        running = asyncio.create_task(thread.call(work))
        await asyncio.to_thread(begun.wait, STUCK_S)
        await settled(running)
        thread.soon(lambda: ended.append("wiped"))
        closing = asyncio.create_task(asyncio.to_thread(thread.close, finish=True))
        answer.set()
        await closing
        assert ended == ["work", "wiped"]

    tell(story())


def test_an_error_of_the_device_arrives_as_it_is() -> None:
    async def story() -> None:
        thread = DeviceThread("camera")
        error = DeviceLost("camera", "is unplugged")

        def fail() -> None:
            raise error

        with pytest.raises(DeviceLost) as caught:
            await thread.call(fail)
        assert caught.value is error
        thread.close()

    tell(story())


@pytest.mark.parametrize(
    "error",
    [
        StopIteration(),
        futures.CancelledError(),
        asyncio.CancelledError(),
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_would_hang_cancel_or_end_the_loop_arrives_as_an_error(error: BaseException) -> None:
    async def story() -> None:
        thread = DeviceThread("camera")

        def fail() -> None:
            raise error

        with pytest.raises(RuntimeError, match=type(error).__name__) as caught:
            await thread.call(fail)
        assert caught.value.__cause__ is error
        assert await thread.call(lambda: "still here") == "still here"
        thread.close()

    tell(story())


def test_what_is_to_be_done_soon_is_done_in_its_turn_and_dropped_when_the_thread_is_closed() -> (
    None
):
    async def story() -> None:
        thread = DeviceThread("camera")
        done: list[str] = []
        thread.soon(lambda: done.append("soon"))
        thread.soon(lambda: done.append("later"))
        await thread.call(done.append, "called")
        assert done == ["soon", "later", "called"]
        thread.close()
        thread.soon(lambda: done.append("too late"))
        assert len(done) == 3

    tell(story())
