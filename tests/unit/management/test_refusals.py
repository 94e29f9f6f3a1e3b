"""Refusals are told at once, then counted: whoever sends nonsense cannot fill the journal."""

from __future__ import annotations

import asyncio

from edge.management.refusals import INTERVAL_S, MOST_KINDS, OTHERS, Refusals
from tests.support.bench import hurry


class Told:
    def __init__(self) -> None:
        self.all: list[tuple[str, int]] = []
        self.refusals = Refusals(lambda finding, count: self.all.append((finding, count)))


def test_the_first_of_a_kind_is_told_at_once_and_the_rest_as_a_count() -> None:
    async def story() -> None:
        told = Told()
        assert [told.refusals.note("forged") for _ in range(4)] == [1, 2, 3, 4]
        assert told.refusals.note("retained", 7) == 7
        assert told.all == [("forged", 1), ("retained", 7)]
        await asyncio.sleep(INTERVAL_S + 1)
        assert told.all == [("forged", 1), ("retained", 7), ("forged", 3)]
        assert told.refusals.note("forged") == 1  # counted in the interval that has begun
        await asyncio.sleep(INTERVAL_S)
        assert told.all[3:] == [("forged", 1)]

    hurry(story())


def test_a_kind_that_has_long_been_quiet_is_told_at_once_again() -> None:
    async def story() -> None:
        told = Told()
        told.refusals.note("forged")
        await asyncio.sleep(INTERVAL_S + 1)
        told.refusals.note("forged")
        assert told.all == [("forged", 1), ("forged", 1)]

    hurry(story())


def test_kinds_that_somebody_invents_are_one_kind() -> None:
    async def story() -> None:
        told = Told()
        for number in range(10 * MOST_KINDS):
            told.refusals.note(f"kind {number}")
        assert len(told.all) == MOST_KINDS + 1
        assert told.all[-1] == (OTHERS, 1)
        await asyncio.sleep(INTERVAL_S + 1)
        assert told.all[MOST_KINDS + 1 :] == [(OTHERS, 9 * MOST_KINDS - 1)]

    hurry(story())
