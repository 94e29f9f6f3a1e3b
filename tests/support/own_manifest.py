"""A manifest of an authority: one embedder with a licence, beside a manifest that ships."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tests.support.published_models import (
    MEMBER,
    SHAPE,
    Pinned,
    published,
    published_answer,
    sha256,
)
from tools.models.known_answer import made_up, sample
from tools.models.prepare import prepare

TERMS: Final = "https://vendor.example/licence"
POINTS: Final = "[[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]]"


@dataclass(frozen=True, slots=True)
class Own:
    """What it says, true until a test makes a lie of a part."""

    source: str
    extends: str = "manifest.toml"
    name: str = "mine"
    licence: str = "For this authority only"
    terms: str = TERMS
    accept: bool = True
    file_sha256: str = sha256(published())
    steps: tuple[str, ...] = ("dequantise",)
    more: str = ""

    @classmethod
    def packaged(cls, pinned: Pinned) -> Own:
        """From the package that the shipped manifest has its model from."""
        wheel = f'requirement = "pinned==1.0", kind = "wheel", sha256 = "{pinned.wheel}"'
        return cls(f'package = {{ {wheel} }}\nfile = "{MEMBER}"')

    @classmethod
    def local(cls, file: Path) -> Own:
        """From a file of this computer."""
        return cls(f'file = "{file}"')

    def but(self, **changes: Any) -> Own:
        return replace(self, **changes)

    def write(self, path: Path) -> Path:
        values = sample([published_answer(made_up(SHAPE))], 12)
        path.write_text(f"""\
extends = "{self.extends}"
[models.{self.name}]
title = "An embedder with a licence"
{self.source}
file_sha256 = "{self.file_sha256}"
licence = "{self.licence}"
accept_licence = {str(self.accept).lower()}
terms = "{self.terms}"
provenance = "Made up."
prepare = {list(self.steps)}
sha256 = "{sha256(prepare(published(), self.steps))}"
input = "data"
output = "out"
known_answer = {{ shape = {list(SHAPE)}, values = {[round(float(each), 5) for each in values]} }}
alignment = {{ side = 112, points = {POINTS} }}
{self.more}
""")
        return path
