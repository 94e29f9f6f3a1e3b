"""Jobs in order on one thread, which nothing keeps the process for."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from edge.host.own_thread import OwnThread, aside

ROOT = Path(__file__).parents[3]
STUCK_S = 60.0
HANGS = """
import sys, threading
from edge.host.own_thread import OwnThread, aside
thread, begun = OwnThread("device"), threading.Event()
thread.submit(lambda: (begun.set(), threading.Event().wait()))
begun.wait()
thread.shutdown(wait=False)
sys.exit(3)
"""


def test_jobs_run_in_order_on_one_thread_and_errors_are_for_whoever_waits() -> None:
    thread = OwnThread("device")
    names = [thread.submit(lambda: threading.current_thread().name) for _ in range(20)]
    broken = thread.submit(lambda: 1 // 0)
    assert {each.result(STUCK_S) for each in names} == {"device"}
    with pytest.raises(ZeroDivisionError):
        broken.result(STUCK_S)
    assert thread.submit(lambda: "well").result(STUCK_S) == "well"
    thread.shutdown()
    assert not thread.is_alive


def test_a_process_ends_although_a_job_never_does() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", HANGS], cwd=ROOT, timeout=STUCK_S, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, b"", b"")


def test_what_has_not_begun_is_dropped_and_nothing_is_taken_after_the_end() -> None:
    thread, begun, answer = OwnThread("device"), threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return answer.wait(STUCK_S)

    running = thread.submit(work)
    waiting = thread.submit(lambda: None)
    assert begun.wait(STUCK_S)
    thread.shutdown(wait=False, cancel_futures=True)
    with pytest.raises(CancelledError):
        waiting.result(STUCK_S)
    with pytest.raises(RuntimeError, match="no job any more"):
        thread.submit(lambda: None)
    assert not thread.join(0)
    answer.set()
    assert running.result(STUCK_S)
    assert thread.join(STUCK_S)


def test_a_thread_that_was_never_needed_never_began() -> None:
    thread = OwnThread("device")
    assert not thread.is_alive
    thread.shutdown()
    assert thread.join()


def test_a_thread_that_nobody_knows_any_more_ends() -> None:
    thread = OwnThread("forgotten")
    thread.submit(lambda: None).result(STUCK_S)
    (found,) = (each for each in threading.enumerate() if each.name == "forgotten")
    del thread
    gc.collect()
    found.join(STUCK_S)
    assert not found.is_alive()


def test_a_call_aside_is_waited_for_so_long_and_the_loop_ends_without_it() -> None:
    answer = threading.Event()

    async def story() -> None:
        assert await aside(lambda: "read", STUCK_S) == "read"
        with pytest.raises(ZeroDivisionError):
            await aside(lambda: 1 // 0, STUCK_S)
        with pytest.raises(TimeoutError):
            await aside(lambda: answer.wait(STUCK_S), 0.05)

    asyncio.run(story())
    assert not answer.is_set()  # `asyncio.to_thread` would have been joined
    answer.set()
