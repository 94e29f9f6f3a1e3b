"""From observations and a similarity to checks."""

from __future__ import annotations

from dataclasses import dataclass

from edge.checks import Check, CheckId, Result
from edge.face.best import BestFrame
from edge.face.pad import NO_PAD

UNWATCHED = Check(CheckId.FACE_PAD, Result.NOT_PERFORMED, NO_PAD)


@dataclass(frozen=True, slots=True)
class SimilarityBounds:
    """What a similarity is worth."""

    match: float
    """From here on two faces are of one person."""
    same_picture: float
    """From here on it is that of one picture with itself: no camera sees a person so."""


def examine(
    best: BestFrame,
    similarity: float | None,
    bounds: SimilarityBounds,
    *,
    complete: bool = True,
    presentation: Check = UNWATCHED,
) -> tuple[Check, ...]:
    """The face checks of one transaction; `similarity` None: there was no comparison.

    The detail does not contain the similarity: an officer needs only the result, and an attacker
    who sees the number can improve step by step.  When the capture ended before the traveller's
    time was over (`complete` is false), a check without a face has not failed.
    """
    missing = Result.FAILED if complete else Result.NOT_PERFORMED
    seen = best.observation is not None and best.observation.face is not None
    return (
        Check(CheckId.FACE_DETECT, Result.SUCCESSFUL if seen else missing),
        _quality(best, missing if seen else Result.NOT_PERFORMED),
        _doubted(presentation, similarity, bounds.same_picture),
        _match(similarity, bounds.match),
    )


def _quality(best: BestFrame, missing: Result) -> Check:
    if best.usable:
        return Check(CheckId.FACE_QUALITY, Result.SUCCESSFUL)
    quality = best.observation.quality if best.observation else {}
    poorest = min(quality, key=lambda name: quality[name], default="")
    return Check(CheckId.FACE_QUALITY, missing, poorest)


def _doubted(presentation: Check, similarity: float | None, same_picture: float) -> Check:
    """Doubt a live face that is as near to the portrait as the portrait itself."""
    if similarity is None or similarity < same_picture or presentation.result is Result.FAILED:
        return presentation
    return Check(CheckId.FACE_PAD, Result.UNDETERMINED, "the face is the portrait itself")


def _match(similarity: float | None, threshold: float) -> Check:
    if similarity is None:
        return Check(CheckId.FACE_MATCH, Result.NOT_PERFORMED)
    matched = similarity >= threshold
    return Check(CheckId.FACE_MATCH, Result.SUCCESSFUL if matched else Result.FAILED)
