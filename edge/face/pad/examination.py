"""From a presentation to the check `face.pad`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.checks import Check, CheckId, Result
from edge.face.pad.combination import PadVerdict, Weights
from edge.face.pad.cue import Cue
from edge.face.pad.liveness import Liveness

NO_PAD = "no presentation attack detection configured"
AGAINST = -0.2
"""A cue with a lower score counts against the presentation."""


def examine_presentation(liveness: Liveness | None, *, complete: bool) -> Check:
    """The check; its detail names the cues against it, and whether the traveller was asked.

    A capture that ended before the traveller's time was over (`complete` is false) proves nothing.
    """
    if liveness is None:
        return Check(CheckId.FACE_PAD, Result.NOT_PERFORMED, NO_PAD)
    verdict = liveness.conclude()
    if not liveness.frames or (verdict is PadVerdict.DOUBT and not complete):
        return Check(CheckId.FACE_PAD, Result.NOT_PERFORMED)
    words = _against(liveness.cues())
    if liveness.asked:
        words.append("asked")
    return Check(CheckId.FACE_PAD, _RESULTS[verdict], " ".join(words))


def examine_picture(weights: Weights, cues: Sequence[Cue]) -> Check:
    """The check of a single picture by what `cues_of_picture` found; never successful.

    Not performed without cues; its detail is that of `examine_presentation`.
    """
    if not any(cue.certainty for cue in cues):
        return Check(CheckId.FACE_PAD, Result.NOT_PERFORMED)
    is_attack = weights.verdict(cues) is PadVerdict.ATTACK
    result = Result.FAILED if is_attack else Result.UNDETERMINED
    return Check(CheckId.FACE_PAD, result, " ".join(_against(cues)))


def _against(cues: Iterable[Cue]) -> list[str]:
    return [cue.name.value for cue in cues if cue.score * cue.certainty < AGAINST]


_RESULTS = {
    PadVerdict.LIVE: Result.SUCCESSFUL,
    PadVerdict.ATTACK: Result.FAILED,
    PadVerdict.DOUBT: Result.UNDETERMINED,
}
