"""A stand-in for picamera2, as far as its source and manual say what it does.

Only what `drivers.camera_picamera2` uses.  Kept to: a camera is opened by one program at a time
(RuntimeError from the constructor otherwise); `BGR888` is red first; a request holds its buffer
until released, and a camera without free buffers sends nothing; with `queue=False` no picture waits
for whoever asks; a job that was given up still takes the next picture; `frames` counts what came;
of a loose cable nothing is said, pictures stop.  It was not compared with a Raspberry Pi.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from itertools import count
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


class Scene:
    """What stands before the only camera of the machine."""

    pictures: ClassVar[tuple[Pixels, ...]] = ()
    plugged: ClassVar[bool] = True
    """Whether libcamera lists it, as with cameras on USB."""
    connected: ClassVar[bool] = True
    """Whether its cable is in place."""
    held: ClassVar[bool] = False
    """Whether some program has it open."""


class Request:
    """A completed request: one buffer until it is released."""

    def __init__(self, camera: Picamera2, pixels: Pixels, taken_ns: int) -> None:
        self._camera = camera
        self._pixels = pixels
        self._taken_ns = taken_ns
        self._held = 1

    def get_metadata(self) -> Mapping[str, Any]:
        return {"SensorTimestamp": self._taken_ns, "ExposureTime": 1000}

    def make_array(self, name: str) -> Pixels:
        if name != "main":
            raise RuntimeError(f"Stream {name!r} is not defined")
        return self._pixels.copy()

    def release(self) -> None:
        self._held -= 1
        if self._held < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        self._camera.give_back()


class Job:
    """A picture somebody waits for."""

    def __init__(self) -> None:
        self.future: Future[Request] = Future()

    def get_result(self, timeout: float | None = None) -> Request:
        return self.future.result(timeout)


class Picamera2:
    """The class of that name."""

    def __init__(self, camera_num: int = 0) -> None:
        self.frames = 0
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._config: dict[str, Any] = {}
        self._thread: threading.Thread | None = None
        self.global_camera_info()[camera_num]
        if Scene.held:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        Scene.held = True

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [{"Model": "stand-in", "Num": 0}] if Scene.plugged else []

    def create_video_configuration(self, **options: Any) -> dict[str, Any]:
        return {"buffer_count": 6, **options}

    def configure(self, config: dict[str, Any]) -> None:
        self._config = config
        if config["main"]["format"] != "BGR888":
            raise RuntimeError("this stand-in knows BGR888 only")
        for name in config["controls"]:
            if name not in {"FrameRate", "AeEnable"}:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self._free = config["buffer_count"]

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def capture_request(self, *, wait: bool) -> Job:
        assert wait is False, "what the driver does with a wait that ends is not modelled"
        job = Job()
        with self._lock:
            self._jobs.append(job)
        return job

    def cancel_all_and_flush(self) -> None:
        with self._lock:
            for job in self._jobs:
                job.future.set_exception(CancelledError())
            self._jobs.clear()

    def close(self) -> None:
        self._ends.set()
        if self._thread is not None:
            self._thread.join()
        Scene.held = False

    def give_back(self) -> None:
        with self._lock:
            self._free += 1

    def _run(self) -> None:
        """The camera, and picamera2's event loop."""
        while not self._jobs and not self._ends.wait(0.001):
            pass  # the first picture is had, whatever the rate
        for number in count():
            self._take(number)
            if self._ends.wait(1 / self._config["controls"]["FrameRate"]):
                return

    def _take(self, number: int) -> None:
        with self._lock:
            if not (Scene.plugged and Scene.connected and self._free and Scene.pictures):
                return
            self.frames += 1
            if self._jobs:
                self._free -= 1
                pixels = Scene.pictures[number % len(Scene.pictures)]
                request = Request(self, pixels, time.monotonic_ns())
                self._jobs.pop(0).future.set_result(request)
