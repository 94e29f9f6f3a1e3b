"""The last closed transactions, for the technician page and for `gatectl simulate`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from edge.border.decision import Decision, Open
from edge.checks import Check, Reason
from edge.host.observable import Observable

KEPT = 20


@dataclass(frozen=True, slots=True)
class Passage:
    """One closed transaction; nothing in it is personal."""

    transaction: str
    at: datetime
    decision: Decision | None
    """None when the traveller left before anything was decided."""
    passed: bool
    checks: tuple[Check, ...]
    timings_ms: dict[str, float] = field(default_factory=dict)
    released: bool = False
    """An officer let the referred traveller pass."""

    @property
    def opened(self) -> bool:
        """Whether the gate was opened for this traveller."""
        return isinstance(self.decision, Open)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the traveller was referred, in the order of the vocabulary."""
        if self.decision is None or isinstance(self.decision, Open):
            return ()
        return tuple(reason for reason in Reason if reason in self.decision.reasons)


class Passages:
    """The last passages."""

    def __init__(self) -> None:
        self._last: deque[Passage] = deque(maxlen=KEPT)
        self.added: Observable[[Passage]] = Observable()
        """Tells each passage when it has ended."""

    def __iter__(self) -> Iterator[Passage]:
        return reversed(self._last)

    def add(self, passage: Passage) -> None:
        """Keep a passage and tell the listeners."""
        self._last.append(passage)
        self.added.tell(passage)
