"""File descriptors: all the process may have, and the last ones for the core."""

from __future__ import annotations

import resource
import subprocess
import sys

from edge.host.descriptors import CORE, is_for_the_core

RAISED = """
import resource
from edge.host.descriptors import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
print(raise_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_the_gate_takes_all_it_may_have() -> None:
    said = subprocess.run([sys.executable, "-c", RAISED], check=True, capture_output=True)  # noqa: S603
    assert said.stdout.split() == [b"200"] * 3


def test_the_last_ones_are_the_cores() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert not is_for_the_core(soft - CORE - 1)
    assert is_for_the_core(soft - CORE)
