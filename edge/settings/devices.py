"""`[devices]`: which driver serves each role of a lane."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from edge.settings.section import Section


class DeviceSettings(BaseModel):
    """`[devices.ROLE]`: which driver serves the role; the other keys are the driver's."""

    model_config = ConfigDict(extra="allow", frozen=True)
    driver: str

    @property
    def options(self) -> dict[str, object]:
        """The keys meant for the driver."""
        return dict(self.__pydantic_extra__ or {})

    @property
    def rotate(self) -> int:
        """Degrees, clockwise, by which a camera's driver turns its pictures."""
        found = self.options.get("rotate", 0)
        return found if isinstance(found, int) else 0


class DevicesSettings(Section):
    """`[devices]`: every role a lane has."""

    scanner: DeviceSettings
    chip_reader: DeviceSettings = Field(alias="chip-reader")
    camera: DeviceSettings
    gate: DeviceSettings
    depth: DeviceSettings | None = None
    """Optional depth sensor; a lane that names one does not serve without it."""

    def named(self) -> dict[str, DeviceSettings]:
        """The named devices, by role."""
        return {role: device for role, device in self if device is not None}
