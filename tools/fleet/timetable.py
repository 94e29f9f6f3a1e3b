"""When the travellers of a gate come, and what happens then."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np

from tools.fleet.story import ONE_REFERRED_IN, Scene, passage

EVENTS_A_PASSAGE: Final = (
    sum(len(scene.happenings) for number in range(ONE_REFERRED_IN) for scene in passage(number))
    / ONE_REFERRED_IN
)
PAUSE_S: Final = 0.5
"""Between two travellers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A scene, due at a moment of the fleet's clock."""

    due_s: float
    transaction: str
    scene: Scene


@dataclass(frozen=True, slots=True)
class Pace:
    """How often travellers come, and how much faster than life they walk."""

    every_s: float
    """From one traveller to the next at the same gate, on average."""
    haste: float = 1.0

    @classmethod
    def of(cls, gates: int, events_per_s: float, haste: float = 1.0) -> Pace:
        """The pace at which so many gates together write so many events."""
        return cls(gates * EVENTS_A_PASSAGE / events_per_s, haste)


def entries(
    begin_s: float, pace: Pace, chance: np.random.Generator, random: Callable[[int], bytes]
) -> Iterator[Entry]:
    """The timetable of one gate, for ever; the first traveller comes within one interval."""
    due_s = begin_s + pace.every_s * float(chance.random())
    for number in count():
        transaction = uuid.UUID(bytes=random(16), version=4).hex
        last_s = due_s
        for scene in passage(number):
            last_s = due_s + scene.after_s / pace.haste
            yield Entry(last_s, transaction, scene)
        gap_s = pace.every_s * float(chance.uniform(0.5, 1.5))
        due_s = max(due_s + gap_s, last_s + PAUSE_S / pace.haste)
