"""How alike two frames of one person are."""

from __future__ import annotations

import numpy as np
import pytest

from edge.face import FaceTemplate
from edge.face.pad.continuity import Continuity


@pytest.mark.parametrize(
    ("similarity", "score"), [(0.4, -1.0), (0.475, 0.0), (0.55, 1.0), (0.3, -1.0), (0.9, 1.0)]
)
def test_another_person_is_less_than_04_alike_and_the_same_one_more_than_055(
    similarity: float, score: float
) -> None:
    cue = Continuity()
    across = np.sqrt(1 - similarity**2)
    for vector in ((1.0, 0.0), (similarity, across), (1.0, 0.0)):
        cue.see(FaceTemplate(np.array(vector, np.float32)))
    assert cue.cue().score == pytest.approx(score, abs=1e-5)
    assert cue.cue().certainty == 1
