"""Publishes what a gate counted, when the hour is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from edge.contract.messages import Statistics
from edge.lane.passages import Passage
from edge.management.disclosure import disclosed
from edge.management.tally import Hours

LOOK_EVERY_S = 1.0


class Reporter:
    """Counts the passages of one gate; `publish` is given the name of a topic and its content.

    Counts below `suppress_below` are not published.
    """

    def __init__(
        self,
        publish: Callable[[str, Statistics], None],
        suppress_below: int,
        clock: Callable[[], datetime],
        *,
        simulated: bool,
    ) -> None:
        self._publish = publish
        self._suppress_below = suppress_below
        self._clock = clock
        self._simulated = simulated
        self._hours = Hours(clock())

    def count(self, passage: Passage) -> None:
        """A passage has ended."""
        self.look()
        self._hours.add(passage)

    def look(self) -> None:
        """Publish the hour that is over, when one is."""
        if (hour := self._hours.look(self._clock())) is not None:
            told = disclosed(hour, self._suppress_below, simulated=self._simulated)
            self._publish(f"stats/{told.period}", told)

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)
