"""From another thread to the loop: in order, bounded, without waiting for the loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from edge.host.mailbox import Mailbox
from tests.support.bench import STUCK_S, tell


def test_items_arrive_in_the_order_in_which_they_were_put() -> None:
    async def story() -> None:
        mailbox: Mailbox[int] = Mailbox(10_000)

        def put() -> None:
            for number in range(5_000):
                assert mailbox.put(number)

        putting = threading.Thread(target=put)
        putting.start()
        assert [await mailbox.take() for _ in range(5_000)] == list(range(5_000))
        putting.join(STUCK_S)

    tell(story())


def test_what_does_not_fit_is_said_to_whoever_puts_it_and_waits_for_nobody() -> None:
    async def story() -> None:
        mailbox: Mailbox[str] = Mailbox(2)
        assert [mailbox.put(each) for each in ("first", "second", "third")] == [True, True, False]
        full = [mailbox.is_full]
        assert await mailbox.take() == "first"
        full.append(mailbox.is_full)
        assert full == [True, False]
        assert mailbox.put("fourth")
        assert [await mailbox.take(), await mailbox.take()] == ["second", "fourth"]

    tell(story())


def test_whoever_waits_may_wait_no_more_and_nothing_is_lost() -> None:
    async def story() -> None:
        mailbox: Mailbox[str] = Mailbox(2)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await mailbox.take()
        mailbox.put("first")
        assert await mailbox.take() == "first"

    tell(story())


def test_a_loop_that_has_ended_takes_nothing_and_nobody_fails_over_it() -> None:
    async def made() -> Mailbox[str]:
        return Mailbox(2)

    mailbox = asyncio.run(made())
    assert mailbox.put("late")
