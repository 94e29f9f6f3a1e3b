"""What the gate needs from devices, and nothing about how.

Rules every driver keeps:

- Calls block, and every wait ends within the time it was given.  One that takes much longer
  costs the device: its thread is left to it, and nobody hears its answer.
- A device is opened by `with`; leaving it releases the hardware whatever happened.
- A device that does not answer raises `DeviceLost`, one that another program holds `DeviceBusy`,
  from whichever call finds out; the caller closes it and opens it again later.
- Each device is used from one thread, its own; only `GateHardware` from two, as it says.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from typing_extensions import override

from edge.gate.states import Door, Sign

if TYPE_CHECKING:  # what only closes itself needs no numpy
    import numpy as np
    from numpy.typing import NDArray


class Closeable(ABC):
    """Closes itself at the end of a `with` block, whatever happened in it."""

    @abstractmethod
    def close(self) -> None:
        """Release what it holds; does nothing when it holds nothing."""

    def __enter__(self) -> Self:
        """Return itself, ready for use."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it; an exception goes on."""
        self.close()


class Device(Protocol):
    """Every device opens on enter, closes on exit and knows if it is well."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def probe(self) -> None:
        """Raise DeviceLost when the device does not answer."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a document scanner saw: the lines of the MRZ as read, unknown characters as `<`."""

    lines: tuple[str, ...]

    @override
    def __repr__(self) -> str:
        """Hide the lines: they are personal."""
        return "Scan(<redacted>)"


class DocumentScanner(Device, Protocol):
    """An optical reader of the machine readable zone."""

    def wait_for_document(self, timeout_s: float) -> Scan | None:
        """Return the next document presented, or None when none came in time."""


class CardChannel(Protocol):
    """A powered chip."""

    @property
    def atr(self) -> bytes:
        """Its answer to reset as PC/SC spells it; empty when the reader does not tell."""

    def transmit(self, command: bytes) -> bytes:
        """Send a command APDU, return response data and status word; ChipLost, DeviceLost."""

    def disconnect(self) -> None:
        """Power the chip down; never raises."""


class ChipReader(Device, Protocol):
    """A contactless reader."""

    def connect(self, timeout_s: float) -> CardChannel | None:
        """Return a channel to the chip in the field, or None when none came in time."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of the camera: RGB, uint8 [H, W, 3]; `taken_s` on the monotonic clock.

    Not mirrored: the traveller's left is on the right.  The caller that captured a frame owns its
    pixels, and wipes them; no other frame shares them.
    """

    pixels: NDArray[np.uint8]
    taken_s: float

    def wipe(self) -> None:
        """Overwrite the picture."""
        self.pixels.fill(0)

    @override
    def __repr__(self) -> str:
        """Hide the picture: it is personal."""
        return f"Frame(<redacted> {self.pixels.shape[1]}x{self.pixels.shape[0]})"


class Camera(Device, Protocol):
    """A face camera.  Frames are dropped, never queued."""

    def identity(self) -> str:
        """What the open camera says of itself; another where another camera, port or size is."""

    def capture(self, timeout_s: float) -> Frame | None:
        """Return the newest frame not yet returned, or None when none came in time."""


@dataclass(frozen=True, slots=True)
class DepthMap:
    """Distances in metres, float32 [h, w], of the view the camera has; NaN or 0 where unknown."""

    metres: NDArray[np.float32]
    taken_s: float

    def wipe(self) -> None:
        """Overwrite the distances."""
        self.metres.fill(0)

    @override
    def __repr__(self) -> str:
        """Hide the distances: they are a face."""
        return f"DepthMap(<redacted> {self.metres.shape[1]}x{self.metres.shape[0]})"


class DepthSensor(Device, Protocol):
    """A depth sensor, by infrared or otherwise, that looks where the camera looks.  Optional."""

    def capture(self, timeout_s: float) -> DepthMap | None:
        """Return the newest map not yet returned, or None when none came in time."""


class LaneSignal(StrEnum):
    """What the sensors and the cabinet report."""

    ENTERED = "entered"
    """The count of persons in the lane became one; wherever the doors stand.

    Barrier: before the exit.  Mantrap: between the doors; who stands before its entry is not in it.
    """
    TAILGATING = "tailgating"
    """The count of persons in the lane became more than one."""
    PASSED = "passed"
    """A person has walked out through the exit, and the lane is empty.  Said once a passage."""
    CLEARED = "cleared"
    """The lane is empty: the last person in it walked back."""
    WRONG_WAY = "wrong_way"
    INTRUSION = "intrusion"
    """A person is where no person may be; whether the lane is occupied is said by the counts."""
    FORCED = "forced"
    HELD_OPEN = "held_open"
    BLOCKED = "blocked"
    OPENED = "opened"
    """A freed door has reached its open position."""
    CLOSED = "closed"
    """No door is free and all are shut; said after every such `take`, even if they were before."""
    EMERGENCY_RAISED = "emergency_raised"
    EMERGENCY_CLEARED = "emergency_cleared"
    ASSIST_REQUESTED = "assist_requested"


class GateHardware(Device, Protocol):
    """Doors, presence sensors, signs.

    Once opened it reports first who stands there, `CLEARED` or `ENTERED` and its like: somebody may
    have come or left while nobody could tell.
    """

    def take(self, free: frozenset[Door], sign: Sign) -> None:
        """Free exactly these doors, shut the others, show the sign; repeating it changes nothing.

        A door opens only once the other is shut (interlock); in an evacuation both may be free.
        Freeing a door never admits twice: a driver whose cabinet counts authorisations sends the
        next only after the last was used or withdrawn.
        """

    def wait_for_signal(self, timeout_s: float) -> LaneSignal | None:
        """Return the next signal, or None when none came in time.

        Called from a second thread, beside every other call.  That thread calls `take` as well: it
        shuts an exit that was used.  `take`, `probe` and leaving never run at the same time.
        """
