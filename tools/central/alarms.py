"""Alarms: what must not go unseen, in the log, and not a million times."""

from __future__ import annotations

import time
from typing import Final

import structlog

from tools.central.records import Event, Refusal, Refused

ALARM_EVERY_S = 10.0
REMEMBERED = 10_000
ANYBODYS: Final = frozenset({Refused.TOPIC, Refused.SIZE, Refused.UNKNOWN_DEVICE})
"""Told before a gate is known: whoever sends that invents the name it comes under."""

log = structlog.get_logger()


class Alarms:
    """Says each kind of fault of each gate now and then, with how often it came meanwhile."""

    def __init__(self) -> None:
        self._said_s: dict[tuple[str, Refused | str], float] = {}
        self._unsaid: dict[tuple[str, Refused | str], int] = {}

    def refused(self, refusal: Refusal) -> None:
        """A message went to the quarantine."""
        source = "" if refusal.reason in ANYBODYS else refusal.source
        self._say(source, refusal.reason, f"{refusal.reason}: {refusal.detail}")

    def misfit(self, event: Event, misfit: str) -> None:
        """A genuine event is stored whose payload is not as the contract says."""
        self._say(event.chain.source, "misfit", f"{event.type} does not fit: {misfit}")

    def _say(self, source: str, kind: Refused | str, detail: str) -> None:
        now_s, key = time.monotonic(), (source, kind)
        if now_s - self._said_s.get(key, float("-inf")) < ALARM_EVERY_S:
            self._unsaid[key] = self._unsaid.get(key, 0) + 1
            return
        more = self._unsaid.pop(key, 0)
        log.warning(
            "alarm", device=source, detail=f"{detail} (and {more} more)" if more else detail
        )
        if len(self._said_s) > REMEMBERED:
            self._said_s.clear()
            self._unsaid.clear()
        self._said_s[key] = now_s
