"""How wrong the clock of this computer may be, from what the kernel reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.host.kernel_clock import Discipline, discipline

DRIFT: Final = 500e-6
"""The most an uncorrected clock drifts: the bound of the kernel (adjtimex(2), tolerance)."""
TIMESYNC: Final = Path("/run/systemd/timesync/synchronized")
"""This file exists once systemd-timesyncd has set the clock since the computer started."""
AS_TIMESYNC_SETS_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """The clock at the last moment it was synchronised, or when it was first asked."""

    boot_s: float
    ahead_s: float
    """Difference to the clock that counts from the start; it changes when the clock is set."""
    error_s: float


class ClockError:
    """Bounds the error of the clock.

    A clock that was synchronised drifts from then on: its error grows and stays known.
    `hardware_s` is the bound for a clock with a battery that was not synchronised since the daemon
    started; None: there is no such clock.  A clock that was set since, or since the first question,
    by hand or by another program is not believed until it is synchronised, or shows again what it
    would have shown.
    """

    def __init__(
        self,
        hardware_s: float | None = None,
        *,
        asked: Callable[[], Discipline | None] = discipline,
        boot_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        wall_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_REALTIME),
        timesync: Path = TIMESYNC,
    ) -> None:
        self._hardware_s = hardware_s
        self._asked = asked
        self._boot_s = boot_s
        self._wall_s = wall_s
        self._timesync = timesync
        self._seen: _Seen | None = None
        self._first: _Seen | None = None

    def bound_s(self) -> float | None:
        """The most it may be wrong now, in seconds; None when that is unknown."""
        boot_s = self._boot_s()
        ahead_s = self._wall_s() - boot_s
        error_s = self._synchronised_s()
        if error_s is not None:
            self._seen = _Seen(boot_s, ahead_s, error_s)
            return error_s
        if self._first is None:
            self._first = _Seen(boot_s, ahead_s, 0.0)
        last = self._seen or self._first
        drifted_s = (boot_s - last.boot_s) * DRIFT + last.error_s
        was_set = abs(ahead_s - last.ahead_s) > drifted_s + 1
        if was_set:
            return None
        return self._hardware_s if self._seen is None else drifted_s

    def _synchronised_s(self) -> float | None:
        """The bound that comes with a synchronised clock; None for any other."""
        found = self._asked()
        if found is None:  # the kernel may not be asked
            return AS_TIMESYNC_SETS_S if self._timesync.exists() else None
        if not found.synchronised:
            return None
        return abs(found.offset_s or 0.0) + (found.max_error_s or 0.0)
