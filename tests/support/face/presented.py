"""Presentations for tests: performers of the virtual lane, watched by what the gate runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.performance import Act, Performer
from edge.face import DetectedFace, Observation
from edge.face.pad import Asking, CueName, Means, Weights
from edge.face.pad.texture import Network
from edge.inference.models import ModelStore
from tests.support.face.faces import ROOT, WEIGHTS, live, pipeline
from tools.evaluation.pad.presentation import Outcome, rendered
from tools.specimen import pictures

FRAMES_PER_S = 10.0
CROPS = (pictures.FIRST_LIVE, pictures.SECOND_LIVE)


@cache
def store() -> ModelStore:
    return ModelStore(ROOT / "models/manifest.toml", WEIGHTS)


@cache
def weights() -> Weights:
    pad = store().manifest.pad
    assert pad is not None
    return pad.weights()


@cache
def texture() -> Network:
    return store().network("minifas")


def dice(seed: int = 0) -> Callable[[int], bytes]:
    return np.random.default_rng(seed).bytes


def means(asking: Asking = Asking.IN_DOUBT, seed: int = 0, network: bool = True) -> Means:
    recognition = store().manifest.comparison.recognition
    return Means(weights(), recognition, texture() if network else None, dice(seed), asking, 3.0)


def performer(act: Act, crop: pictures.Crop = pictures.FIRST_LIVE, seed: int = 0) -> Performer:
    return Performer(act, np.asarray(live(crop)), np.array(crop.landmarks), seed)


@cache
def presented(
    act: Act,
    crop: pictures.Crop = pictures.FIRST_LIVE,
    seed: int = 0,
    asking: Asking = Asking.IN_DOUBT,
    unheard: frozenset[CueName] = frozenset(),
) -> Outcome:
    """The whole presentation, prompts and all; `unheard` cues have no weight."""
    found = means(asking, seed)
    cues = {name: weight for name, weight in found.weights.cues.items() if name not in unheard}
    heard = replace(found, weights=replace(found.weights, cues=cues), answer_s=1.5)
    return rendered(performer(act, crop, seed), pipeline(), heard, FRAMES_PER_S)


@cache
def sequence(
    act: Act, seed: int = 0, count: int = 16
) -> list[tuple[NDArray[np.uint8], DetectedFace]]:
    """Frames with the face in each; the same for every test."""
    shown = performer(act, seed=seed)
    frames = [shown.frame(number / FRAMES_PER_S) for number in range(count)]
    found = []
    for frame in frames:
        face = pipeline().observe(frame).face
        assert face is not None
        found.append((frame, face))
    return found


def observation(face: DetectedFace | None, faces: int = 1) -> Observation:
    return Observation(faces if face is not None else 0, face, None, {"pose": 100})
