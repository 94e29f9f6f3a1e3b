"""The settings file of a gate: one frozen tree, refused as a whole when any part is wrong.

Relative paths are relative to the file that names them.
"""

from __future__ import annotations

import contextlib
import ipaddress
from datetime import UTC, tzinfo
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field

from edge.errors import SettingsError
from edge.gate.states import Topology
from edge.settings.chip import ChipSettings, Trust
from edge.settings.clock import ClockSettings, TimeZone
from edge.settings.commands import Commands
from edge.settings.delivery import Broker, JournalSettings
from edge.settings.devices import DevicesSettings
from edge.settings.face import FaceSettings, Models
from edge.settings.keys import Central, Keys
from edge.settings.loader import read_toml, resolved, validate
from edge.settings.screen import Screen
from edge.settings.section import Section
from edge.settings.simulation import Simulation
from edge.settings.statistics import ErrorRateSettings, StatisticsSettings

Name = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")


class Operation(StrEnum):
    """Whether real travellers pass here."""

    LIVE = "live"
    TRAINING = "training"


class Settings(Section):
    """The whole file."""

    site: str = Name
    device: str = Name
    operation: Operation
    topology: Topology = Topology.BARRIER
    time_zone: TimeZone | None = None
    """IANA name; every rule uses the civil date of the lane.  Required in live operation."""
    state_dir: Path
    policy: Path
    trust: Trust
    models: Models
    devices: DevicesSettings
    clock: ClockSettings = ClockSettings()
    chip: ChipSettings = ChipSettings()
    face: FaceSettings = FaceSettings()
    broker: Broker = Broker()
    commands: Commands = Commands()
    journal: JournalSettings = JournalSettings()
    keys: Keys = Keys()
    central: Central = Central()
    statistics: StatisticsSettings = StatisticsSettings()
    error_rates: ErrorRateSettings = ErrorRateSettings()
    screen: Screen | None = Screen()
    """None only when code sets it: a lane without pages, for simulations."""
    simulation: Simulation | None = None

    @property
    def live(self) -> bool:
        """Whether real travellers pass here."""
        return self.operation is Operation.LIVE

    @property
    def zone(self) -> tzinfo:
        """The time zone of the lane; UTC for a training lane that names none."""
        return UTC if self.time_zone is None else ZoneInfo(self.time_zone)

    @property
    def device_key(self) -> Path:
        """Where the device key is kept."""
        return self.keys.device or self.state_dir / "device-key.pem"


def load(path: Path) -> Settings:
    """Read a settings file; SettingsError names the file, the key and what to do."""
    settings = validate(Settings, read_toml(path), str(path))
    _refuse_contradictions(settings, path)
    return resolved(settings, path.resolve().parent)


def _refuse_contradictions(settings: Settings, path: Path) -> None:
    if settings.operation is Operation.TRAINING:
        return
    if settings.time_zone is None:
        raise SettingsError(
            f'{path}: `operation = "live"` needs `time_zone`, such as "America/Guatemala":'
            " expiry, age and stay count by the civil date of the lane"
        )
    if settings.simulation is not None:
        raise SettingsError(f'{path}: `[simulation]` needs `operation = "training"`')
    for role, device in settings.devices.named().items():
        if device.driver.startswith("virtual-"):
            raise SettingsError(
                f"{path}: `devices.{role.replace('_', '-')}`: driver `{device.driver}` is for "
                'training; with `operation = "live"` name a real one'
            )
    if settings.broker.tls is None and not _is_loopback(settings.broker.host):
        raise SettingsError(
            f'{path}: `operation = "live"` needs `[broker.tls]`, unless the broker is on 127.0.0.1'
        )


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
