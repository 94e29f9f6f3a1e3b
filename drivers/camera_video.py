"""A camera that plays a video file again and again, for trials and regression tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import av
import numpy as np
from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from drivers.camera_picture import Pixels, Quarter, turned
from edge.errors import DeviceLost
from edge.ports import Closeable, Frame

Untyped: TypeAlias = Any  # a container or a picture of PyAV, which few gates have installed
LONGEST_SIDE: Final = 1920
CATCH_UP_S: Final = 0.25
"""Most time in which late pictures are dropped."""
USUAL_RATE: Final = 25.0
"""Rate of a file that does not name its own."""


class VideoCamera(Closeable):
    """Implements `edge.ports.Camera`; plays in real time, and drops pictures without a request."""

    class Settings(BaseModel):
        """`driver = "camera-video"`."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        file: Path
        rotate: Quarter = 0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._container: Untyped = None
        self._frames: Iterator[Untyped] = iter(())
        self._frame_s = 1 / USUAL_RATE
        self._due_s: float | None = None

    @override
    def __enter__(self) -> Self:
        self._rewind()
        self._due_s = None
        return self

    @override
    def close(self) -> None:
        if self._container is not None:
            self._container.close()

    def probe(self) -> None:
        """Raise DeviceLost when the file is no longer there."""
        if not self._settings.file.is_file():
            raise DeviceLost("camera", f"no video at {self._settings.file}")

    def identity(self) -> str:
        return f"video {self._settings.file}"

    def capture(self, timeout_s: float) -> Frame | None:
        self.probe()
        now_s = time.monotonic()
        due_s = now_s if self._due_s is None else self._due_s
        time.sleep(max(0.0, min(due_s - now_s, timeout_s)))
        if due_s - now_s > timeout_s:
            return None
        picture = self._next()
        give_up_s = time.monotonic() + CATCH_UP_S
        while due_s + self._frame_s <= time.monotonic():
            if time.monotonic() > give_up_s:
                due_s = time.monotonic()  # the computer is too slow: the video goes on from here
                break
            due_s += self._frame_s
            picture = self._next()
        self._due_s = due_s + self._frame_s
        return Frame(turned(self._pixels(picture), self._settings.rotate), due_s)

    def _pixels(self, picture: Untyped) -> Pixels:
        if max(picture.width, picture.height) > LONGEST_SIDE:
            raise self._too_large()
        try:
            return np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)
        except (av.FFmpegError, ValueError) as error:
            raise self._unplayable() from error

    def _next(self) -> Untyped:
        try:
            found = next(self._frames, None)
            if found is None:
                self._rewind()
                found = next(self._frames, None)
        except (av.FFmpegError, ValueError) as error:
            raise self._unplayable() from error
        if found is None:
            raise self._unplayable()
        return found

    def _rewind(self) -> None:
        """Start again with the first picture."""
        self.probe()
        if self._container is not None:
            self._container.close()
        try:
            self._container = av.open(
                str(self._settings.file), options={"protocol_whitelist": "file"}
            )
            stream = self._container.streams.video[0]
        except (av.FFmpegError, IndexError, ValueError) as error:
            raise self._unplayable() from error
        if max(stream.width, stream.height) > LONGEST_SIDE:
            raise self._too_large()
        self._frame_s = 1 / float(stream.average_rate or USUAL_RATE)
        self._frames = self._container.decode(stream)

    def _too_large(self) -> DeviceLost:
        return DeviceLost("camera", f"{self._settings.file} is larger than {LONGEST_SIDE}")

    def _unplayable(self) -> DeviceLost:
        return DeviceLost("camera", f"{self._settings.file} cannot be played as a video")
