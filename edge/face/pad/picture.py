"""Cues of one picture: it can look made, but never prove a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.face.pad import grid, texture
from edge.face.pad.cue import Cue, CueName
from edge.face.pad.liveness import only_face
from edge.face.pipeline import Observation


def cues_of_picture(
    pixels: NDArray[np.uint8], observation: Observation, network: texture.Network | None
) -> tuple[Cue, ...]:
    """The cues that need no second frame, of a picture [H, W, 3] RGB and its observation.

    Each is as certain as one frame of the number it needs of a film.  No cues without a face, with
    several, or with one that is too small.
    """
    face = only_face(observation)
    if face is None:
        return ()
    wave, surface = grid.Grid(), texture.Texture(network)
    wave.see(pixels, face)
    surface.see(pixels, face)
    return (
        Cue.unknown(CueName.TEXTURE)
        if network is None
        else Cue.of(CueName.TEXTURE, surface.score, 1 / texture.LEAST_SEEN),
        Cue.of(CueName.GRID, wave.score, 1 / grid.LEAST_FRAMES),
    )
