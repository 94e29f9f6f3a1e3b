"""Faces in decoded pictures, looked for as the gate looks for them."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.face import Face, FacePipeline
from edge.face.pipeline import PORTRAIT_MARGIN
from edge.models import ModelStore, Network

Side: TypeAlias = Literal["portrait", "live"]
"""The chip's portrait, or a picture of the camera."""
DETECTOR: Final = "yunet"
EMBEDDER: Final = "sface"


class Networks:
    """The networks of the manifest, loaded once; a pipeline for every thread that asks."""

    def __init__(self, store: ModelStore) -> None:
        self.identities = store.identities(DETECTOR, EMBEDDER)
        self.thresholds = store.manifest.models[EMBEDDER].thresholds
        """False match rate to score, as measured."""
        self._store = store
        self._detector: Network = store.network(DETECTOR)
        self._embedder: Network = store.network(EMBEDDER)

    def threshold(self, rate: str) -> float:
        """The least score that is a match; SettingsError when the rate was never measured."""
        return self._store.threshold(EMBEDDER, rate)

    def pipeline(self) -> FacePipeline:
        """A pipeline for one thread."""
        return FacePipeline(self._detector, self._embedder)


def acquire(pipeline: FacePipeline, pixels: NDArray[np.uint8], side: Side) -> Face | None:
    """The largest face, looked for as the gate does on that side, then as it does on the other."""
    ways = (_of_portrait, _of_live) if side == "portrait" else (_of_live, _of_portrait)
    return next((face for way in ways if (face := way(pipeline, pixels)) is not None), None)


def _of_portrait(pipeline: FacePipeline, pixels: NDArray[np.uint8]) -> Face | None:
    faces = pipeline.detect(pixels, PORTRAIT_MARGIN)
    return max(faces, key=lambda each: each.area, default=None)


def _of_live(pipeline: FacePipeline, pixels: NDArray[np.uint8]) -> Face | None:
    return pipeline.observe(pixels).face
