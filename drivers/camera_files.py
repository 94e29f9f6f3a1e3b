"""A camera that shows the pictures of a folder, for trials without a camera."""

from __future__ import annotations

import time
from itertools import cycle
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.camera_picture import Quarter, turned
from edge.errors import DeviceLost
from edge.ports import Closeable, Frame

ENDINGS = frozenset({".jpg", ".jpeg", ".png"})
FORMATS = ("JPEG", "PNG")
"""Only these are opened: for some others Pillow would run a program."""
FRAME_SIZE = (640, 480)


class FileCamera(Closeable):
    """Implements `edge.ports.Camera` with files in the order of their names, again and again."""

    class Settings(BaseModel):
        """`driver = "camera-files"`."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        folder: Path
        frames_per_s: float = Field(default=10.0, gt=0, le=120)
        rotate: Quarter = 0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files = cycle(list[Path]())
        self._taken_s = 0.0

    @override
    def __enter__(self) -> Self:
        self._files = cycle(self._found())
        return self

    @override
    def close(self) -> None:
        pass

    def probe(self) -> None:
        """Raise DeviceLost when the folder has no picture."""
        self._found()

    def identity(self) -> str:
        return f"pictures of {self._settings.folder}"

    def capture(self, timeout_s: float) -> Frame | None:
        wait_s = self._taken_s + 1 / self._settings.frames_per_s - time.monotonic()
        time.sleep(max(0.0, min(wait_s, timeout_s)))
        if wait_s > timeout_s:
            return None
        self._taken_s = time.monotonic()
        return Frame(turned(_pixels(next(self._files)), self._settings.rotate), self._taken_s)

    def _found(self) -> list[Path]:
        folder = self._settings.folder
        found = sorted(p for p in folder.glob("*") if p.suffix.lower() in ENDINGS and p.is_file())
        if not found:
            raise DeviceLost("camera", f"no pictures in {folder}")
        return found


def _pixels(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path, formats=FORMATS) as picture:
            picture.thumbnail(FRAME_SIZE)
            upright = ImageOps.exif_transpose(picture)
            return np.array(upright.convert("RGB"), np.uint8)
    except Exception as error:  # Pillow fails on damaged files in many ways
        raise DeviceLost("camera", f"{path.name!r} is not a picture") from error
