"""The policy file: what the border authority demands of every passage."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, TypeAlias

from pydantic import Field

from edge.border.floor import COMPARED_FROM, YoungerFaces, weaknesses
from edge.border.policy import Policy
from edge.border.requirement import Requirement
from edge.border.validity import YearsOfValidity
from edge.checks import CheckId
from edge.errors import SettingsError
from edge.files.reading import read_named
from edge.settings.loader import parse_toml, validate
from edge.settings.section import Section

Years: TypeAlias = Annotated[int, Field(ge=1, le=50)]


class YoungerFacesTable(Section):
    """`edge.border.floor.YoungerFaces`."""

    from_age: int = Field(ge=1, lt=COMPARED_FROM)
    false_match_rate: float = Field(gt=0, lt=1)
    calibration: str = Field(min_length=1, max_length=200)
    accepted_by: str = Field(min_length=1, max_length=200)


class ValidityTable(Section):
    """`edge.border.validity.YearsOfValidity`."""

    adults: frozenset[Years] = Field(min_length=1)
    children: frozenset[Years] = Field(min_length=1)


class PolicyFile(Section):
    """The policy file, before it becomes an `edge.border.policy.Policy`."""

    version: str = Field(min_length=1, max_length=64)
    false_match_rate: str
    minimum_age: int = Field(ge=0, le=120)
    nationalities: frozenset[str] = frozenset()
    document_codes: frozenset[str] = frozenset()
    younger_faces: YoungerFacesTable | None = None
    validity_years: Mapping[str, ValidityTable] = Field(default_factory=dict)
    checks: Mapping[CheckId, Requirement]


def load_policy(path: Path, *, live: bool) -> Policy:
    """Read a policy file for a live lane or for training.

    Raises:
        SettingsError: names the file, the key and what to do; a live lane refuses a policy that
            weakens the floor, every lane one that lets minors in (`edge.border.floor`).
    """
    content = read_named(path)
    file = validate(PolicyFile, parse_toml(content, path), str(path))
    weak = next(weaknesses(file.checks), None) if live else None
    if weak is not None:
        raise SettingsError(f"{path}: {weak}")
    policy = Policy(
        live=live,
        version=file.version,
        digest=hashlib.sha256(content).hexdigest(),
        requirements=MappingProxyType(dict(file.checks)),
        false_match_rate=file.false_match_rate,
        minimum_age=file.minimum_age,
        nationalities=file.nationalities,
        document_codes=file.document_codes,
        younger_faces=_younger_faces(file.younger_faces),
        validity=MappingProxyType(
            {
                state: YearsOfValidity(years.adults, years.children)
                for state, years in file.validity_years.items()
            }
        ),
    )
    if policy.minimum_age < policy.least_age:
        raise SettingsError(
            f"{path}: minimum_age = {policy.minimum_age}: faces are compared from"
            f" {policy.least_age} years on, because the rates of the comparison hold for adults;"
            " an authority that accepts another age writes [younger_faces]"
        )
    return policy


def _younger_faces(table: YoungerFacesTable | None) -> YoungerFaces | None:
    return None if table is None else YoungerFaces(**table.model_dump())
