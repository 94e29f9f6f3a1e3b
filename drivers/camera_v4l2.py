"""Cameras behind the kernel's Video4Linux2: every USB camera that needs no driver of its own.

The ioctls are linuxpy's, which is GPL-3.0 (docs/adr/0006): nothing but this driver imports it.
"""

from __future__ import annotations

import select
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, Literal, Self

import numpy as np
from linuxpy.video import device as v4l2
from linuxpy.video import raw
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.camera_picture import Pixels, Quarter, turned
from drivers.camera_v4l2_setup import (
    KIND,
    FoundCamera,
    Layout,
    blamed,
    found_cameras,
    identity,
    negotiate,
    set_controls,
)
from edge.errors import DeviceLost, LimitExceeded, MalformedFile
from edge.ports import Closeable, Frame

BUFFERS: Final = 3
MAPPED: Final = v4l2.Memory.MMAP
STALE_S: Final = 0.25
"""An older picture may show the person before."""
IDLE_S: Final = 1.0
"""After so long without a request, the buffers are emptied and withheld from the camera."""
STALLED_S: Final = 4.0
"""A camera that sends nothing for so long during a request has to be opened again."""


class V4l2Camera(Closeable):
    """Implements `edge.ports.Camera`."""

    class Settings(BaseModel):
        """`driver = "camera-v4l2"`.  The size is the camera's, before the picture is turned."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        path: Path
        """Best a path in /dev/v4l/by-id: it stays the same when other devices are plugged in."""
        width: int = Field(default=640, ge=160, le=1920, multiple_of=2)
        height: int = Field(default=480, ge=120, le=1920)
        frames_per_s: float = Field(default=30.0, gt=0, le=120)
        pixel_format: Literal["YUYV", "MJPG", "GREY"] = "YUYV"
        rotate: Quarter = 0
        controls: Mapping[str, bool | int] = {}
        """Names as in `gatectl camera list`; set in this order when the camera is opened."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened = ExitStack()
        self._device: v4l2.Device = None
        self._layout = Layout("", 0, 0, 0)
        self._buffers: dict[int, Pixels] = {}
        self._lent: set[int] = set()
        """Numbers of the buffers that the camera holds."""
        self._asked_s = self._taken_s = self._starved_s = 0.0

    @staticmethod
    def found() -> list[FoundCamera]:
        """The connected cameras."""
        return found_cameras()

    @override
    def __enter__(self) -> Self:
        wanted = self._settings
        with blamed(wanted.path), ExitStack() as opened:
            self._device = opened.enter_context(v4l2.Device(wanted.path))
            size = (wanted.width, wanted.height)
            self._layout = negotiate(self._device, size, wanted.pixel_format, wanted.frames_per_s)
            set_controls(self._device, wanted.controls)
            opened.callback(v4l2.free_buffers, self._device, KIND, MAPPED)
            count = v4l2.request_buffers(self._device, KIND, MAPPED, BUFFERS).count
            opened.callback(self._unmap)
            for index in range(count):
                found = v4l2.query_buffer(self._device, KIND, MAPPED, index)
                memory = v4l2.mmap_from_buffer(self._device, found)
                self._buffers[index] = np.frombuffer(memory, np.uint8)
            self._lend()
            opened.callback(v4l2.stream_off, self._device, KIND)
            v4l2.stream_on(self._device, KIND)
            self._asked_s, self._starved_s = time.monotonic(), 0.0
            self._opened = opened.pop_all()
        return self

    @override
    def close(self) -> None:
        with suppress(OSError):  # a camera that is gone has nothing to release
            self._opened.close()

    def probe(self) -> None:
        """Raise DeviceLost when the camera is gone; wipe its pictures while nobody needs them."""
        with blamed(self._settings.path):
            v4l2.read_capabilities(self._device)
            if time.monotonic() - self._asked_s > IDLE_S:
                self._wipe(self._filled())

    def identity(self) -> str:
        with blamed(self._settings.path):
            return identity(self._device, self._layout)

    def capture(self, timeout_s: float) -> Frame | None:
        self._asked_s = began_s = time.monotonic()
        with blamed(self._settings.path):
            self._lend()
            while True:
                frame = self._newest()
                if frame is not None:
                    self._starved_s, self._taken_s = 0.0, frame.taken_s
                    return frame
                left_s = began_s + timeout_s - time.monotonic()
                if left_s <= 0:
                    break
                poll = select.poll()
                poll.register(self._device, select.POLLIN)
                poll.poll(left_s * 1000)
        self._starved_s += time.monotonic() - began_s
        if self._starved_s > STALLED_S:
            raise DeviceLost("camera", "sends no pictures any more: try its cable")
        return None

    def _newest(self) -> Frame | None:
        """The newest picture, if it is recent; all pictures leave the buffers."""
        filled = self._filled()
        found = None
        for buffer in reversed(filled):
            taken_s = _taken_s(buffer)
            if taken_s <= self._taken_s or time.monotonic() - taken_s > STALE_S:
                break
            with suppress(MalformedFile, LimitExceeded):  # the first one often is
                pixels = self._layout.decode(self._buffers[buffer.index][: buffer.bytesused])
                found = Frame(turned(pixels, self._settings.rotate), taken_s)
                break
        self._wipe(filled)
        self._lend()
        return found

    def _filled(self) -> list[raw.v4l2_buffer]:
        """Take back every filled buffer from the camera, the oldest first."""
        filled = []
        while self._lent:
            try:
                buffer = v4l2.dequeue_buffer(self._device, KIND, MAPPED)
            except BlockingIOError:
                break
            self._lent.discard(buffer.index)
            filled.append(buffer)
        return filled

    def _lend(self) -> None:
        for index in self._buffers.keys() - self._lent:
            v4l2.enqueue_buffer(self._device, KIND, MAPPED, 0, index)
            self._lent.add(index)

    def _wipe(self, filled: list[raw.v4l2_buffer]) -> None:
        for buffer in filled:
            self._buffers[buffer.index].fill(0)

    def _unmap(self) -> None:
        for memory in self._buffers.values():
            memory.fill(0)
        self._buffers.clear()
        self._lent.clear()


def _taken_s(buffer: raw.v4l2_buffer) -> float:
    """The time of a picture on the monotonic clock; now, when the camera uses another clock."""
    if buffer.flags & raw.BufferFlag.TIMESTAMP_MONOTONIC:
        return float(buffer.timestamp.secs + buffer.timestamp.usecs / 1e6)
    return time.monotonic()
