"""The data and keys of a virtual chip, and their form on disk: one folder for each chip."""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import override

from drivers.virtual.chip.agreement_secret import AgreementSecret
from drivers.virtual.chip.quirks import NO_QUIRKS, Quirks
from drivers.virtual.chip.static_key import StaticKey
from edge.emrtd.files import ElementaryFile
from edge.errors import SettingsError
from edge.files.reading import read_named

LARGEST_FILE: Final = 1 << 20
"""Most bytes of a file on disk: more than a gate accepts, so that tests can exceed its limit."""

_SETTINGS: Final = "chip.toml"
_ACTIVE_AUTH_KEY: Final = "active_auth_key.der"
_CHIP_AUTH_KEY: Final = "chip_auth_key.der"
_PACE_CAM_KEY: Final = "pace_cam_key.der"
_TRUST_POINTS: Final = "trust_point_*.cvcert"
_LONG_AGO: Final = date(2020, 1, 1)
_DEFAULT_ATR: Final = "3B8A80010031C173C8400000900090"

FILE_NAMES: Final = {
    ElementaryFile.ATR_INFO: "EF_ATR_INFO.bin",
    ElementaryFile.DIR: "EF_DIR.bin",
    ElementaryFile.CARD_ACCESS: "EF_CardAccess.bin",
    ElementaryFile.CARD_SECURITY: "EF_CardSecurity.bin",
    ElementaryFile.CVCA: "EF_CVCA.bin",
    ElementaryFile.COM: "EF_COM.bin",
    ElementaryFile.SOD: "EF_SOD.bin",
} | {file: f"{file.name}.bin" for file in ElementaryFile if file.data_group is not None}
"""The name of each file of a chip on disk."""


class _Settings(BaseModel):
    """`chip.toml`: everything that is neither a file nor a key."""

    model_config = ConfigDict(extra="forbid", strict=True)

    mrz_information: str = Field(pattern=r"^[A-Z0-9<]{15,40}$")
    can: str | None = Field(default=None, pattern=r"^[0-9]{6}$")
    bac: bool = True
    chip_auth_key_id: int | None = Field(default=None, ge=0, le=0xFFFF)
    personalised_on: date = _LONG_AGO
    max_response: int = Field(default=65_536, ge=256, le=65_536)
    atr: str = Field(default=_DEFAULT_ATR, pattern=r"^([0-9A-F]{2}){2,33}$")
    quirks: Quirks = NO_QUIRKS


@dataclass(frozen=True, slots=True, repr=False)
class Personalisation:
    """The content and the keys of one specimen chip.

    `mrz_information`: document number, birth date and expiry date with their check digits, the
    input of the BAC and PACE key derivation (ICAO Doc 9303-11 §9.7.2).  Keys are PKCS#8 DER, None
    when the chip has none: a clone has the files but not the keys.
    """

    mrz_information: str
    files: Mapping[ElementaryFile, bytes]
    can: str | None = None
    bac: bool = True
    active_auth_key: bytes | None = None
    chip_auth_key: bytes | None = None
    chip_auth_key_id: int | None = None
    pace_cam_key: bytes | None = None
    """Static key of PACE-CAM, on the curve of the PACE that uses it."""
    trust_points: tuple[bytes, ...] = ()
    """CV certificates of the CVCA, newest first; with one, only terminals read DG3 and DG4."""
    personalised_on: date = _LONG_AGO
    """The first date that the chip knows."""
    max_response: int = 65_536
    """Largest Le of the chip; 256 without extended length."""
    atr: bytes = bytes.fromhex(_DEFAULT_ATR)
    quirks: Quirks = NO_QUIRKS

    @property
    def offers_pace(self) -> bool:
        """A chip with EF.CardAccess speaks PACE."""
        return ElementaryFile.CARD_ACCESS in self.files

    @property
    def needs_key(self) -> bool:
        """Whether the files are protected at all."""
        return self.bac or self.offers_pace

    def save(self, folder: Path) -> None:
        """Write files, keys and chip.toml into a folder, which is made when it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in self.files.items():
            (folder / FILE_NAMES[file]).write_bytes(content)
        for name, key in self._named_keys():
            if key is not None:
                (folder / name).write_bytes(key)
        for number, certificate in enumerate(self.trust_points, 1):
            (folder / _TRUST_POINTS.replace("*", str(number))).write_bytes(certificate)
        settings = {
            "mrz_information": self.mrz_information,
            "can": self.can,
            "bac": self.bac,
            "chip_auth_key_id": self.chip_auth_key_id,
            "max_response": self.max_response,
            "atr": self.atr.hex().upper(),
        }
        # TOML writes values of these types as JSON does; a date has no quotes.
        lines = [
            f"{key} = {json.dumps(value)}\n" for key, value in settings.items() if value is not None
        ]
        lines.append(f"personalised_on = {self.personalised_on}\n")
        quirks = self.quirks.model_dump(exclude_defaults=True)
        if quirks:
            lines.append("[quirks]\n")
            lines += [f"{key} = {json.dumps(value)}\n" for key, value in quirks.items()]
        (folder / _SETTINGS).write_text("".join(lines), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Personalisation:
        """Read a chip from a folder; SettingsError names the wrong file."""
        settings = _load_settings(folder / _SETTINGS)
        return cls(
            mrz_information=settings.mrz_information,
            files=_load_files(folder),
            can=settings.can,
            bac=settings.bac,
            active_auth_key=_load_key(folder / _ACTIVE_AUTH_KEY),
            chip_auth_key=_load_key(folder / _CHIP_AUTH_KEY),
            chip_auth_key_id=settings.chip_auth_key_id,
            pace_cam_key=_load_static_key(folder / _PACE_CAM_KEY),
            trust_points=tuple(
                read_named(each, LARGEST_FILE) for each in sorted(folder.glob(_TRUST_POINTS))
            ),
            personalised_on=settings.personalised_on,
            max_response=settings.max_response,
            atr=bytes.fromhex(settings.atr),
            quirks=settings.quirks,
        )

    @override
    def __repr__(self) -> str:
        """Show the names of the files, hide content and keys."""
        return f"Personalisation({', '.join(file.name for file in self.files)})"

    def _named_keys(self) -> tuple[tuple[str, bytes | None], ...]:
        return (
            (_ACTIVE_AUTH_KEY, self.active_auth_key),
            (_CHIP_AUTH_KEY, self.chip_auth_key),
            (_PACE_CAM_KEY, self.pace_cam_key),
        )


def _load_settings(path: Path) -> _Settings:
    try:
        return _Settings.model_validate(
            tomllib.loads(read_named(path, LARGEST_FILE).decode("utf-8"))
        )
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: not a TOML file: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise SettingsError(f"{path}: {key}: {first['msg']}") from error


def _load_files(folder: Path) -> dict[ElementaryFile, bytes]:
    by_name = {name: file for file, name in FILE_NAMES.items()}
    files = {}
    for path in sorted(folder.glob("*.bin")):
        if path.name not in by_name:
            raise SettingsError(f"{path}: not the name of a file of the chip")
        files[by_name[path.name]] = read_named(path, LARGEST_FILE)
    return files


def _load_key(path: Path) -> bytes | None:
    if not path.exists():
        return None
    key = read_named(path, LARGEST_FILE)
    with contextlib.suppress(SettingsError):
        AgreementSecret.decode(key)
        return key
    try:
        load_der_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{path}: not a private key in PKCS#8 DER") from error
    return key


def _load_static_key(path: Path) -> bytes | None:
    if not path.exists():
        return None
    key = read_named(path, LARGEST_FILE)
    try:
        StaticKey.decode(key)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error
    return key
