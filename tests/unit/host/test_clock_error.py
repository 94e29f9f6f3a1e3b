"""The error of a clock grows from when it was last synchronised, and is unknown when it was set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.host.clock_error import AS_TIMESYNC_SETS_S, DRIFT, ClockError
from edge.host.kernel_clock import Discipline

DAY_S = 86_400.0
SYNCHRONISED = Discipline(synchronised=True, offset_s=-0.002, max_error_s=0.01)
ALONE = Discipline(synchronised=False)


@dataclass
class Computer:
    """A computer with a clock, of which the kernel says something."""

    said: Discipline | None = ALONE
    boot_s: float = 10.0
    wall_s: float = 1_800_000_000.0
    timesync: Path = Path("/nowhere")

    def passes(self, seconds: float, drift: float = 0.0) -> None:
        self.boot_s += seconds
        self.wall_s += seconds * (1 + drift)

    def error(self, hardware_s: float | None = None) -> ClockError:
        return ClockError(
            hardware_s,
            asked=lambda: self.said,
            boot_s=lambda: self.boot_s,
            wall_s=lambda: self.wall_s,
            timesync=self.timesync,
        )


def test_a_computer_without_a_battery_after_a_power_cut_does_not_know() -> None:
    assert Computer().error().bound_s() is None


def test_a_clock_with_a_battery_has_the_bound_of_the_configuration() -> None:
    assert Computer().error(hardware_s=300.0).bound_s() == 300.0


def test_a_synchronised_clock_has_the_bound_of_the_kernel() -> None:
    assert Computer(SYNCHRONISED).error().bound_s() == pytest.approx(0.012)


def test_the_error_grows_while_nothing_synchronises() -> None:
    computer = Computer(SYNCHRONISED)
    error = computer.error(hardware_s=0.0)
    error.bound_s()
    computer.said = ALONE
    computer.passes(30 * DAY_S, drift=DRIFT)
    assert error.bound_s() == pytest.approx(30 * DAY_S * DRIFT + 0.012)


@pytest.mark.parametrize("step_s", [-3600.0, 400 * DAY_S, -120.0])
def test_a_clock_that_somebody_set_is_not_believed(step_s: float) -> None:
    computer = Computer(SYNCHRONISED)
    error = computer.error(hardware_s=300.0)
    error.bound_s()
    computer.said = ALONE
    computer.passes(3600.0)
    computer.wall_s += step_s
    assert error.bound_s() is None
    computer.said = SYNCHRONISED
    assert error.bound_s() == pytest.approx(0.012)


@pytest.mark.parametrize("step_s", [-3600.0, 400 * DAY_S, -120.0])
def test_a_clock_with_a_battery_that_somebody_set_is_not_believed(step_s: float) -> None:
    computer = Computer()
    error = computer.error(hardware_s=300.0)
    assert error.bound_s() == 300.0
    computer.passes(DAY_S, drift=DRIFT / 2)
    assert error.bound_s() == 300.0
    computer.wall_s += step_s
    assert error.bound_s() is None
    computer.wall_s -= step_s
    assert error.bound_s() == 300.0
    computer.wall_s += step_s
    computer.said = SYNCHRONISED
    assert error.bound_s() == pytest.approx(0.012)


def test_where_the_kernel_may_not_be_asked_timesyncd_leaves_a_file(tmp_path: Path) -> None:
    computer = Computer(None, timesync=tmp_path / "synchronized")
    assert computer.error().bound_s() is None
    computer.timesync.touch()
    assert computer.error().bound_s() == AS_TIMESYNC_SETS_S
