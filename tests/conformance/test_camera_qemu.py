"""camera-v4l2 on a real Video4Linux2 device: the kernel's vivid, in a machine of our own."""

from __future__ import annotations

import sys

import pytest

from tests.support import qemu

pytestmark = [pytest.mark.whole, pytest.mark.qemu]

STUCK_S = 600.0
INSIDE = f"""
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
cd {qemu.ROOT}
modprobe vivid n_devs=1 node_types=0x1 || exit 90
exec {sys.executable} -m pytest -q -m qemu -rs -p no:cacheprovider --strict-markers \
    tests/conformance/test_camera_port.py tests/conformance/test_camera_v4l2.py
"""


def test_the_kernels_virtual_camera_keeps_every_rule_of_the_port() -> None:
    reason = qemu.missing()
    if reason:
        pytest.skip(reason)
    outcome = qemu.run(INSIDE, STUCK_S)
    assert outcome.status == 0, outcome.output
    assert "passed" in outcome.output
    assert "skipped" not in outcome.output, outcome.output
