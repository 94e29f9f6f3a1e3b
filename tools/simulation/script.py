"""The folder of a specimen traveller: what to present, what breaks, and how it must end."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.performance import Act
from drivers.virtual.traveller import Traveller
from edge.errors import SettingsError

LARGEST_FRAME = (1920, 1080)


class Fault(StrEnum):
    """What goes wrong in the lane while this traveller is there."""

    NONE = ""
    READER_UNPLUGGED = "reader-unplugged"
    SCANNER_JAMMED = "scanner-jammed"
    READER_JAMMED = "chip-reader-jammed"
    CAMERA_JAMMED = "camera-jammed"
    GATE_JAMMED = "gate-jammed"
    BROKER_AWAY = "broker-away"

    @property
    def jammed(self) -> str:
        """The role whose driver returns from no call any more; empty when there is none."""
        role, _, kind = self.value.rpartition("-")
        return role if kind == "jammed" else ""


class Script(BaseModel):
    """`traveller.toml`: what the folder of a specimen traveller says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    about: str
    mrz: tuple[str, ...]
    live: tuple[str, ...] = Field(min_length=1)
    landmarks: tuple[tuple[float, float], ...] = Field(default=(), max_length=5)
    """Eyes, nose tip and corners of the mouth in the first picture; without them it hangs there."""
    act: Act = Act.LIVE
    seed: int = 0
    people: int = Field(default=1, ge=0, le=9)
    fault: Fault = Fault.NONE
    expect_decision: str
    expect_reasons: tuple[str, ...] = ()


def read_script(folder: Path) -> Script:
    """Read `traveller.toml` of a specimen folder; SettingsError when it is not one."""
    path = folder / "traveller.toml"
    try:
        return Script.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(
            f"{path} is not a specimen traveller; issue specimens again: gatectl specimen issue"
        ) from error


def load(folder: Path) -> Traveller:
    """Load the specimen traveller in a folder; SettingsError says what is wrong with it."""
    script = read_script(folder)
    chip_folder = folder / "chip"
    return Traveller(
        name=folder.name,
        mrz=script.mrz,
        chip=Personalisation.load(chip_folder) if chip_folder.is_dir() else None,
        live=tuple(_picture(folder / name) for name in script.live),
        people=script.people,
        landmarks=np.array(script.landmarks) if len(script.landmarks) == 5 else None,
        act=script.act,
        seed=script.seed,
    )


def _picture(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            image.thumbnail(LARGEST_FRAME)
            return np.asarray(image.convert("RGB"), dtype=np.uint8)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} is not a picture") from error
