"""The orders that a lane under accidents obeys: its cables and its clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from drivers.virtual.stage import Stage
from edge.errors import DeviceLost
from tools.chaos.lane_process import SettableClock, obey


def test_a_cable_is_pulled_and_plugged_in_again() -> None:
    where = Stage()
    obey("unplug camera\n", where, SettableClock())
    with pytest.raises(DeviceLost):
        where.require_plugged("camera")
    obey("plug camera\n", where, SettableClock())
    where.require_plugged("camera")


def test_a_device_that_hangs_returns_again() -> None:
    where = Stage()
    for order in ("jam camera", "release camera"):
        obey(order, where, SettableClock())
    where.require_plugged("camera")


def test_the_clock_is_wrong_by_what_it_is_told() -> None:
    clock = SettableClock()
    before = datetime.now(UTC)  # noqa: TID251  # what the clock begins with
    obey("clock -3600.0", Stage(), clock)
    assert clock() < before
    obey("clock 0", Stage(), clock)
    assert before <= clock() < before + timedelta(hours=1)


@pytest.mark.parametrize("order", ["", "unplug", "dance camera", "clock later"])
def test_what_is_no_order_is_an_error(order: str) -> None:
    with pytest.raises(ValueError, match=r"no order|could not convert"):
        obey(order, Stage(), SettableClock())
