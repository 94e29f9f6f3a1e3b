"""Counts what is refused, so that a sender of nonsense cannot fill the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

INTERVAL_S = 60.0
MOST_KINDS = 32
OTHERS = "of many other kinds"


class Refusals:
    """Tells of each kind of finding at once, then once an interval, with a count; in the loop."""

    def __init__(self, tell: Callable[[str, int], None]) -> None:
        self._tell = tell
        self._untold: dict[str, int] = {}
        """What was counted since the last report; a kind is in here for its interval."""
        self._seen: dict[str, int] = {}

    def note(self, finding: str, count: int = 1) -> int:
        """Note findings of a kind; how many there were in this interval, with these."""
        if finding not in self._seen and len(self._seen) >= MOST_KINDS:
            finding = OTHERS
        if finding in self._seen:
            self._untold[finding] += count
            self._seen[finding] += count
        else:
            self._tell(finding, count)
            self._untold[finding], self._seen[finding] = 0, count
            self._wait(finding)
        return self._seen[finding]

    def _wait(self, finding: str) -> None:
        asyncio.get_running_loop().call_later(INTERVAL_S, self._end, finding)

    def _end(self, finding: str) -> None:
        count = self._untold[finding]
        if not count:
            del self._untold[finding], self._seen[finding]
            return
        self._tell(finding, count)
        self._untold[finding] = self._seen[finding] = 0
        self._wait(finding)
