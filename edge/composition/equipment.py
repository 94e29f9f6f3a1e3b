"""Picks the driver of every device, and puts each under supervision."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

from drivers import registry
from drivers.registry import Role
from edge.devices.lane_devices import Devices
from edge.devices.supervisor import Bounds, Supervised
from edge.settings.devices import DeviceSettings, DevicesSettings
from edge.settings.loader import validate

Driver: TypeAlias = Any  # the configuration names it; each role has a port of its own
CABINET: Final = Bounds(abandoned=0)
"""A call that comes back late may move doors: until then nobody else may."""


class Equipment:
    """The drivers of a lane.  Their options are judged now, the hardware is touched later.

    Raises, on construction:
        SettingsError: there is no such driver, it serves another role, real travellers cannot
            depend on it, or its options are wrong.
    """

    def __init__(self, devices: DevicesSettings, *, live: bool) -> None:
        self._devices = devices
        pick = partial(_driver, live=live)
        self._scanner = pick(Role.SCANNER, devices.scanner)
        self._reader = pick(Role.CHIP_READER, devices.chip_reader)
        self._camera = pick(Role.CAMERA, devices.camera)
        self._gate = pick(Role.GATE, devices.gate)
        self._depth = None if devices.depth is None else pick(Role.DEPTH, devices.depth)

    def supervised(self) -> Devices:
        """The devices, to be opened and kept open."""
        devices = self._devices
        return Devices(
            scanner=Supervised("scanner", devices.scanner.driver, self._scanner),
            reader=Supervised("chip-reader", devices.chip_reader.driver, self._reader),
            camera=Supervised("camera", devices.camera.driver, self._camera),
            gate=Supervised("gate", devices.gate.driver, self._gate, CABINET),
            depth=(
                Supervised("depth", devices.depth.driver, self._depth)
                if devices.depth is not None and self._depth is not None
                else None
            ),
        )


def _driver(role: Role, device: DeviceSettings, *, live: bool) -> Callable[[], Driver]:
    found = registry.load_for(role, device.driver, live=live)
    options = validate(found.Settings, device.options, f"devices.{role}")
    return partial(found, options)
