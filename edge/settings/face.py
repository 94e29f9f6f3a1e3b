"""`[models]` and `[face]`: which networks compare faces, and how a face is captured."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from edge.face.pad import Asking
from edge.settings.section import Section


class Models(Section):
    """`[models]`: the manifest, which says how faces are compared, and the weights it names."""

    manifest: Path
    weights: Path


class FaceSettings(Section):
    """`[face]`: how a face is captured, and how long."""

    patience_s: float = Field(default=10.0, gt=0, le=60)
    frames: int = Field(default=3, ge=1, le=100)
    """Number of usable frames before the best one is compared."""
    asking: Asking = Asking.IN_DOUBT
    """When a traveller is asked to turn the head a little: `never`, `in_doubt` or `always`."""
    answer_s: float = Field(default=4.0, gt=0, le=20)
    """How long a traveller has for each such movement."""
