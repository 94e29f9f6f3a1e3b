"""From cues to a verdict: each cue adds to the odds; no cue decides alone what it cannot know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.face.pad.cue import Cue, CueName

PROVES_A_HEAD: Final = frozenset({CueName.RELIEF, CueName.ANSWER, CueName.DEPTH})
"""Only these cues distinguish a head from a good picture of a head."""


class PadVerdict(StrEnum):
    """The verdict on a presentation."""

    LIVE = "live"
    ATTACK = "attack"
    DOUBT = "doubt"
    """Not known: an officer looks."""


@dataclass(frozen=True, slots=True)
class Weight:
    """The part of a cue in the odds (natural logarithm) at its best and at its worst."""

    alive: float
    made: float


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of cues; a cue that is not named does not count.

    Raises:
        ValueError: cues that cannot distinguish a head from a picture could make a presentation
            live.
    """

    version: str
    live_at: float
    attack_at: float
    cues: Mapping[CueName, Weight]

    def __post_init__(self) -> None:
        if not self.attack_at < 0 < self.live_at:
            raise ValueError("live_at lies above nothing, attack_at below it")
        if any(weight.alive < 0 or weight.made < 0 for weight in self.cues.values()):
            raise ValueError("weights are not negative")
        blind = [w.alive for name, w in self.cues.items() if name not in PROVES_A_HEAD]
        if sum(blind) >= self.live_at:
            raise ValueError("without relief, answer or depth nothing may become live")

    def odds(self, cues: Iterable[Cue]) -> float:
        """Natural logarithm of alive over made; 0: not known."""
        return sum(self._share(cue) for cue in cues)

    def verdict(self, cues: Iterable[Cue]) -> PadVerdict:
        """Live, attack, or doubt in between."""
        odds = self.odds(cues)
        if odds >= self.live_at:
            return PadVerdict.LIVE
        return PadVerdict.ATTACK if odds <= self.attack_at else PadVerdict.DOUBT

    def _share(self, cue: Cue) -> float:
        weight = self.cues.get(cue.name, Weight(0, 0))
        return cue.certainty * cue.score * (weight.alive if cue.score > 0 else weight.made)
