"""Faces in decoded pictures, looked for as the gate looks for them."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.face import Face, FacePipeline
from edge.models import ModelStore

Side: TypeAlias = Literal["portrait", "live"]
"""The chip's portrait, or a picture of the camera."""


class Networks:
    """The networks of the manifest, loaded once; a pipeline for every thread that asks."""

    def __init__(self, store: ModelStore) -> None:
        comparison = store.manifest.comparison
        self.identities = store.identities()
        self.thresholds = comparison.thresholds
        """False match rate to score, as measured."""
        self.threshold = store.threshold
        """The least score that is a match; SettingsError when the rate was never measured."""
        self._detector = store.network(comparison.detector)
        self._embedders = list(store.embedders().values())
        for embedder in self._embedders:
            embedder.warm_up()

    def pipeline(self) -> FacePipeline:
        """A pipeline for one thread."""
        return FacePipeline(self._detector, self._embedders)


def acquire(pipeline: FacePipeline, pixels: NDArray[np.uint8], side: Side) -> Face | None:
    """The largest face, looked for as the gate does on that side, then as it does on the other."""

    def live(pixels: NDArray[np.uint8]) -> Face | None:
        return pipeline.observe(pixels).face

    ways = (pipeline.portrait, live) if side == "portrait" else (live, pipeline.portrait)
    return next((face for way in ways if (face := way(pixels)) is not None), None)
