"""Runs several short jobs at once: together they take as long as the longest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TypeVar

from edge.host.own_thread import OwnThread

T = TypeVar("T")


class SideBySide:
    """Runs the first job in the thread of the caller, the others in threads of its own."""

    def __init__(self, threads: int) -> None:
        self._threads = [OwnThread(f"side-by-side-{number}") for number in range(threads)]

    def __call__(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Return the results in the order of the jobs; raise an error when all have ended."""
        turns = zip(jobs[1:], cycle(self._threads))  # threads may serve twice
        others = [thread.submit(job) for job, thread in turns]
        try:
            first = [job() for job in jobs[:1]]
        finally:
            outcomes = [each.exception() for each in others]
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        return [*first, *(each.result() for each in others)]

    def close(self) -> None:
        """End the threads after what they do."""
        for thread in self._threads:
            thread.shutdown(wait=False)
