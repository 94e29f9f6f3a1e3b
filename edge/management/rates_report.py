"""Writes down every hour what a gate has counted of its errors, and forgets strangers in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from edge.contract.payloads import MOST_GROUPS, ErrorRatesFound
from edge.lane.error_rates import ErrorRates
from edge.lane.event_log import EventLog

LOOK_EVERY_S: Final = 1.0
EVERY: Final = timedelta(hours=1)


class RatesReport:
    """Tells what may be told.

    `comparison` is the hash of what the similarity depends on, as decisions name it.
    """

    def __init__(
        self,
        rates: ErrorRates,
        event_log: EventLog,
        comparison: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._rates = rates
        self._event_log = event_log
        self._comparison = comparison
        self._clock = clock
        self._told = clock()

    def look(self) -> None:
        """Write down what may be told when an hour is over, by a clock that may be set."""
        if abs(self._clock() - self._told) >= EVERY:
            self.tell()

    def tell(self) -> None:
        """Write down what may be told."""
        now = self._clock()
        found = self._rates.take(now)
        for start in range(0, len(found), MOST_GROUPS):
            self._event_log.error_rates(
                ErrorRatesFound(
                    comparison=self._comparison,
                    since=self._told,
                    suppress_below=self._rates.smallest,
                    groups=found[start : start + MOST_GROUPS],
                )
            )
        self._told = now

    async def run(self) -> None:
        """Look again and again until cancelled; then tell, and overwrite what is left."""
        try:
            while True:
                self._rates.strangers.expire(time.monotonic())
                self.look()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._rates.strangers.wipe()
            self.tell()
