"""What can be decided: the gate only opens or refers; refusing entry is an officer's act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from edge.checks import Reason


@dataclass(frozen=True, slots=True)
class Open:
    """Every check the policy requires has come out as it must."""


@dataclass(frozen=True, slots=True)
class Refer:
    """An officer takes over."""

    reasons: frozenset[Reason]

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a referral needs a reason")


Decision: TypeAlias = Open | Refer
