"""Alarms: what must not go unseen, in the log, and not a million times."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import structlog

from tools.central.records import Event, Refusal, Refused

ALARM_EVERY_S = 10.0
REMEMBERED = 10_000
ANYBODYS: Final = frozenset({Refused.TOPIC, Refused.SIZE, Refused.UNKNOWN_DEVICE})
"""Refused before a gate is known: the sender can invent the name it comes under."""

log = structlog.get_logger()


class Alarms:
    """Says each kind of fault of each gate now and then, with how often it came meanwhile."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._said_s: dict[tuple[str, Refused | str], float] = {}
        self._unsaid: dict[tuple[str, Refused | str], int] = {}

    def refused(self, refusal: Refusal) -> None:
        """A message went to the quarantine."""
        source = "" if refusal.reason in ANYBODYS else refusal.source
        if (repeated := self._repeated(source, refusal.reason)) is not None:
            log.warning(
                "message_refused",
                device=source,
                reason=refusal.reason.value,
                cause=refusal.detail,
                repeated=repeated,
            )

    def misfit(self, event: Event, misfit: str) -> None:
        """A genuine event is stored whose payload is not as the contract says."""
        source = event.chain.source
        if (repeated := self._repeated(source, "misfit")) is not None:
            log.warning(
                "misfit_event_stored",
                device=source,
                type=event.type,
                cause=misfit,
                repeated=repeated,
            )

    def _repeated(self, source: str, kind: Refused | str) -> int | None:
        """How often a fault came since it was last logged; None when it is not logged now."""
        now_s, key = self._clock_s(), (source, kind)
        if now_s - self._said_s.get(key, float("-inf")) < ALARM_EVERY_S:
            self._unsaid[key] = self._unsaid.get(key, 0) + 1
            return None
        repeated = self._unsaid.pop(key, 0)
        if len(self._said_s) > REMEMBERED:
            self._said_s.clear()
            self._unsaid.clear()
        self._said_s[key] = now_s
        return repeated
