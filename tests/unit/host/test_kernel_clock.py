"""What the kernel says of the clock: on this machine, and as it may say it elsewhere."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.contract.messages import ClockHealth
from edge.host.kernel_clock import STA_NANO, STA_UNSYNC, Discipline, Timex, discipline
from edge.management.health import _clock

COMPILER = shutil.which("cc")
TIME_OK, TIME_ERROR = 0, 5
STA_PLL = 0x0001
SPARE = 512
"""What a structure that is larger than ours would overwrite."""


@dataclass(slots=True)
class Kernel:
    """Answers `adjtimex` as it is told to, and keeps what it was asked to set."""

    answers: Callable[[Timex], int]
    asked: int = -1

    def adjtimex(self, pointer: Any) -> int:
        structure: Timex = pointer._obj  # what byref points to
        self.asked = structure.modes
        return self.answers(structure)


def saying(status: int, offset: int, maxerror: int, state: int = TIME_OK) -> Kernel:
    def answers(structure: Timex) -> int:
        structure.status, structure.offset, structure.maxerror = status, offset, maxerror
        return state

    return Kernel(answers)


# The structure


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
def test_the_structure_is_the_one_of_the_c_library(tmp_path: Path) -> None:
    names = [name for name, *_ in Timex._fields_ if name != "reserved"]
    places = "".join(f'printf("%zu ", offsetof(struct timex, {name}));' for name in names)
    (tmp_path / "layout.c").write_text(
        "#include <stddef.h>\n#include <stdio.h>\n#include <sys/timex.h>\n"
        f'int main(void) {{ printf("%zu %d %d ", sizeof(struct timex), STA_UNSYNC, STA_NANO);'
        f" {places} return 0; }}\n"
    )
    program = tmp_path / "layout"
    subprocess.run(  # noqa: S603
        [str(COMPILER), "-o", str(program), str(tmp_path / "layout.c")], check=True, timeout=60
    )
    said = subprocess.run([str(program)], capture_output=True, check=True, timeout=60)  # noqa: S603
    size, unsynchronised, nano, *offsets = map(int, said.stdout.split())
    assert (ctypes.sizeof(Timex), STA_UNSYNC, STA_NANO) == (size, unsynchronised, nano)
    assert [getattr(Timex, name).offset for name in names] == offsets


def test_the_kernel_writes_no_further_than_the_structure(tmp_path: Path) -> None:
    size = ctypes.sizeof(Timex)
    room = ctypes.create_string_buffer(b"\0" * size + b"\xa5" * SPARE, size + SPARE)
    state = ctypes.CDLL(None, use_errno=True).adjtimex(room)
    if state < 0:
        pytest.skip(f"adjtimex: {os.strerror(ctypes.get_errno())}")
    assert room.raw[size:] == b"\xa5" * SPARE
    found = Timex.from_buffer(room)
    assert (found.status & STA_UNSYNC != 0) or state != TIME_ERROR
    assert 9_000 <= found.tick <= 11_000, "microseconds a tick of 100 Hz: within a tenth"
    assert abs(found.time[0] - tmp_path.stat().st_mtime) < 86_400


def test_this_machine_says_something_plausible_or_nothing() -> None:
    found = discipline()
    if found is None:
        pytest.skip("the kernel may not be asked here")
    if found.synchronised:
        assert found.offset_s is not None
        assert found.max_error_s is not None
        assert abs(found.offset_s) <= 0.5  # what the kernel slews at most
        assert 0 <= found.max_error_s <= 16
    else:
        assert found == Discipline(synchronised=False)


# What it says


@pytest.mark.parametrize(
    ("status", "offset", "offset_s"),
    [(STA_PLL, -1_500, -0.0015), (STA_PLL | STA_NANO, 1_500_000, 0.0015), (0, 0, 0.0)],
)
def test_offset_and_error_are_in_seconds(status: int, offset: int, offset_s: float) -> None:
    kernel = saying(status, offset, maxerror=250_000)
    found = discipline(kernel)
    assert found is not None
    assert found.synchronised
    assert found.offset_s == pytest.approx(offset_s)
    assert found.max_error_s == pytest.approx(0.25)
    assert kernel.asked == 0, "it only reads"


def test_of_a_clock_nobody_sets_nothing_else_is_known() -> None:
    kernel = saying(STA_UNSYNC | STA_NANO, 1_000, 16_000_000, state=TIME_ERROR)
    assert discipline(kernel) == Discipline(synchronised=False)


def test_a_leap_second_under_way_is_no_error() -> None:
    found = discipline(saying(STA_PLL, 0, 1_000, state=3))  # TIME_OOP
    assert found is not None
    assert found.synchronised


# What health says


@pytest.mark.parametrize(
    "library",
    [
        pytest.param(Kernel(lambda _: -1), id="EPERM"),
        pytest.param(SimpleNamespace(), id="no such symbol"),
    ],
)
def test_a_kernel_that_may_not_be_asked_leaves_what_timesyncd_says(
    library: Any, tmp_path: Path
) -> None:
    def unknown(*, synchronised: bool | None) -> ClockHealth:
        return ClockHealth(synchronised=synchronised, offset_s=None, max_error_s=None)

    assert discipline(library) is None
    assert _clock(discipline(library), tmp_path / "none") == unknown(synchronised=None)
    assert _clock(discipline(library), tmp_path) == unknown(synchronised=False)
    (tmp_path / "synchronized").touch()
    assert _clock(discipline(library), tmp_path) == unknown(synchronised=True)


def test_the_kernel_knows_better_than_timesyncd(tmp_path: Path) -> None:
    (tmp_path / "synchronized").touch()
    assert _clock(Discipline(synchronised=False), tmp_path) == ClockHealth(
        synchronised=False, offset_s=None, max_error_s=None
    )
    assert _clock(Discipline(True, 0.002, 0.1), tmp_path / "none") == ClockHealth(
        synchronised=True, offset_s=0.002, max_error_s=0.1
    )
