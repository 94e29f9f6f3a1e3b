"""What is presented: performers made of photographs, and films that somebody else made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from drivers.virtual.performance import Act, Performer
from edge.errors import SettingsError
from edge.face import FacePipeline
from tools.evaluation.pad.presentation import Picture
from tools.specimen import pictures

FRAME = (640, 480)
FILM_FRAMES_PER_S = 10.0
FILM_S = 12.0
LIVE = "live"
"""The folder of films of living people; every other folder is a species of attacks."""


@dataclass(frozen=True, slots=True, repr=False)
class Sitter:
    """A photograph as a frame, and where the face is in it."""

    photograph: Picture
    landmarks: NDArray[np.float64]

    def performer(self, act: Act, seed: int) -> Performer:
        """The person, or an attack with this photograph."""
        return Performer(act, self.photograph, self.landmarks, seed)


def sitters(portraits: Path, faces: Path | None, pipeline: FacePipeline) -> list[Sitter]:
    """The specimen photographs, and those of a folder in which a face is found."""
    found = [
        Sitter(
            np.asarray(pictures.live_image(portraits, crop)),
            np.array(crop.landmarks),
        )
        for crop in (pictures.FIRST_LIVE, pictures.SECOND_LIVE)
    ]
    for path in sorted(faces.rglob("*")) if faces is not None else []:
        if path.suffix.lower() in {".jpg", ".jpeg", ".png"}:
            sitter = _sitter(path, pipeline)
            found += [sitter] if sitter is not None else []
    return found


def _sitter(path: Path, pipeline: FacePipeline) -> Sitter | None:
    """A photograph in the middle of a frame; None when it shows no face.

    Beside it is what mirrors show, upside down: so there is something to see, and nobody else.
    """
    with Image.open(path) as opened:
        photograph = opened.convert("RGB")
    photograph.thumbnail((FRAME[0], 1_000_000))
    scale = min(FRAME[1] / photograph.height, FRAME[0] / photograph.width) * 0.8
    photograph = photograph.resize(
        (int(photograph.width * scale), int(photograph.height * scale)), Image.Resampling.LANCZOS
    )
    across, down = FRAME[0] - photograph.width, FRAME[1] - photograph.height
    room = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    frame = np.pad(np.asarray(photograph), room, mode="symmetric")
    left, right = room[1][0], FRAME[0] - room[1][1]
    frame[:, :left], frame[:, right:] = frame[::-1, :left].copy(), frame[::-1, right:].copy()
    observation = pipeline.observe(frame)
    if observation.face is None or not observation.usable:
        return None
    return Sitter(frame, observation.face.landmarks.astype(np.float64))


def films(folder: Path) -> Iterator[tuple[str, str, list[tuple[float, Picture]]]]:
    """(species, name, frames with their seconds) of every film in a folder of folders.

    Raises:
        SettingsError: `av`, which reads films, is not installed.
    """
    try:
        import av  # noqa: PLC0415  # of the extra `video`
    except ImportError as error:
        raise SettingsError("films need PyAV: pip install 'egate[video]'") from error
    for path in sorted(folder.glob("*/*")):
        frames: list[tuple[float, Picture]] = []
        with av.open(str(path)) as film:
            for frame in film.decode(video=0):
                seconds = float(frame.time or 0.0)
                if seconds > FILM_S:
                    break
                if not frames or seconds - frames[-1][0] >= 1 / FILM_FRAMES_PER_S - 1e-3:
                    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
                    image.thumbnail(FRAME if image.width > image.height else FRAME[::-1])
                    frames.append((seconds, np.asarray(image)))
        yield path.parent.name, path.stem, frames
