"""The class for each `driver = "..."` in the configuration.

Names map to text, not to classes: a driver and its libraries are imported only on a gate that has
the device.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias

from edge.errors import SettingsError

DriverClass: TypeAlias = Any  # the configuration names the class; tests/conformance knows its port


class Role(StrEnum):
    """The work of a device in a lane; its name under `[devices]`."""

    SCANNER = "scanner"
    CHIP_READER = "chip-reader"
    CAMERA = "camera"
    GATE = "gate"
    DEPTH = "depth"


@dataclass(frozen=True, slots=True)
class Entry:
    """One driver."""

    target: str
    """`module:class`."""
    role: Role
    live: bool = True
    """Whether it may serve real travellers: it reports what is there, not a recording."""


DRIVERS: Mapping[str, Entry] = MappingProxyType(
    {
        "camera-files": Entry("drivers.camera_files:FileCamera", Role.CAMERA, live=False),
        "camera-picamera2": Entry("drivers.camera_picamera2:RaspberryCamera", Role.CAMERA),
        "camera-v4l2": Entry("drivers.camera_v4l2:V4l2Camera", Role.CAMERA),
        "camera-video": Entry("drivers.camera_video:VideoCamera", Role.CAMERA, live=False),
        "mrz-serial": Entry("drivers.mrz_serial:SerialScanner", Role.SCANNER),
        "pcsc": Entry("drivers.pcsc:PcscReader", Role.CHIP_READER),
        "virtual-camera": Entry("drivers.virtual.camera:VirtualCamera", Role.CAMERA, live=False),
        "virtual-depth": Entry("drivers.virtual.depth:VirtualDepth", Role.DEPTH, live=False),
        "virtual-gate": Entry("drivers.virtual.gate:VirtualGate", Role.GATE, live=False),
        "virtual-reader": Entry(
            "drivers.virtual.reader:VirtualReader", Role.CHIP_READER, live=False
        ),
        "virtual-scanner": Entry(
            "drivers.virtual.scanner:VirtualScanner", Role.SCANNER, live=False
        ),
    }
)


def load(name: str) -> DriverClass:
    """Import the class for a driver name.

    Raises:
        SettingsError: there is no such driver, or a library of it is not installed.
    """
    module, _, attribute = _entry(name).target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"driver `{name}` needs {error.name}, which is not installed: make setup"
        ) from error


def load_for(role: Role, name: str, *, live: bool) -> DriverClass:
    """Import the class for a driver name in a role of a lane.

    Raises:
        SettingsError: as `load`; or it serves another role, or cannot serve real travellers.
    """
    found = _entry(name)
    if found.role is not role:
        fit = [each for each, entry in DRIVERS.items() if entry.role is role and entry.live]
        known = f"; drivers for it: {', '.join(fit)}" if fit else ""
        raise SettingsError(
            f"`devices.{role}`: driver `{name}` is for `devices.{found.role}`{known}"
        )
    if live and not found.live:
        raise SettingsError(
            f"`devices.{role}`: driver `{name}` is for training;"
            ' with `operation = "live"` name a real one'
        )
    return load(name)


def _entry(name: str) -> Entry:
    if name not in DRIVERS:
        near = difflib.get_close_matches(name, DRIVERS, n=1)
        known = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(DRIVERS)}"
        raise SettingsError(f"unknown driver `{name}`; {known}")
    return DRIVERS[name]
