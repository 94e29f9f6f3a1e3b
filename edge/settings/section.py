"""The base of every table of a settings file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of the file: no unknown key, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
