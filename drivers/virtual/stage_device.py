"""The common part of virtual devices: the name of their stage, and a cable."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from drivers.virtual.stage import stage
from edge.ports import Closeable


class StageSettings(BaseModel):
    """Settings of a device on a stage: the drivers of one lane name the same stage."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    stage: str = "lane"


class StageDevice(Closeable):
    """A device on a stage.  The simulator plugs and unplugs it by its role."""

    ROLE: ClassVar[str]

    def __init__(self, settings: StageSettings) -> None:
        self._stage = stage(settings.stage)

    @override
    def __enter__(self) -> Self:
        self.probe()
        return self

    @override
    def close(self) -> None:
        """Release nothing: there is only memory."""

    def probe(self) -> None:
        """Raise DeviceLost while the simulator has unplugged the device."""
        self._stage.require_plugged(self.ROLE)
