"""The board: newest only, for everybody, until it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.gate.states import Sign, Topology
from edge.screen.board import Board
from edge.screen.views import LaneView, Scene, TravellerView

STARTED = datetime(2026, 1, 2, tzinfo=UTC)


def scene(progress: int) -> Scene:
    return Scene(
        traveller=TravellerView(sign=Sign.WAIT, progress=progress),
        lane=LaneView(
            site="utopia",
            device="lane-1",
            version="1",
            started_at=STARTED,
            topology=Topology.BARRIER,
            simulated=False,
            state="Inspecting",
            sign=Sign.WAIT,
        ),
    )


async def breathe() -> None:
    """Let every task that can go on go on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def collect(watching: AsyncIterator[Scene], seen: list[int]) -> None:
    async for shown in watching:
        seen.append(shown.traveller.progress or 0)  # noqa: PERF401  # grows while we watch


def bounded(story: Coroutine[None, None, None]) -> None:
    async def run() -> None:
        async with asyncio.timeout(10):
            await story

    asyncio.run(run())


def test_who_comes_late_sees_the_newest_scene() -> None:
    async def story() -> None:
        board = Board()
        board.show(scene(1))
        board.show(scene(2))
        assert (await anext(board.watch())) == scene(2)
        assert board.scene == scene(2)

    bounded(story())


def test_who_comes_before_the_first_scene_waits_for_it() -> None:
    async def story() -> None:
        board = Board()
        first = asyncio.ensure_future(anext(board.watch()))
        await breathe()
        assert not first.done()
        assert board.scene is None
        board.show(scene(1))
        assert await first == scene(1)

    bounded(story())


def test_the_same_scene_again_wakes_nobody() -> None:
    async def story() -> None:
        board = Board()
        seen: list[int] = []
        watcher = asyncio.create_task(collect(board.watch(), seen))
        board.show(scene(1))
        await breathe()
        board.show(scene(1))
        await breathe()
        board.close()
        await watcher
        assert seen == [1]

    bounded(story())


def test_a_slow_watcher_gets_the_newest_and_nothing_in_between() -> None:
    async def story() -> None:
        board = Board()
        watching = board.watch()
        board.show(scene(1))
        assert await anext(watching) == scene(1)
        for progress in range(2, 100):
            board.show(scene(progress))
        assert await anext(watching) == scene(99)
        board.close()
        assert [shown async for shown in watching] == []

    bounded(story())


def test_a_closed_board_shows_nothing_more() -> None:
    async def story() -> None:
        board = Board()
        watcher = asyncio.create_task(collect(board.watch(), []))
        await breathe()
        board.close()
        await watcher
        board.show(scene(1))
        assert board.scene is None
        assert board.closed

    bounded(story())


@given(bursts=st.lists(st.lists(st.integers(1, 100), min_size=1), min_size=1), watchers=st.just(3))
def test_every_watcher_sees_the_last_of_every_burst(
    bursts: Sequence[Sequence[int]], watchers: int
) -> None:
    async def story() -> None:
        board = Board()
        seen: list[list[int]] = [[] for _ in range(watchers)]
        tasks = [asyncio.create_task(collect(board.watch(), one)) for one in seen]
        expected: list[int] = []
        for burst in bursts:
            await breathe()
            for progress in burst:
                board.show(scene(progress))
            if expected[-1:] != [burst[-1]]:
                expected.append(burst[-1])
        await breathe()
        board.close()
        await asyncio.gather(*tasks)
        for one in seen:
            assert without_repeats(one) == expected

    bounded(story())


def without_repeats(values: Sequence[int]) -> list[int]:
    """A burst that ends where it began may be told again; it is still the newest."""
    return [value for at, value in enumerate(values) if at == 0 or values[at - 1] != value]


def test_the_traveller_view_has_no_room_for_reasons() -> None:
    with pytest.raises(ValidationError):
        TravellerView.model_validate({"sign": "see-officer", "reasons": ["R-LIST-HIT"]})


@pytest.mark.parametrize("progress", [-1, 101])
def test_progress_is_a_percentage(progress: int) -> None:
    with pytest.raises(ValidationError):
        TravellerView(sign=Sign.WAIT, progress=progress)
