"""A comparison in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from edge.checks import Result
from edge.face.pad import Cue
from tools.evaluation.face.compare import Comparison, Seen, Verdict
from tools.evaluation.face.faces import Presented
from tools.evaluation.face.likelihood import Bound, FalseMatchRate

WORDS: Final[Mapping[Verdict, str]] = {
    Verdict.MATCH: "MATCH",
    Verdict.NO_MATCH: "NO MATCH",
    Verdict.UNDETERMINED: "NOT COMPARED",
}
BOUNDS: Final[Mapping[Bound, str]] = {
    Bound.ABOUT: "about",
    Bound.AT_MOST: "at most",
    Bound.AT_LEAST: "at least",
}


def as_json(found: Comparison) -> str:
    """`score`, `fmr`, `quality`, `pad`, `decision`, and what they rest on."""
    return json.dumps(
        {
            "score": None if found.score is None else round(found.score, 6),
            "threshold": found.threshold,
            "fmr": None if found.fmr is None else float(f"{found.fmr.rate:.3g}"),
            "fmr_bound": None if found.fmr is None else found.fmr.bound.value,
            "quality": {"portrait": _side(found.portrait), "live": _side(found.live)},
            "pad": {
                "result": found.pad.check.result.value,
                "cues": {cue.name.value: _said(cue) for cue in found.pad.cues},
            },
            "decision": found.verdict.value,
        },
        indent=2,
    )


def as_text(found: Comparison) -> str:
    """The verdict first, then why, then how good the pictures are."""
    lines = [WORDS[found.verdict]]
    if found.score is not None:
        lines.append(f"score     {found.score:.3f}, needed {found.threshold:.3f}")
    if found.fmr is not None:
        lines.append(f"strangers {_share(found.fmr)}")
    lines += _described("portrait", found.portrait)
    lines += _described("live", found.live)
    lines.append(f"attack    {_presentation(found.pad)}")
    return "\n".join(lines)


def _presentation(pad: Presented) -> str:
    """As far as one picture can tell."""
    if pad.check.result is Result.NOT_PERFORMED:
        why = pad.check.detail or "one face, near enough, is wanted"
        return f"not looked for: {why}"
    against = " and ".join(pad.check.detail.split())
    if pad.check.result is Result.FAILED:
        return f"FAILED: {against} speak of a picture of a face"
    seen = f"; {against} speaks against it" if against else ""
    return f"undetermined: one picture cannot tell a head from a picture of one{seen}"


def _said(cue: Cue) -> dict[str, float]:
    return {"score": round(cue.score, 3) + 0.0, "certainty": round(cue.certainty, 3)}


def _side(seen: Seen) -> dict[str, object]:
    return {
        "path": str(seen.path),
        "usable": seen.usable,
        "hint": seen.hint.value if seen.hint else None,
        "unified": seen.unified,
        "measures": dict(seen.measures),
    }


def _share(fmr: FalseMatchRate) -> str:
    times = round(1 / fmr.rate)
    return f"{BOUNDS[fmr.bound]} one pair in {times:,} scores as much (FMR {fmr.rate:.1e})"


def _described(side: str, seen: Seen) -> list[str]:
    if not seen.measures:
        return [f"{side:9} {seen.path}: no face found"]
    advice = f"; a traveller would be told: {seen.hint.value}" if seen.hint else ""
    poor = "" if seen.usable else "; too poor for the gate"
    if side == "portrait":
        advice, poor = "", ""  # nobody can take it again, and the gate compares what it gets
    measures = ", ".join(f"{name} {value}" for name, value in seen.measures.items())
    return [
        f"{side:9} {seen.path}: quality {seen.unified} of 100{poor}{advice}",
        f"          {measures}",
    ]
