"""From a presentation to the check `face.pad`."""

from __future__ import annotations

from edge.checks import Check, CheckId, Result
from edge.face.pad.combination import Verdict
from edge.face.pad.liveness import Liveness

NO_PAD = "no presentation attack detection configured"
AGAINST = -0.2
"""A cue that says less speaks against the presentation."""


def examine_presentation(liveness: Liveness | None, *, complete: bool) -> Check:
    """The check; its detail names the cues that speak against, and whether somebody was asked.

    Looking that ended before the traveller's time was over (`complete` is false) proves nothing.
    """
    if liveness is None:
        return Check(CheckId.FACE_PAD, Result.NOT_PERFORMED, NO_PAD)
    verdict = liveness.conclude()
    if not liveness.frames or (verdict is Verdict.DOUBT and not complete):
        return Check(CheckId.FACE_PAD, Result.NOT_PERFORMED)
    words = [cue.name.value for cue in liveness.cues() if cue.score * cue.certainty < AGAINST]
    if liveness.asked:
        words.append("asked")
    return Check(CheckId.FACE_PAD, _RESULTS[verdict], " ".join(words))


_RESULTS = {
    Verdict.LIVE: Result.SUCCESSFUL,
    Verdict.ATTACK: Result.FAILED,
    Verdict.DOUBT: Result.UNDETERMINED,
}
