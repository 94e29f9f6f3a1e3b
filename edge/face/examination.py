"""From what was seen and compared to checks."""

from __future__ import annotations

from edge.checks import Check, CheckId, Result
from edge.face.best import BestFrame

NO_PAD = "no presentation attack detection configured"


def examine(best: BestFrame, similarity: float | None, threshold: float) -> tuple[Check, ...]:
    """The face checks of one transaction; `similarity` None: nothing to compare with or by.

    The similarity itself stays out of the detail: whether it suffices is what an officer needs, and
    an attacker who sees it can climb.
    """
    seen = best.observation is not None and best.observation.face is not None
    return (
        Check(CheckId.FACE_DETECT, Result.SUCCESSFUL if seen else Result.FAILED),
        _quality(best, seen=seen),
        Check(CheckId.FACE_PAD, Result.NOT_PERFORMED, NO_PAD),
        _match(similarity, threshold),
    )


def _quality(best: BestFrame, *, seen: bool) -> Check:
    if not seen:
        return Check(CheckId.FACE_QUALITY, Result.NOT_PERFORMED)
    if best.usable:
        return Check(CheckId.FACE_QUALITY, Result.SUCCESSFUL)
    quality = best.observation.quality if best.observation else {}
    poorest = min(quality, key=lambda name: quality[name], default="")
    return Check(CheckId.FACE_QUALITY, Result.FAILED, poorest)


def _match(similarity: float | None, threshold: float) -> Check:
    if similarity is None:
        return Check(CheckId.FACE_MATCH, Result.NOT_PERFORMED)
    matched = similarity >= threshold
    return Check(CheckId.FACE_MATCH, Result.SUCCESSFUL if matched else Result.FAILED)
