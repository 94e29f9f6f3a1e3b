"""One presentation through what the gate runs, in the time of its frames."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.performance import Performer
from edge.face import FacePipeline
from edge.face.pad import Cue, Liveness, Means, PadVerdict

Picture = NDArray[np.uint8]
LONGEST_S = 14.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a presentation."""

    verdict: PadVerdict
    cues: tuple[Cue, ...]
    asked: bool
    took_s: float
    frames: int


def rendered(
    performer: Performer, pipeline: FacePipeline, means: Means, frames_per_s: float
) -> Outcome:
    """Somebody of the virtual lane, who sees what is asked."""
    liveness = Liveness(means)
    number, t_s = 0, 0.0
    while not liveness.settled and t_s < LONGEST_S:
        t_s = number / frames_per_s
        hint = liveness.hint
        look(liveness, pipeline, performer.frame(t_s, hint.value if hint else None), t_s)
        number += 1
    return outcome(liveness, t_s)


def filmed(
    frames: Iterable[tuple[float, Picture]], pipeline: FacePipeline, means: Means
) -> Outcome:
    """A video that answers nobody: (seconds, picture)."""
    liveness, took_s = Liveness(means), 0.0
    for t_s, picture in frames:
        look(liveness, pipeline, picture, t_s)
        took_s = t_s
        if liveness.settled:
            break
    return outcome(liveness, took_s)


def look(liveness: Liveness, pipeline: FacePipeline, picture: Picture, t_s: float) -> None:
    """One frame, as the face session does it."""
    observation = pipeline.observe(picture)
    if observation.face is not None and observation.usable and liveness.wants_template:
        template = pipeline.embed(picture, observation.face)
        liveness.recognise(template)
        template.wipe()
    liveness.see(picture, observation, t_s)


def outcome(liveness: Liveness, took_s: float) -> Outcome:
    """What there is to report, and nothing of the face."""
    found = Outcome(liveness.conclude(), liveness.cues(), liveness.asked, took_s, liveness.frames)
    liveness.wipe()
    return found


def milliseconds(function: Callable[[], object], times: int = 20) -> float:
    """CPU time of one call, in milliseconds."""
    function()
    began_s = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - began_s) / times * 1000
