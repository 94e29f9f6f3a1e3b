"""How long a gate waits before it tries its broker again."""

from __future__ import annotations

from collections.abc import Callable

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class BackOff:
    """Pauses that double up to half a minute, each drawn between 0.5 and 1.5 times its length.

    Thousands of gates lose a broker at the same moment and must not come back at the same moment.
    `chance` gives numbers from 0 to 1.
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._pause_s = FIRST_PAUSE_S

    def reset(self) -> None:
        """Begin with the first pause again."""
        self._pause_s = FIRST_PAUSE_S

    def next_s(self) -> float:
        """The next pause, in seconds."""
        pause_s = self._pause_s * (0.5 + self._chance())
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        return pause_s
