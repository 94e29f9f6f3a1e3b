"""The policy file: what the border authority demands of every passage."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import Field

from edge.border.floor import weaknesses
from edge.border.policy import Policy
from edge.border.requirement import Requirement
from edge.checks import CheckId
from edge.errors import SettingsError
from edge.files.reading import read_named
from edge.settings.loader import parse_toml, validate
from edge.settings.section import Section


class PolicyFile(Section):
    """The policy file, before it becomes an `edge.border.policy.Policy`."""

    version: str = Field(min_length=1, max_length=64)
    false_match_rate: str
    minimum_age: int = Field(ge=0, le=120)
    nationalities: frozenset[str] = frozenset()
    document_codes: frozenset[str] = frozenset()
    checks: Mapping[CheckId, Requirement]


def load_policy(path: Path, *, live: bool) -> Policy:
    """Read a policy file for a live lane or for training.

    Raises:
        SettingsError: names the file, the key and what to do; a live lane refuses a policy that
            weakens the floor (`edge.border.floor`).
    """
    content = read_named(path)
    file = validate(PolicyFile, parse_toml(content, path), str(path))
    weak = next(weaknesses(file.checks), None) if live else None
    if weak is not None:
        raise SettingsError(f"{path}: {weak}")
    return Policy(
        live=live,
        version=file.version,
        digest=hashlib.sha256(content).hexdigest(),
        requirements=MappingProxyType(dict(file.checks)),
        false_match_rate=file.false_match_rate,
        minimum_age=file.minimum_age,
        nationalities=file.nationalities,
        document_codes=file.document_codes,
    )
