"""The models of a gate: the manifest names them, and a wrong hash is refused."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import Self

import numpy as np

from edge.errors import SettingsError
from edge.face import Embedder, FacePipeline, Target
from edge.face.embedding import Gather, in_turn
from edge.inference.licences import Acceptance, accepted, require_accepted
from edge.inference.loaded_network import LoadedNetwork, load, sealed
from edge.inference.manifest import COMPARISON, PAD, Comparison, Model, read_manifest

ADVICE = "run: gatectl models install"


class ModelStore:
    """The prepared model files in a folder, by their names in the manifest."""

    def __init__(self, manifest: Path, weights: Path) -> None:
        self.manifest_path = manifest
        self.manifest = read_manifest(manifest)
        self._weights = weights

    def comparing(self, comparison: Comparison) -> Self:
        """The same models, compared in another way."""
        other = copy.copy(self)
        other.manifest = self.manifest.model_copy(update={COMPARISON: comparison})
        return other

    def acceptance(self, name: str) -> Acceptance | None:
        """Who accepted the licence of a model that runs only then; None: nobody has."""
        return accepted(self._weights, name, self._model(name))

    def network(self, name: str) -> LoadedNetwork:
        """Verify the hash of a model and load it for one small processor core.

        Raises:
            SettingsError: the model is missing, is not what the manifest says, or nobody has
                accepted its licence.
        """
        with self._verified(name) as file:
            return load(file)

    def verify(self, name: str) -> None:
        """Verify the hash of a model, and that its licence is accepted; SettingsError."""
        with self._verified(name):
            pass

    def path(self, name: str) -> Path:
        """The path of the prepared file of a model."""
        return self._weights / f"{name}.onnx"

    def pipeline(self, gather: Gather = in_turn) -> FacePipeline:
        """Build the pipeline of the manifest; each network has its own session.

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
        # The largest first: its weights are in memory twice while it loads, before the others.
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

    def require_measured(self) -> None:
        """SettingsError unless the thresholds were measured with exactly this comparison."""
        if not self.manifest.is_measured:
            embedders = " and ".join(self.manifest.comparison.embedders)
            raise SettingsError(
                f"{self.manifest_path}: the thresholds were not measured with these embedders"
                f" ({embedders}), their weights and centres: nobody knows their false match rates,"
                " and a live gate does not start; calibrate again (docs/face.md)"
            )

    def identities(self) -> dict[str, str]:
        """The identity of the comparison for decision events: model ids with file hashes.

        Also the hash of its weights, centres and thresholds, and that of the weights of
        presentation attack detection.
        """
        comparison = self.manifest.comparison
        hashes = {name: self._model(name).sha256 for name in comparison.models}
        hashes[COMPARISON] = comparison.digest
        pad = self.manifest.pad
        if pad is not None:
            if self.has_texture:
                hashes[pad.texture] = self._model(pad.texture).sha256
            hashes[PAD] = pad.digest
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
            np.array(share.without, np.float32) if share.without else None,
        )

    @contextmanager
    def _verified(self, name: str) -> Iterator[BufferedRandom]:
        """The verified model as a sealed file in memory."""
        path, expected = self.path(name), self._model(name).sha256
        require_accepted(self._weights, name, self._model(name))
        try:
            file = path.open("rb")
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            cause = "is missing" if missing else f"cannot be read ({error.strerror})"
            raise SettingsError(f"model {path} {cause}; {ADVICE}") from error
        with file, sealed(file) as copy:
            if hashlib.file_digest(copy, "sha256").hexdigest() != expected:
                raise SettingsError(f"model {path} is not what the manifest says; {ADVICE}")
            yield copy

    def _model(self, name: str) -> Model:
        if name not in self.manifest.models:
            known = ", ".join(self.manifest.models)
            raise SettingsError(f"no model `{name}` in the manifest; there is: {known}")
        return self.manifest.models[name]
