"""What every depth sensor keeps: a map of a face or none, in time, and lost when unplugged."""

from __future__ import annotations

import time

import numpy as np
import pytest

from drivers.virtual.depth import VirtualDepth
from drivers.virtual.performance import Act
from drivers.virtual.stage import Stage, stage
from drivers.virtual.traveller import Traveller
from edge.errors import DeviceLost
from edge.face.pad.depth import Depth
from edge.ports import DepthMap
from tests.support.face.faces import live, pipeline
from tools.specimen import pictures

SOON_S = 5.0


def lane(act: Act, name: str) -> tuple[Stage, VirtualDepth]:
    crop = pictures.FIRST_LIVE
    photograph = np.asarray(live(crop))
    where = stage(f"depth of {name}")
    where.come(
        Traveller(name, (), None, (photograph,), landmarks=np.array(crop.landmarks), act=act)
    )
    return where, VirtualDepth(VirtualDepth.Settings(stage=f"depth of {name}", maps_per_s=120))


def next_map(sensor: VirtualDepth) -> DepthMap:
    found = sensor.capture(SOON_S)
    assert found is not None
    return found


@pytest.mark.parametrize(("act", "expected"), [(Act.LIVE, 1.0), (Act.PHOTO, -1.0)])
def test_a_head_is_told_from_a_picture(act: Act, expected: float) -> None:
    _, sensor = lane(act, act.value)
    frame = np.asarray(live(pictures.FIRST_LIVE))
    face = pipeline().observe(frame).face
    assert face is not None
    cue = Depth()
    with sensor:
        for _ in range(4):
            cue.see(next_map(sensor).metres, face, (frame.shape[0], frame.shape[1]))
    assert cue.cue().score == pytest.approx(expected, abs=0.5)


def test_maps_come_one_after_the_other_and_in_time() -> None:
    _, sensor = lane(Act.LIVE, "order")
    with sensor:
        times = [next_map(sensor).taken_s for _ in range(4)]
        began_s = time.monotonic()
        sensor.capture(0.0)
    assert times == sorted(times)
    assert began_s >= times[-1]


def test_nothing_of_the_face_in_the_representation() -> None:
    _, sensor = lane(Act.LIVE, "words")
    with sensor:
        assert repr(next_map(sensor)) == "DepthMap(<redacted> 160x120)"


def test_where_nobody_stands_there_is_no_map() -> None:
    where, sensor = lane(Act.LIVE, "nobody")
    where.go()
    with sensor:
        assert sensor.capture(0.01) is None


def test_an_unplugged_sensor_is_lost_and_comes_back() -> None:
    where, sensor = lane(Act.LIVE, "cable")
    with sensor:
        where.unplug("depth")
        with pytest.raises(DeviceLost):
            sensor.probe()
        with pytest.raises(DeviceLost):
            sensor.capture(SOON_S)
    where.plug("depth")
    with sensor:
        next_map(sensor)
