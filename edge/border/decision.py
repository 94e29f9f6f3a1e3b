"""The decisions of a gate: open or refer.  Only an officer refuses entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from edge.checks import Reason


@dataclass(frozen=True, slots=True)
class Open:
    """Every check has a result that the policy accepts."""


@dataclass(frozen=True, slots=True)
class Refer:
    """An officer looks at the traveller."""

    reasons: frozenset[Reason]

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a referral needs a reason")


Decision: TypeAlias = Open | Refer
