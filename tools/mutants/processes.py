"""Runs forked processes side by side, each with a time limit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence

from tools.mutants import trial

HUNG = -1
"""A process that was ended because its time was over."""
Start = tuple[Callable[[], int], float]
"""Forks a process and returns its id; the seconds it has."""
_POLL_S = 0.02


def wait_for_all(starts: Sequence[Start], workers: int) -> Iterator[tuple[int, int]]:
    """Run all; yield the place and the exit code of each that has ended (HUNG: it was killed)."""
    waiting = list(enumerate(starts))[::-1]
    running: dict[int, tuple[int, float]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                place, (start, limit) = waiting.pop()
                running[start()] = (place, time.monotonic() + limit)
            for process, (place, deadline) in list(running.items()):
                code = _code(process, deadline)
                if code is not None:
                    del running[process]
                    yield place, code
            time.sleep(_POLL_S)
    finally:
        for process in running:
            trial.end(process)
            os.waitpid(process, 0)


def _code(process: int, deadline: float) -> int | None:
    """The exit code of a process; None while it runs."""
    ended, status = os.waitpid(process, os.WNOHANG)
    if ended:
        trial.end(process)  # what it left behind in its group
        return os.waitstatus_to_exitcode(status) & 0xFF
    if time.monotonic() < deadline:
        return None
    trial.end(process)
    os.waitpid(process, 0)
    return HUNG
