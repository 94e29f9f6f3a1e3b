"""`[trust]` and `[chip]`: which documents are trusted, and how a chip is read."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from edge.settings.section import Section


class Trust(Section):
    """`[trust]`: files or folders with CSCA certificates."""

    anchors: tuple[Path, ...] = Field(min_length=1)


class ChipSettings(Section):
    """`[chip]`: how patiently a chip is read."""

    wait_s: float = Field(default=3.0, gt=0, le=30)
    patience_s: float = Field(default=20.0, gt=0, le=60)
    extended_length: bool = True
    bac_after_pace: bool = False
    """Read a chip whose PACE fails by BAC all the same.  Then chip.access is undetermined, which
    refers the traveller (R-CHIP-DOWNGRADE) unless the policy makes that check `not_failed`."""
    accept_sha1: bool = True
    """Whether a document counts whose signature rests on SHA-1, as old ones do; if not,
    chip.sod_signature fails."""
