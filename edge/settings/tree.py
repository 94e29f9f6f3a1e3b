"""Settings: a frozen tree from one TOML file, refused as a whole when any part is wrong.

Relative paths are relative to the file that names them.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from edge.border.policy import Policy, Requirement
from edge.checks import CheckId
from edge.contract.signature import KeyKind
from edge.errors import SettingsError
from edge.face.pad import Asking
from edge.gate.states import Topology
from edge.settings.delivery import Broker, JournalSettings
from edge.settings.section import Section

Name = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
LARGEST_FILE_BYTES = 1_000_000


class Operation(StrEnum):
    """Whether real travellers pass here."""

    LIVE = "live"
    TRAINING = "training"


class DeviceSettings(BaseModel):
    """`[devices.ROLE]`: which driver serves the role; the other keys are the driver's."""

    model_config = ConfigDict(extra="allow", frozen=True)
    driver: str

    @property
    def options(self) -> dict[str, Any]:
        """The keys meant for the driver."""
        return dict(self.__pydantic_extra__ or {})


class DevicesSettings(Section):
    """`[devices]`: every role a lane has."""

    scanner: DeviceSettings
    chip_reader: DeviceSettings = Field(alias="chip-reader")
    camera: DeviceSettings
    gate: DeviceSettings
    depth: DeviceSettings | None = None
    """Looks where the camera looks; a lane that names one needs it."""

    def named(self) -> dict[str, DeviceSettings]:
        """The roles there are, with their devices."""
        return {role: device for role, device in self if device is not None}


class Trust(Section):
    """`[trust]`: files or folders with CSCA certificates."""

    anchors: tuple[Path, ...] = Field(min_length=1)


class Models(Section):
    """`[models]`: the manifest, which says how faces are compared, and the weights it names."""

    manifest: Path
    weights: Path


class ChipSettings(Section):
    """`[chip]`: how patiently a chip is read."""

    wait_s: float = Field(default=3.0, gt=0, le=30)
    patience_s: float = Field(default=20.0, gt=0, le=60)
    extended_length: bool = True
    bac_after_pace: bool = False
    """Read a chip whose PACE fails by BAC all the same.  Then chip.access is undetermined, which
    refers the traveller (R-CHIP-DOWNGRADE) unless the policy makes that check `not_failed`."""
    accept_sha1: bool = True
    """Whether a document counts whose signature rests on SHA-1, as old ones do; if not,
    chip.sod_signature fails."""


class FaceSettings(Section):
    """`[face]`: how patiently a face is captured."""

    patience_s: float = Field(default=10.0, gt=0, le=60)
    frames: int = Field(default=3, ge=1, le=100)
    """Usable frames to see before the best of them is compared."""
    asking: Asking = Asking.IN_DOUBT
    """When a traveller is asked to turn the head a little: `never`, `in_doubt` or `always`."""
    answer_s: float = Field(default=4.0, gt=0, le=20)
    """How long a traveller has for each such movement."""


class Keys(Section):
    """`[keys]`: what this gate signs with."""

    device: Path | None = None
    """PEM, PKCS #8; default: `device-key.pem` in the state directory.  Made where there is none."""
    kind: KeyKind = KeyKind.ED25519
    """What is made."""


class Central(Section):
    """`[central]`: the central system's public keys."""

    keys: Path | None = None
    """A JWK Set.  Keys with `"use": "enc"` seal what identifies a traveller; without one, none of
    that leaves the gate.  Keys with `"use": "sig"` may sign commands."""


class Commands(Section):
    """`[commands]`: what commands of the central system may do to this computer."""

    reboot: tuple[str, ...] = Field(default=("systemctl", "reboot"), min_length=1)
    """The program that restarts it, and its arguments; in training none is run."""


class StatisticsSettings(Section):
    """`[statistics]`: what the gate publishes of its passages by the hour."""

    suppress_below: int = Field(default=5, ge=3, le=1000)
    """Smaller counts are hidden, and what they could be computed from."""


