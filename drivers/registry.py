"""Which class serves which `driver = "..."` in the configuration.

Names map to text, not to classes, so that a driver and what it needs are imported only on the
gate that has the device.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from edge.errors import SettingsError

DRIVERS: Mapping[str, str] = MappingProxyType(
    {
        "camera-files": "drivers.camera_files:FileCamera",
        "camera-picamera2": "drivers.camera_picamera2:RaspberryCamera",
        "camera-v4l2": "drivers.camera_v4l2:V4l2Camera",
        "camera-video": "drivers.camera_video:VideoCamera",
        "mrz-serial": "drivers.mrz_serial:SerialScanner",
        "pcsc": "drivers.pcsc:PcscReader",
        "virtual-camera": "drivers.virtual.camera:VirtualCamera",
        "virtual-depth": "drivers.virtual.depth:VirtualDepth",
        "virtual-gate": "drivers.virtual.gate:VirtualGate",
        "virtual-reader": "drivers.virtual.reader:VirtualReader",
        "virtual-scanner": "drivers.virtual.scanner:VirtualScanner",
    }
)


def load(name: str) -> Any:
    """Import the class for a driver name.

    Raises:
        SettingsError: there is no such driver, or something it needs is not installed.
    """
    if name not in DRIVERS:
        near = difflib.get_close_matches(name, DRIVERS, n=1)
        known = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(DRIVERS)}"
        raise SettingsError(f"unknown driver `{name}`; {known}")
    module, _, attribute = DRIVERS[name].partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"driver `{name}` needs {error.name}, which is not installed: make setup"
        ) from error
