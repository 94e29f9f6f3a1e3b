"""Everything is killed at random, and every event is stored exactly once: the short storm.

`make chaos` is the long one: 20,000 events of 50 gates.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import mosquitto
from tools.fleet.chaos import Chaos, Storm


@pytest.mark.mosquitto
@mosquitto.needed
def test_a_storm_loses_nothing(tmp_path: Path) -> None:
    seed = int.from_bytes(os.urandom(4))
    verdict = Chaos(tmp_path, Storm(gates=10, events=600, seed=seed), print).run()
    assert verdict.holds, f"--seed {seed}\n{verdict.words()}"
    assert verdict.audit.gates == 10
    assert verdict.audit.written >= 600
