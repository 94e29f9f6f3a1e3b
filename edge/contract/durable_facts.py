"""What a gate must remember together with an event: both are on the disk, or neither."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DurableFacts:
    """A fact with a name; a later one of the same name replaces it, and None forgets it."""

    name: str
    value: str | None
