"""Keeps a gate to the camera that a person has accepted.

The picture between camera and computer has no signature: with another camera in its place, a person
can show the gate any film.  A camera that is not the accepted one does not open, and the lane stays
out of service until `gatectl camera accept`.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from edge.errors import DeviceLost, printable
from edge.files.reading import read_bounded
from edge.files.writing import replace_file
from edge.ports import Camera

FILE: Final = "accepted-camera"
MOST_BYTES: Final = 4_000
DIFFERS: Final = "is not the camera accepted here: see who changed it, then gatectl camera accept"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AcceptedCamera:
    """What the accepted camera says of itself, in a file; the first one seen is accepted."""

    file: Path

    def read(self) -> str | None:
        """The identity, or None while none was accepted; DeviceLost when it cannot be read."""
        try:
            return read_bounded(self.file, MOST_BYTES).decode(errors="replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DeviceLost("camera", f"{self.file} cannot be read: {error.strerror}") from error

    def accept(self, identity: str) -> None:
        """Accept this camera from now on; DeviceLost when that cannot be stored."""
        try:
            replace_file(self.file, f"{identity}\n".encode())
        except OSError as error:
            raise DeviceLost("camera", f"{self.file} cannot be stored: {error.strerror}") from error

    def require(self, camera: Camera) -> None:
        """Let the accepted camera pass; DeviceLost for any other."""
        found = identity_of(camera)
        accepted = self.read()
        if accepted is None:
            self.accept(found)
            log.info("camera_accepted")
        elif accepted != found:
            raise DeviceLost("camera", DIFFERS)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Opens a camera only if it is the accepted one.

    Entering returns the camera; the caller releases it.
    """

    camera: Camera
    accepted: AcceptedCamera

    def __enter__(self) -> Camera:
        with ExitStack() as stack:
            opened = stack.enter_context(self.camera)
            self.accepted.require(opened)
            stack.pop_all()  # the caller releases the camera
        return opened


def identity_of(camera: Camera) -> str:
    """What an open camera says of itself, on one line."""
    return printable(camera.identity()).strip()