class Screen(Section):
    """`[screen]`: where the pages are served."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    language: str = "en"
    preview: Literal["off", "local", "network"] = "local"
    """Who may see the camera's live picture on the technician's page, while no traveller is served:
    nobody, this machine, or whoever reaches the page."""

    @field_validator("host")
    @classmethod
    def _is_address(cls, value: str) -> str:
        ipaddress.ip_address(value)
        return value


class Simulation(Section):
    """`[simulation]`: training only; who walks through the virtual lane."""

    specimens: Path
    stage: str = "lane"
    broker: bool = True
    """Start the broker that comes with the virtual lane."""
    central: bool = True
    """With that broker, start the central system that comes with it and acknowledges every event;
    without it, events wait until another one does: `make central`."""
    repeat: str = ""
    """Send this traveller again and again until somebody picks one."""
    repeat_every_s: float = Field(default=20.0, ge=1)


class Settings(Section):
    """The whole file."""

    site: str = Name
    device: str = Name
    operation: Operation
    topology: Topology = Topology.BARRIER
    state_dir: Path
    policy: Path
    trust: Trust
    models: Models
    devices: DevicesSettings
    chip: ChipSettings = ChipSettings()
    face: FaceSettings = FaceSettings()
    broker: Broker = Broker()
    commands: Commands = Commands()
    journal: JournalSettings = JournalSettings()
    keys: Keys = Keys()
    central: Central = Central()
    statistics: StatisticsSettings = StatisticsSettings()
    screen: Screen | None = Screen()
    """None only where code says so: a lane without pages, for simulations."""
    simulation: Simulation | None = None

    @property
    def device_key(self) -> Path:
        """Where the device key is kept."""
        return self.keys.device or self.state_dir / "device-key.pem"


class PolicyFile(Section):
    """The policy file, before it becomes an `edge.border.policy.Policy`."""

    version: str = Field(min_length=1, max_length=64)
    false_match_rate: str
    minimum_age: int = Field(ge=0, le=120)
    nationalities: frozenset[str] = frozenset()
    document_codes: frozenset[str] = frozenset()
    checks: Mapping[CheckId, Requirement]


M = TypeVar("M", bound=BaseModel)


def load(path: Path) -> Settings:
    """Read a settings file; SettingsError names the file, the key and what to do."""
    settings = validate(Settings, tomllib_of(path), str(path))
    _refuse_contradictions(settings, path)
    return _resolved(settings, path.resolve().parent)


def load_policy(path: Path) -> Policy:
    """Read a policy file; SettingsError names the file, the key and what to do."""
    content = _read(path)
    file = validate(PolicyFile, _toml(content, path), str(path))
    return Policy(
        version=file.version,
        digest=hashlib.sha256(content).hexdigest(),
        requirements=MappingProxyType(dict(file.checks)),
        false_match_rate=file.false_match_rate,
        minimum_age=file.minimum_age,
        nationalities=file.nationalities,
        document_codes=file.document_codes,
    )


def validate(model: type[M], data: Mapping[str, Any], source: str) -> M:
    """Validate data; SettingsError tells in one line the first thing to mend."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # A misspelt key is also a missing one: name the misspelling.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        raise SettingsError(f"{source}: {_explain(first, model)}") from None


def tomllib_of(path: Path) -> dict[str, Any]:
    """Read a TOML file; SettingsError when it is missing or not TOML."""
    return _toml(_read(path), path)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}): check the path, and who may read it"
        ) from error
    if len(content) > LARGEST_FILE_BYTES:
        raise SettingsError(f"{path} is larger than a configuration file can be")
    return content


def _toml(content: bytes, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} is not a TOML file: {error}") from None


def _explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"key `{key}` is missing"
    if error["type"] != "extra_forbidden":
        reason = error.get("ctx", {}).get("error") or error["msg"].lower()
        return f"key `{key}`: {reason}" if key else str(reason)
    near = difflib.get_close_matches(str(error["loc"][-1]), _keys(model, error["loc"][:-1]), n=1)
    return f"unknown key `{key}`" + (f"; did you mean `{near[0]}`?" if near else "")


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys a table may have, at a location inside a model."""
    for part in location:
        if isinstance(part, int):
            continue  # one of a list of tables, all alike
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
        tables = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        if not tables:
            return []
        model = tables[0]
    return [field.alias or name for name, field in model.model_fields.items()]


def _refuse_contradictions(settings: Settings, path: Path) -> None:
    if settings.operation is Operation.TRAINING:
        return
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


def _resolved(section: M, folder: Path) -> M:
    """Make every path of a tree absolute."""
    return section.model_copy(
        update={
            name: _resolve(getattr(section, name), folder) for name in type(section).model_fields
        }
    )


def _resolve(value: Any, folder: Path) -> Any:
    match value:
        case Path():
            return Path(os.path.normpath(folder / value))
        case tuple():
            return tuple(_resolve(item, folder) for item in value)
        case Section():
            return _resolved(value, folder)
        case _:
            return value
