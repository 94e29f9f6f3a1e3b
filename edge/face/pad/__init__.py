"""Presentation attack detection: cues over several frames, their combination, and prompts."""

from edge.face.pad.combination import PadVerdict, Weight, Weights
from edge.face.pad.continuity import Recognition
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.examination import NO_PAD, examine_picture, examine_presentation
from edge.face.pad.liveness import Asking, Liveness, Means
from edge.face.pad.picture import cues_of_picture

__all__ = [
    "NO_PAD",
    "Asking",
    "Cue",
    "CueName",
    "Liveness",
    "Means",
    "PadVerdict",
    "Recognition",
    "Weight",
    "Weights",
    "cues_of_picture",
    "examine_picture",
    "examine_presentation",
]
