"""A driver serves one role, and real travellers only where it reports what is there."""

from __future__ import annotations

import pytest

from drivers.registry import DRIVERS, Role, load_for
from edge.errors import SettingsError

MISFITS = [
    (name, role) for name, entry in DRIVERS.items() for role in Role if role is not entry.role
]


@pytest.mark.parametrize(("name", "role"), MISFITS)
def test_a_driver_in_the_wrong_role_is_refused(name: str, role: Role) -> None:
    with pytest.raises(SettingsError, match=f"`devices.{role}`: driver `{name}` is for"):
        load_for(role, name, live=False)


def test_the_refusal_names_drivers_that_fit() -> None:
    with pytest.raises(SettingsError, match="drivers for it: camera-picamera2, camera-v4l2"):
        load_for(Role.CAMERA, "pcsc", live=True)


@pytest.mark.parametrize(
    "name",
    [
        *("camera-files", "camera-video", "virtual-camera", "virtual-depth"),
        *("virtual-gate", "virtual-reader", "virtual-scanner"),
    ],
)
def test_what_plays_or_pretends_serves_no_real_travellers(name: str) -> None:
    with pytest.raises(SettingsError, match='for training; with `operation = "live"`'):
        load_for(DRIVERS[name].role, name, live=True)
