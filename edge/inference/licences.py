"""Licences that somebody accepts: what, when and by whom, in a file beside the weights.

The file names the hash of the weights, the licence and its terms.  After a change of one of them
nobody has accepted anything.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import SettingsError
from edge.files.reading import read_named
from edge.files.writing import replace_file
from edge.inference.manifest import Model

SUFFIX: Final = ".accepted.json"


class Acceptance(BaseModel):
    """One licence, accepted for the weights of one model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    weights_sha256: str
    licence: str
    terms_sha256: str
    accepted_on: date
    accepted_by: str

    @classmethod
    def of(cls, name: str, model: Model, on: date, by: str) -> Self:
        """What accepting the licence of a model today says."""
        return cls(
            model=name,
            weights_sha256=model.sha256,
            licence=model.licence,
            terms_sha256=hashlib.sha256(model.terms.encode()).hexdigest(),
            accepted_on=on,
            accepted_by=by,
        )

    def covers(self, name: str, model: Model) -> bool:
        """Whether exactly this licence was accepted for exactly these weights."""
        return self == Acceptance.of(name, model, self.accepted_on, self.accepted_by)


def accepted(weights: Path, name: str, model: Model) -> Acceptance | None:
    """The acceptance of a model's licence that stands beside its weights, or None.

    A file that is damaged, or speaks of other weights or another licence, accepts nothing.
    """
    try:
        found = Acceptance.model_validate_json(read_named(_path(weights, name)))
    except (SettingsError, ValidationError):
        return None
    return found if found.covers(name, model) else None


def require_accepted(weights: Path, name: str, model: Model) -> None:
    """SettingsError unless a model needs no acceptance, or its licence is accepted."""
    if model.accept_licence and accepted(weights, name, model) is None:
        raise SettingsError(
            f"nobody has accepted the licence of model {name} ({model.licence}); read it:"
            f" {model.terms}; then run: gatectl models install --accept-licence {name}"
        )


def accept(weights: Path, name: str, model: Model, on: date, by: str) -> None:
    """Record that somebody accepts the licence of a model.

    Raises:
        SettingsError: the model asks for no acceptance, nobody is named, or there is no writing.
    """
    if not model.accept_licence:
        raise SettingsError(f"the licence of {name} ({model.licence}) needs no acceptance")
    if not by.strip():
        raise SettingsError("say who accepts the licence")
    content = Acceptance.of(name, model, on, by.strip()).model_dump_json(indent=2) + "\n"
    path = _path(weights, name)
    try:
        weights.mkdir(parents=True, exist_ok=True)
        replace_file(path, content.encode())
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error


def _path(weights: Path, name: str) -> Path:
    return weights / f"{name}{SUFFIX}"
