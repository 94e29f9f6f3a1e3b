"""How alike two frames of one person are."""

from __future__ import annotations

import numpy as np
import pytest

from edge.face import FaceTemplate
from edge.face.pad.continuity import Continuity, Recognition


@pytest.mark.parametrize(
    ("similarity", "score"), [(0.4, -1.0), (0.475, 0.0), (0.55, 1.0), (0.3, -1.0), (0.9, 1.0)]
)
def test_between_two_people_and_one_the_cue_rises_with_the_similarity(
    similarity: float, score: float
) -> None:
    cue = Continuity(Recognition(same=0.55, other=0.4))
    across = np.sqrt(1 - similarity**2)
    for vector in ((1.0, 0.0), (similarity, across), (1.0, 0.0)):
        cue.see(FaceTemplate(np.array(vector, np.float32)))
    assert cue.cue().score == pytest.approx(score, abs=1e-5)
    assert cue.cue().certainty == 1


@pytest.mark.parametrize("same", [0.4, 0.39, np.nan])
def test_one_person_is_more_alike_than_two(same: float) -> None:
    with pytest.raises(ValueError, match="more similar than two"):
        Recognition(same=same, other=0.4)
