"""The inbox of commands: a flood takes a bounded part of the gate, and is counted."""

from __future__ import annotations

import asyncio

from edge.management.command_inbox import MOST_WAITING, CommandInbox
from edge.mqtt.commands import ReceivedCommand


def test_a_flood_of_commands_is_counted_and_the_first_ones_are_kept() -> None:
    async def story() -> None:
        inbox = CommandInbox()
        for number in range(10_000):
            inbox.receive(ReceivedCommand(f"name-{number}", b"", retained=False))
        await inbox.until_arrival()
        kept = []
        while (command := inbox.take()) is not None:
            kept.append(command.name)
        assert kept == [f"name-{number}" for number in range(MOST_WAITING)]
        assert not inbox.is_empty
        assert inbox.take_dropped() == 10_000 - MOST_WAITING
        assert inbox.is_empty

    asyncio.run(story())
