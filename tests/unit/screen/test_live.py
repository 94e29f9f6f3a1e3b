"""The live streams: the newest, at once, with a beat, and nothing about the other page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from edge.checks import Reason
from edge.gate.states import Sign
from edge.screen.board import Board
from edge.screen.live import RETRY_MS, Written, stream
from edge.screen.views import Scene, TravellerView
from tests.support.served_pages import LANE, passage, scene

NEVER_S = 3600.0
AT_ONCE_S = 0.0


def traveller(board: Board, beat_s: float = NEVER_S) -> AsyncIterator[str]:
    return stream(board, Written(lambda shown: shown.traveller), "edition-1", beat_s)


def view(event: str) -> TravellerView:
    kind, _, data = event.strip().partition("\n")
    assert kind == "event: view"
    return TravellerView.model_validate_json(data.removeprefix("data: "))


def test_it_begins_with_the_edition_and_how_soon_to_come_back() -> None:
    async def story() -> None:
        first = await anext(traveller(Board()))
        assert first == f"retry: {RETRY_MS}\nevent: hello\ndata: edition-1\n\n"

    asyncio.run(story())


def test_it_tells_the_newest_scene_and_then_each_change() -> None:
    async def story() -> None:
        board = Board()
        board.show(scene(Sign.WAIT))
        events = traveller(board)
        await anext(events)
        assert view(await anext(events)).sign is Sign.WAIT
        board.show(scene(Sign.GO))
        board.show(scene(Sign.SEE_OFFICER))
        assert view(await anext(events)).sign is Sign.SEE_OFFICER

    asyncio.run(story())


def test_it_beats_while_nothing_changes() -> None:
    async def story() -> None:
        events = traveller(Board(), AT_ONCE_S)
        await anext(events)
        assert await anext(events) == "event: beat\ndata: \n\n"
        assert await anext(events) == "event: beat\ndata: \n\n"

    asyncio.run(story())


def test_what_the_technician_sees_sends_the_traveller_nothing() -> None:
    """A list hit must not be told by what is sent, nor by when."""

    async def story() -> None:
        board = Board()
        board.show(scene(Sign.SEE_OFFICER))
        events = traveller(board)
        assert view([await anext(events), await anext(events)][1]).sign is Sign.SEE_OFFICER
        after = asyncio.ensure_future(anext(events))
        for number in range(5):
            hit = passage(f"tx-{number}", Reason.LIST_HIT)
            board.show(scene(Sign.SEE_OFFICER, LANE.model_copy(update={"passages": (hit,)})))
            for _ in range(5):
                await asyncio.sleep(0)
            assert not after.done()
        board.show(scene(Sign.PRESENT_DOCUMENT))
        assert view(await after).sign is Sign.PRESENT_DOCUMENT

    asyncio.run(story())


def test_it_ends_with_the_board() -> None:
    async def story() -> None:
        board = Board()
        events = traveller(board)
        await anext(events)
        rest = asyncio.ensure_future(anext(events, "the end"))
        await asyncio.sleep(0)
        board.close()
        assert await rest == "the end"

    asyncio.run(story())


def test_a_view_is_written_once_however_many_watch() -> None:
    picked: list[Scene] = []

    def pick(shown: Scene) -> TravellerView:
        picked.append(shown)
        return shown.traveller

    written, first = Written(pick), scene(Sign.WAIT)
    texts = [written.of(first) for _ in range(5)]
    assert picked == [first]
    same = scene(Sign.WAIT, LANE.model_copy(update={"maintenance": True}))
    assert all(text is texts[0] for text in (*texts, written.of(same)))
    assert written.of(scene(Sign.GO)) != texts[0]
