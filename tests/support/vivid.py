"""The kernel's virtual camera (vivid), inside the machine that tests/support/qemu.py boots."""

from __future__ import annotations

import time
from pathlib import Path

DRIVER = Path("/sys/bus/platform/drivers/vivid")
DEVICE = "vivid.0"
STUCK_S = 60.0


def missing() -> str:
    """What is not there for a test on vivid; empty when all is."""
    if not DRIVER.exists():
        return "no vivid here: tests/conformance/test_camera_qemu.py boots a kernel that has it"
    return ""


def path() -> Path:
    """Its first capturing device."""
    names = sorted(each.name for each in (DRIVER / DEVICE / "video4linux").glob("video*"))
    return Path("/dev") / names[0]


def unbind() -> None:
    """Unplug it; who has it open finds out."""
    if (DRIVER / DEVICE).exists():
        (DRIVER / "unbind").write_text(DEVICE)


def bind() -> None:
    """Plug it in again; return once its device can be opened."""
    if not (DRIVER / DEVICE).exists():
        (DRIVER / "bind").write_text(DEVICE)
    deadline_s = time.monotonic() + STUCK_S
    while not path().exists():
        assert time.monotonic() < deadline_s, "vivid has no device"
