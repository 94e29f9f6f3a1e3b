"""The pose of a head from five points, against heads turned in space."""

from __future__ import annotations

import numpy as np
import pytest

from edge.face.pose import Pose, pose_of
from tests.support.face.heads import seen


def angles(pose: Pose) -> tuple[float, float, float]:
    return pose.yaw, pose.pitch, pose.roll


def test_the_mean_head_looks_straight() -> None:
    assert angles(pose_of(seen(0, 0, 0))) == pytest.approx((0, 0, 0), abs=1e-6)


@pytest.mark.parametrize("degrees", [-60.0, -35.0, -10.0, 10.0, 35.0, 60.0])
def test_each_angle_alone_is_itself(degrees: float) -> None:
    assert angles(pose_of(seen(degrees, 0, 0))) == pytest.approx((degrees, 0, 0), abs=1e-6)
    assert angles(pose_of(seen(0, degrees, 0))) == pytest.approx((0, degrees, 0), abs=1e-6)
    assert angles(pose_of(seen(0, 0, degrees))) == pytest.approx((0, 0, degrees), abs=1e-6)


@pytest.mark.parametrize("roll", [-30.0, 30.0])
def test_a_leaning_head_is_not_taken_for_a_turned_one(roll: float) -> None:
    assert angles(pose_of(seen(15, 0, roll))) == pytest.approx((15, 0, roll), abs=1e-6)
    assert angles(pose_of(seen(0, 15, roll))) == pytest.approx((0, 15, roll), abs=1e-6)


def test_angles_together_keep_their_signs() -> None:
    found = pose_of(seen(20, -12, 8))
    assert found.yaw == pytest.approx(20, abs=3)
    assert found.pitch == pytest.approx(-12, abs=3)
    assert found.roll == pytest.approx(8, abs=5)


@pytest.mark.parametrize("size", [0.01, 1.0, 20.0, 500.0])
def test_distance_does_not_count(size: float) -> None:
    assert pose_of(seen(25, 5, 5, size)).yaw == pytest.approx(pose_of(seen(25, 5, 5)).yaw)


def test_points_in_one_have_no_angle() -> None:
    assert angles(pose_of(np.full((5, 2), 300.0))) == (0, 0, 0)


def test_any_points_have_angles() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        found = pose_of(rng.normal(0, 100, (5, 2)))
        assert abs(found.yaw) <= 90
        assert abs(found.pitch) <= 90
        assert abs(found.roll) <= 180
