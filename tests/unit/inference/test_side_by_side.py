"""Short jobs at once: in order, all ended, no error lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from edge.host.allocation import given_back
from edge.inference.side_by_side import SideBySide


@pytest.fixture
def side_by_side() -> Iterator[SideBySide]:
    made = SideBySide(2)
    yield made
    made.close()


def test_jobs_run_at_once_and_answer_in_order(side_by_side: SideBySide) -> None:
    """Each waits for the others: in turn, they would wait for ever."""
    together = threading.Barrier(3, timeout=10)

    def job(number: int) -> int:
        together.wait()
        return number

    assert side_by_side([lambda: job(1), lambda: job(2), lambda: job(3)]) == [1, 2, 3]


def test_one_job_or_none_needs_no_thread(side_by_side: SideBySide) -> None:
    here = threading.current_thread()
    assert side_by_side([threading.current_thread]) == [here]
    assert side_by_side([]) == []


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_what_a_job_raises_is_raised_when_all_have_ended(
    side_by_side: SideBySide, broken: int
) -> None:
    ended = []

    def job(number: int) -> int:
        if number == broken:
            raise ValueError(number)
        ended.append(number)
        return number

    with pytest.raises(ValueError, match=str(broken)):
        side_by_side([lambda: job(0), lambda: job(1), lambda: job(2)])
    assert sorted(ended) == [number for number in range(3) if number != broken]


def test_memory_is_given_back_even_when_loading_fails() -> None:
    with pytest.raises(ValueError, match="broken"), given_back():
        raise ValueError("broken")
