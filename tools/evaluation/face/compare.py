"""One portrait against pictures of one traveller, as the gate would do it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.emrtd.lds import dg2
from edge.errors import DocumentError, SettingsError
from edge.face import FacePipeline, FaceTemplate, Hint, Observation
from edge.imaging import PHOTOGRAPH, Decoder
from tools.evaluation.face import pictures
from tools.evaluation.face.faces import Networks, Presented, Side, acquire
from tools.evaluation.face.likelihood import FalseMatchRate, false_match_rate

PICTURE_S: Final = 10.0
DG2_TAG: Final = bytes((dg2.TAG,))
WANTED: Final = "give a JPEG, JPEG 2000 or PNG file; the portrait may be a chip's DG2 too"


class Verdict(StrEnum):
    """What the score says."""

    MATCH = "match"
    NO_MATCH = "no_match"
    UNDETERMINED = "undetermined"
    """There is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One side of a comparison."""

    path: Path
    measures: Mapping[str, int]
    unified: int
    usable: bool
    """Whether the gate would compare such a live picture."""
    hint: Hint | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it; `score` is None when a side shows no face."""

    score: float | None
    threshold: float
    fmr: FalseMatchRate | None
    portrait: Seen
    live: Seen
    verdict: Verdict
    pad: Presented
    """Presentation attack detection, of the live picture: undetermined at best."""


def compare(networks: Networks, portrait: Path, live: Sequence[Path], rate: str) -> Comparison:
    """Compare the portrait with the best of the live pictures at a false match rate.

    Raises:
        SettingsError: a file is no picture; the line says which and why.
    """
    pipeline, threshold = networks.pipeline(), networks.threshold(rate)
    with Decoder(PICTURE_S, PHOTOGRAPH, len(live) + 1) as decoder:
        pixels = _decoded(decoder, portrait, chip=True)
        reference = _template(pipeline, pixels, "portrait")
        described = _seen(portrait, pipeline.observe(pixels))
        path, observation, pixels = max(
            _observed(pipeline, decoder, live), key=lambda each: _rank(each[1])
        )
    template = _template(pipeline, pixels, "live")
    score, fmr, verdict = None, None, Verdict.UNDETERMINED
    if reference is not None and template is not None:
        score = _cosine(reference, template)
    if score is not None:
        fmr = false_match_rate(score, networks.thresholds)
        verdict = Verdict.MATCH if score >= threshold else Verdict.NO_MATCH
    presented = networks.presented(pixels, observation)
    seen = _seen(path, observation)
    return Comparison(score, threshold, fmr, described, seen, verdict, presented)


def _observed(
    pipeline: FacePipeline, decoder: Decoder, paths: Iterable[Path]
) -> Iterator[tuple[Path, Observation, NDArray[np.uint8]]]:
    """One picture after the other: a camera's thousands do not fit into memory together."""
    for path in paths:
        pixels = _decoded(decoder, path)
        yield path, pipeline.observe(pixels), pixels


def _cosine(reference: FaceTemplate, live: FaceTemplate) -> float | None:
    """None when a network has said nothing of a face."""
    cosine = float(reference.vector @ live.vector)
    return cosine if math.isfinite(cosine) else None


def _rank(observation: Observation) -> tuple[bool, bool, int]:
    return observation.face is not None, observation.usable, observation.overall


def _seen(path: Path, observation: Observation) -> Seen:
    return Seen(
        path, observation.quality, observation.overall, observation.usable, observation.hint
    )


def _template(pipeline: FacePipeline, pixels: NDArray[np.uint8], side: Side) -> FaceTemplate | None:
    face = acquire(pipeline, pixels, side)
    return None if face is None else pipeline.embed(pixels, face)


def _decoded(decoder: Decoder, path: Path, *, chip: bool = False) -> NDArray[np.uint8]:
    try:
        data = pictures.read(path)
        if chip and data.startswith(DG2_TAG):
            data = dg2.decode(data)[0].image.data
        return decoder.decode(data)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or 'cannot be read'}") from error
    except DocumentError as error:
        raise SettingsError(f"{path}: {error}; {WANTED}") from error
