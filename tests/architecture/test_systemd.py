"""The unit is one systemd accepts, and shuts the daemon in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.some import replaced

UNIT = Path(__file__).parents[2] / "systemd/egated.service"
ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSED = 21
"""Tenths; systemd calls up to 49 `OK`.  A gate cannot do without devices and the network, and reads
how its clock is set by the calls that could set it."""

pytestmark = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [str(ANALYZE), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    program = tmp_path / "egated"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = UNIT.read_text(encoding="utf-8")
    copy = tmp_path / UNIT.name
    copy.write_text(replaced(text, "/opt/egate/.venv/bin/egated", str(program)))
    found = analyze("verify", str(copy))
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_it_is_as_shut_in_as_a_gate_can_be() -> None:
    found = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(UNIT))
    assert found.returncode == 0, found.stdout


def test_it_may_read_how_the_clock_is_set_and_never_set_it() -> None:
    """A call that no filter lists ends the daemon; without the capability it only reads."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    assert "SystemCallFilter=adjtimex clock_adjtime clock_adjtime64" in lines
    assert "ProtectClock=yes" not in lines
    assert {"CapabilityBoundingSet=", "AmbientCapabilities=", "NoNewPrivileges=yes"} <= set(lines)


def test_a_gate_that_does_not_end_is_ended() -> None:
    assert "\nTimeoutStopSec=45\n" in UNIT.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "line",
    ["LimitCORE=0", "LimitMEMLOCK=infinity", "MemorySwapMax=0", "MemoryDenyWriteExecute=yes"],
)
def test_nothing_is_dumped_or_swapped(line: str) -> None:
    assert f"\n{line}\n" in UNIT.read_text(encoding="utf-8")
