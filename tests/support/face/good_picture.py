"""A live picture that is good in every measure."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from edge.face import DetectedFace
from edge.face.alignment import align
from tests.support.face import faces
from tools.specimen.pictures import Crop

ANOTHER_LIVE = Crop("obama.jpg", (93, 0, 893, 600))


@cache
def good(crop: Crop = ANOTHER_LIVE) -> tuple[DetectedFace, NDArray[np.float32]]:
    """A good live picture, public domain: the face in it, and aligned."""
    pixels = np.asarray(faces.live(crop))
    found = faces.pipeline().observe(pixels).face
    assert found is not None
    return found, align(pixels, found.landmarks).transpose(1, 2, 0)
