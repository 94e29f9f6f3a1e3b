"""Picks the driver of every device, and puts each under supervision."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Self, TypeAlias

from drivers import registry
from drivers.registry import Role
from edge.devices.accepted_camera import FILE, Acceptance, AcceptedCamera
from edge.devices.cabinet import Cabinet
from edge.devices.lane_devices import Devices
from edge.devices.supervisor import Bounds, Supervised
from edge.settings.devices import DeviceSettings, DevicesSettings
from edge.settings.loader import validate
from edge.settings.tree import Settings

Driver: TypeAlias = Any  # the configuration names it; each role has a port of its own
CABINET_BOUNDS: Final = Bounds(abandoned=0)
"""A call that comes back late may move doors: until then nobody else may."""


class Equipment:
    """The drivers of a lane.  Their options are judged now, the hardware is touched later.

    Raises, on construction:
        SettingsError: there is no such driver, it serves another role, real travellers cannot
            depend on it, or its options are wrong.
    """

    def __init__(self, devices: DevicesSettings, accepted: AcceptedCamera | None) -> None:
        """`accepted` is None where no real travellers come."""
        self._devices = devices
        pick = partial(_driver, live=accepted is not None)
        self._scanner = pick(Role.SCANNER, devices.scanner)
        self._reader = pick(Role.CHIP_READER, devices.chip_reader)
        self._camera = kept_to(accepted, pick(Role.CAMERA, devices.camera))
        self._gate = pick(Role.GATE, devices.gate)
        self._depth = None if devices.depth is None else pick(Role.DEPTH, devices.depth)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The drivers that the settings of a gate name."""
        accepted = AcceptedCamera(settings.state_dir / FILE) if settings.live else None
        return cls(settings.devices, accepted)

    def supervised(self) -> Devices:
        """The devices, to be opened and kept open."""
        devices = self._devices
        return Devices(
            scanner=Supervised("scanner", devices.scanner.driver, self._scanner),
            reader=Supervised("chip-reader", devices.chip_reader.driver, self._reader),
            camera=Supervised("camera", devices.camera.driver, self._camera),
            gate=Supervised(
                "gate", devices.gate.driver, lambda: Cabinet(self._gate()), CABINET_BOUNDS
            ),
            depth=(
                Supervised("depth", devices.depth.driver, self._depth)
                if devices.depth is not None and self._depth is not None
                else None
            ),
        )


def kept_to(accepted: AcceptedCamera | None, build: Callable[[], Driver]) -> Callable[[], Driver]:
    """Make a camera that opens only if it is the accepted one; None: any camera opens."""
    return build if accepted is None else lambda: Acceptance(build(), accepted)


def _driver(role: Role, device: DeviceSettings, *, live: bool) -> Callable[[], Driver]:
    found = registry.load_for(role, device.driver, live=live)
    options = validate(found.Settings, device.options, f"devices.{role}")
    return partial(found, options)
