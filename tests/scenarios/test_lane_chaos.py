"""Accidents around a real daemon, those that say most: `make chaos` has all of them.

The daemon is a process of its own, and so is the storm: each has its signals and its card service.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import mosquitto
from tests.support.egated import ROOT
from tools.simulation import card_service, small_disk

STUCK_S = 900.0
TELLING = ("card service stuck", "clock forth until a power cut")
INODES = "no inodes at the start"
pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.pcscd,
    mosquitto.needed,
    pytest.mark.skipif(bool(card_service.missing()), reason=card_service.missing()),
]


@pytest.fixture(autouse=True)
def _disk_of_our_own() -> None:
    if why := small_disk.missing():
        pytest.skip(why)


def storm(folder: Path, *names: str) -> subprocess.Popen[str]:
    options = ["--rounds", "1", "--json", "--state", str(folder), "--back-within", "119"]
    only = [word for name in names for word in ("--only", name)]
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tools.chaos", *options, *only],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_gate_comes_back_opens_for_nobody_wrong_and_loses_nothing(tmp_path: Path) -> None:
    can_mount = not small_disk.missing()
    names = (*TELLING, INODES) if can_mount else TELLING
    with storm(tmp_path, *names) as process:
        told, said = process.communicate(timeout=STUCK_S)
    verdict = json.loads(told)
    assert verdict["holds"], f"{told}\n{said}"
    assert process.returncode == 0
    assert {row["accident"]: row["seen"] for row in verdict["accidents"]} == dict.fromkeys(names, 1)
    (lane,) = verdict["lanes"]
    assert lane["passed"] > len(names)  # one before anything broke
    assert lane["starts"] > 1 + can_mount  # a power cut; a stop, and starts without an inode


def test_ctrl_c_ends_it_in_good_order(tmp_path: Path) -> None:
    with storm(tmp_path, "camera stuck") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "camera stuck" in line:
                break
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=STUCK_S)
    assert process.returncode == 130
    assert json.loads(told)["holds"] is False
    assert str(tmp_path) not in Path("/proc/mounts").read_text(encoding="utf-8")
    assert '"service_stopped"' in (tmp_path / "lanes/lane-1/egated.log").read_text(encoding="utf-8")
