"""Whatever the detector says it found, and whatever the frames are: never live."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from edge.face import DetectedFace, Observation
from edge.face.pad import Liveness, PadVerdict
from edge.face.pad.cue import Cue
from tests.support.examples import examples
from tests.support.face.presented import means

numbers = st.floats(width=32, allow_nan=True, allow_infinity=True)
near = st.floats(-800, 800, width=32)
faces = st.builds(
    DetectedFace,
    arrays(np.float32, 4, elements=st.one_of(near, numbers)),
    arrays(np.float32, (5, 2), elements=st.one_of(near, numbers)),
    st.just(0.9),
)
small = st.tuples(st.integers(32, 90), st.integers(32, 90), st.just(3))
pictures = small.flatmap(lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 255)))
depths = st.none() | arrays(np.float32, (24, 32), elements=numbers)


@examples(25)
@given(
    st.lists(faces, min_size=1, max_size=4),
    pictures,
    depths,
    st.lists(st.floats(0, 3), min_size=1, max_size=4),
)
def test_garbage_is_never_live(
    found: list[DetectedFace],
    picture: NDArray[np.uint8],
    depth: NDArray[np.float32] | None,
    waits_s: list[float],
) -> None:
    liveness = Liveness(means(network=False))
    now_s = 0.0
    for number in range(24):
        now_s += waits_s[number % len(waits_s)]
        face = found[number % len(found)]
        liveness.see(picture, Observation(1, face, None, {}), now_s, depth)
    assert liveness.conclude() is not PadVerdict.LIVE
    assert all(isinstance(cue, Cue) for cue in liveness.cues())
    liveness.wipe()
