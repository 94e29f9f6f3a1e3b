"""Faces in decoded pictures, looked for as the gate looks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.checks import Check, CheckId, Result
from edge.face import DetectedFace, FacePipeline, Observation
from edge.face.pad import NO_PAD, Cue, cues_of_picture, examine_picture
from edge.inference.models import ModelStore

Side: TypeAlias = Literal["portrait", "live"]
"""The chip's portrait, or a picture of the camera."""


@dataclass(frozen=True, slots=True)
class Presented:
    """The check `face.pad` of one picture, and what it rests on."""

    check: Check
    cues: tuple[Cue, ...]


class Networks:
    """The networks of the manifest, loaded once; a pipeline for every thread that asks."""

    def __init__(self, store: ModelStore) -> None:
        comparison = store.manifest.comparison
        self.identities = store.identities()
        self.thresholds = comparison.thresholds
        """False match rate to score, as measured."""
        self.threshold = store.threshold
        """The least score that is a match; SettingsError when the rate was never measured."""
        self._embedders = list(store.embedders().values())
        self._detector = store.network(comparison.detector)
        self._store = store
        for embedder in self._embedders:
            embedder.warm_up()

    def pipeline(self) -> FacePipeline:
        """A pipeline for one thread."""
        return FacePipeline(self._detector, self._embedders)

    def presented(self, pixels: NDArray[np.uint8], observation: Observation) -> Presented:
        """What the picture says of presentation attacks; nothing where the manifest weighs none."""
        pad = self._store.manifest.pad
        if pad is None:
            return Presented(Check(CheckId.FACE_PAD, Result.NOT_PERFORMED, NO_PAD), ())
        network = self._store.network(pad.texture) if self._store.has_texture else None
        cues = cues_of_picture(pixels, observation, network)
        return Presented(examine_picture(pad.weights(), cues), cues)


def acquire(pipeline: FacePipeline, pixels: NDArray[np.uint8], side: Side) -> DetectedFace | None:
    """The largest face, looked for as the gate does on that side, then as it does on the other.

    None for a portrait that shows two people: the gate does not choose between them.
    """

    def live(pixels: NDArray[np.uint8]) -> DetectedFace | None:
        observation = pipeline.observe(pixels)
        return None if side == "portrait" and observation.faces > 1 else observation.face

    ways = (pipeline.portrait, live) if side == "portrait" else (live, pipeline.portrait)
    return next((face for way in ways if (face := way(pixels)) is not None), None)
