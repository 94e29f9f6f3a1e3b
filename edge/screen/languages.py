"""What the traveller reads, in every language there is a catalogue for.

Five words or fewer where it can be: people read it walking, many not in their first language.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from edge.errors import SettingsError
from edge.gate.states import Sign
from edge.screen.resources import CATALOGUES


class Catalogue(BaseModel):
    """One language; keys are those of the signs, the hints and the page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """The language, in its own words."""
    choose: str
    """Label of the row of languages."""
    training: str
    """The band shown while travellers are simulated."""
    keep: str
    """The second line while the chip is read: taking the document away ends the reading."""
    otherwise: str
    """The second line while a turn of the head is asked: who cannot waits, and is helped."""
    signs: Mapping[Sign, str]
    more: Mapping[Sign, str] = Field(default_factory=dict)
    """A second, smaller line under some signs."""
    hints: Mapping[str, str]


def load(folder: Path = CATALOGUES) -> Mapping[str, Catalogue]:
    """Read every catalogue, by language code."""
    return {
        path.stem: Catalogue.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.toml"))
    }


def require(language: str, catalogues: Mapping[str, Catalogue]) -> None:
    """Refuse a language nobody has written a catalogue for; SettingsError."""
    if language not in catalogues:
        near = difflib.get_close_matches(language, catalogues, n=1, cutoff=0.3)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        known = ", ".join(catalogues)
        raise SettingsError(
            f"screen.language: no catalogue for {language!r}, there are {known}{meant}"
        )
