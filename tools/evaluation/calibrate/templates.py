"""Templates of many pictures, through the gate's own pipeline."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from edge import face as face_package
from edge.errors import SettingsError
from edge.face import FacePipeline
from edge.face.embedding import centred, unit
from edge.inference.manifest import Share
from edge.inference.models import ModelStore
from tools.evaluation.calibrate.people import Picture
from tools.evaluation.calibrate.portraits import DEGRADATIONS

Floats = NDArray[np.float32]
FORMATS: Final = ("JPEG", "JPEG2000", "PNG", "WEBP")
"""Only these are opened: Pillow would run a program for some others."""
EVERY: Final = 100
"""Progress is worth a line after so many pictures."""


@dataclass(frozen=True, slots=True)
class Directions:
    """Directions of faces by embedder, float32 [N, D] of length one, nothing left out of them.

    A row is NaN where no face was acquired.
    """

    by_embedder: Mapping[str, Floats]

    @property
    def acquired(self) -> NDArray[np.bool_]:
        """Which pictures show a face."""
        return ~np.isnan(next(iter(self.by_embedder.values()))[:, 0])

    def centre(self, embedder: str, rows: NDArray[np.bool_] | slice = slice(None)) -> Floats:
        """The mean of an embedder's directions."""
        return np.asarray(np.nanmean(self.by_embedder[embedder][rows], axis=0), np.float32)

    def templates(
        self,
        weights: Mapping[str, float],
        centres: Mapping[str, Floats],
        without: Mapping[str, Floats | None],
    ) -> Floats:
        """What the gate makes of them: rows whose products are similarities."""
        return np.concatenate(
            [
                np.sqrt(np.float32(weights[name]))
                * _of_length_one(centred(rows, centres[name], without.get(name)))
                for name, rows in self.by_embedder.items()
            ],
            axis=1,
        )

    def of(self, shares: Mapping[str, Share]) -> Floats:
        """The templates of a gate with these embedders."""
        return self.templates(
            {name: share.weight for name, share in shares.items()},
            {name: np.array(share.centre, np.float32) for name, share in shares.items()},
            {
                name: np.array(share.without, np.float32)
                for name, share in shares.items()
                if share.without
            },
        )


def _of_length_one(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def directions(
    store: ModelStore,
    pictures: Sequence[Picture],
    portrait: str,
    cache: Path | None,
    progress: Callable[[str], None],
) -> Directions:
    """Embed pictures as portraits, after one of the `DEGRADATIONS`; from the cache if they are in.

    Raises:
        SettingsError: a picture cannot be read, or a model is not what the manifest says.
    """
    path = cache / f"{_key(store, pictures, portrait)}.npz" if cache else None
    if path is not None and path.is_file():
        progress(f"{portrait}: from the cache")
        with np.load(path) as kept:
            return Directions({name: kept[name] for name in kept.files})
    found: dict[str, list[Floats]] = {name: [] for name in store.manifest.comparison.embedders}
    for count, parts in enumerate(_embedded(store, pictures, portrait), 1):
        for name, part in parts.items():
            found[name].append(part)
        if count % EVERY == 0 or count == len(pictures):
            progress(f"{portrait}: {count}/{len(pictures)} pictures")
    made = Directions({name: np.stack(rows) for name, rows in found.items()})
    if path is not None:
        _keep(path, made)
    return made


def _embedded(
    store: ModelStore, pictures: Sequence[Picture], portrait: str
) -> Iterator[dict[str, Floats]]:
    embedders = {
        name: replace(
            embedder, weight=1.0, centre=np.zeros(embedder.length(), np.float32), without=None
        )
        for name, embedder in store.embedders().items()
    }
    detector = store.network(store.manifest.comparison.detector)
    pipelines = {name: FacePipeline(detector, [each]) for name, each in embedders.items()}
    finder = next(iter(pipelines.values()))
    for picture in pictures:
        pixels = np.array(DEGRADATIONS[portrait](_opened(picture.path)))
        face = finder.portrait(pixels)
        yield {
            name: np.full(len(embedders[name].centre), np.nan, np.float32)
            if face is None
            else unit(pipeline.embed(pixels, face).vector)
            for name, pipeline in pipelines.items()
        }


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path, formats=FORMATS) as picture:
            return _flat(ImageOps.exif_transpose(picture))
    except Exception as error:  # Pillow stumbles over damaged files in many ways
        raise SettingsError(f"{path} is no picture: {error}") from error


def _flat(picture: Image.Image) -> Image.Image:
    """In colour, on white where it is transparent."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    ground = Image.new("RGBA", layered.size, "white")
    ground.alpha_composite(layered)
    return ground.convert("RGB")


def _key(store: ModelStore, pictures: Sequence[Picture], portrait: str) -> str:
    """What templates depend on: models, the code that leads to them, the pictures."""
    comparison = store.manifest.comparison
    code = sorted(Path(face_package.__path__[0]).glob("*.py"))
    described = {
        "models": {name: store.manifest.models[name].sha256 for name in comparison.models},
        "mirrored": {name: share.mirrored for name, share in comparison.embedders.items()},
        "alignment": {
            name: str(store.manifest.models[name].alignment) for name in comparison.embedders
        },
        "code": [hashlib.sha256(path.read_bytes()).hexdigest() for path in code],
        "portrait": portrait,
        "pictures": [
            [str(each.path), each.path.stat().st_size, each.path.stat().st_mtime_ns]
            for each in pictures
        ],
    }
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()[:32]


def _keep(path: Path, made: Directions) -> None:
    """Templates are personal: for nobody but the owner of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        np.savez(file, allow_pickle=False, **made.by_embedder)
