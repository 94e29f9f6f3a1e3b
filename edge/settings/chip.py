"""`[trust]` and `[chip]`: whose documents are trusted, and how a chip is read."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from edge.settings.section import Section


class Trust(Section):
    """`[trust]`: files or folders with CSCA certificates."""

    anchors: tuple[Path, ...] = Field(min_length=1)


class ChipSettings(Section):
    """`[chip]`: how a chip is read, and how long."""

    wait_s: float = Field(default=3.0, gt=0, le=30)
    patience_s: float = Field(default=20.0, gt=0, le=60)
    extended_length: bool = True
    bac_after_pace: bool = False
    """Read a chip by BAC when its PACE fails.  Then chip.access is undetermined: the traveller is
    referred (R-CHIP-DOWNGRADE) unless the policy makes that check `not_failed`."""
    accept_sha1: bool = True
    """Accept a signature with SHA-1, as old documents have it; otherwise chip.sod_signature
    fails."""
