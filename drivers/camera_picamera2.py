"""Cameras on a Raspberry Pi's own connector, through picamera2 and libcamera.

picamera2 comes from Debian (python3-picamera2), not from a package index: a virtual environment
sees it when made with `--system-site-packages`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Self, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.camera_picture import Quarter, turned
from edge.errors import DeviceBusy, DeviceLost, SettingsError
from edge.ports import Closeable, Frame

try:
    from picamera2 import Picamera2
except ModuleNotFoundError as missing:
    raise SettingsError(
        "driver `camera-picamera2` needs picamera2: apt-get install python3-picamera2, and make the"
        " virtual environment with --system-site-packages"
    ) from missing

Untyped: TypeAlias = Any  # a Picamera2 or a job of it: Debian's package carries no types
STALE_S: Final = 0.25
STALLED_S: Final = 4.0
"""A loose cable shows only by silence."""
PROBE_EVERY_S: Final = 0.5
RGB: Final = "BGR888"
"""libcamera names the bytes of a word from the highest one: red is first in memory."""


class RaspberryCamera(Closeable):
    """Implements `edge.ports.Camera`."""

    class Settings(BaseModel):
        """`driver = "camera-picamera2"`.  The size is before the picture is turned."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        camera: int = Field(default=0, ge=0, le=7)
        width: int = Field(default=640, ge=160, le=1920, multiple_of=64)
        height: int = Field(default=480, ge=120, le=1920, multiple_of=2)
        frames_per_s: float = Field(default=30.0, gt=0, le=120)
        rotate: Quarter = 0
        controls: Mapping[str, bool | int | float] = {}
        """Those of libcamera, such as `AeEnable`, `ExposureTime`, `AnalogueGain`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._camera: Untyped = None
        self._job: Untyped = None
        """The open request for a picture; a dropped request would keep its buffer for ever."""
        self._counted, self._counted_s = 0, 0.0
        """Number of pictures from the camera, and the time of the last one."""

    @staticmethod
    def found() -> list[str]:
        """The models of the connected cameras, by number."""
        return [str(each["Model"]) for each in Picamera2.global_camera_info()]

    @override
    def __enter__(self) -> Self:
        wanted = self._settings
        self.probe()
        try:
            self._camera = Picamera2(wanted.camera)
        except RuntimeError as error:
            raise DeviceBusy(
                "camera", f"camera {wanted.camera} does not open: stop what uses it (rpicam-*)"
            ) from error
        try:
            self._camera.configure(
                self._camera.create_video_configuration(
                    main={"size": (wanted.width, wanted.height), "format": RGB},
                    controls={"FrameRate": wanted.frames_per_s, **wanted.controls},
                    queue=False,
                )
            )
            self._camera.start()
        except RuntimeError as error:
            self.close()
            raise DeviceLost(
                "camera", "does not take its configuration: see its controls"
            ) from error
        self._job, self._counted, self._counted_s = None, 0, time.monotonic()
        return self

    @override
    def close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            with suppress(RuntimeError):
                camera.cancel_all_and_flush()
                camera.close()

    def probe(self) -> None:
        """Raise DeviceLost when libcamera no longer knows the camera, or no picture comes."""
        if len(Picamera2.global_camera_info()) <= self._settings.camera:
            raise DeviceLost("camera", f"there is no camera {self._settings.camera}")
        now_s = time.monotonic()
        if self._camera is not None and self._camera.frames != self._counted:
            self._counted, self._counted_s = self._camera.frames, now_s
        if self._camera is not None and now_s - self._counted_s > STALLED_S:
            raise DeviceLost("camera", "sends no pictures any more: try its cable")

    def identity(self) -> str:
        wanted = self._settings
        said = Picamera2.global_camera_info()[wanted.camera]
        size = f"{wanted.width}x{wanted.height}"
        return f"{said['Model']}, at {said.get('Id', '?')}, {size}"

    def capture(self, timeout_s: float) -> Frame | None:
        deadline_s = time.monotonic() + timeout_s
        while (left_s := deadline_s - time.monotonic()) >= 0:
            frame = self._next(min(left_s, PROBE_EVERY_S))
            if frame is not None:
                return frame
            self.probe()
        return None

    def _next(self, timeout_s: float) -> Frame | None:
        """The next picture, if it comes in time and is recent."""
        self._job = self._job or self._camera.capture_request(wait=False)
        try:
            request = self._job.get_result(timeout=timeout_s)
        except TimeoutError:
            return None
        except RuntimeError as error:
            raise DeviceLost("camera", "was unplugged or stopped") from error
        self._job = None
        try:
            taken_s = request.get_metadata()["SensorTimestamp"] / 1e9
            if time.monotonic() - taken_s > STALE_S:
                return None
            pixels = np.asarray(request.make_array("main"), np.uint8)
        finally:
            request.release()
        return Frame(turned(pixels, self._settings.rotate), taken_s)
