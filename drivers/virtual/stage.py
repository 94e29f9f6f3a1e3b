"""The common state of the virtual devices of one lane: the traveller, and the cables.

The scanner, the reader, the camera and the gate of a virtual lane know only the stage, not each
other.  Tests, the simulator panel and `gatectl simulate` send travellers onto it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from dataclasses import dataclass
from enum import Enum

from drivers.virtual.chip.virtual_chip import VirtualChip
from drivers.virtual.traveller import Traveller
from edge.errors import DeviceLost
from edge.ports import LaneSignal


class Place(Enum):
    """The place of the virtual traveller."""

    AWAY = "away"
    BEFORE = "before the first door"
    INSIDE = "inside the mantrap"


@dataclass(frozen=True, slots=True)
class View:
    """The state of the lane at one moment."""

    visit: int
    """The number of the visit; of the last one when nobody is there."""
    place: Place
    people: int


class Stage:
    """A lane in memory.  Every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._traveller: Traveller | None = None
        self._chip: VirtualChip | None = None
        self._unread = False
        self._inside = False
        self._unplugged: set[str] = set()
        self._jammed: set[str] = set()
        self._fuses: dict[str, tuple[int, set[str]]] = {}
        """By role: how many uses are left, and where the role is put when none is."""
        self._signals: deque[LaneSignal] = deque()
        self._visits = 0
        self._version = 0
        self._asked: str | None = None

    @property
    def visits(self) -> int:
        """Number of travellers so far."""
        with self._changed:
            return self._visits

    def come(self, traveller: Traveller) -> None:
        """Put a traveller with a document onto the stage; an earlier one is gone."""
        with self._changed:
            self._traveller = traveller
            self._chip = VirtualChip(traveller.chip, os.urandom) if traveller.chip else None
            self._unread = True
            self._inside = False
            self._asked = None
            self._visits += 1
            self._notify()

    def go(self) -> None:
        """Let the traveller leave with the document."""
        with self._changed:
            self._traveller = None
            self._chip = None
            self._unread = False
            self._notify()

    def go_inside(self) -> None:
        """Let the traveller step into the mantrap."""
        with self._changed:
            self._inside = self._traveller is not None
            self._notify()

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Wait until nobody is there; False when somebody still is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._traveller is None, timeout_s)

    @property
    def place(self) -> Place:
        """Where the traveller stands."""
        return self.look().place

    def look(self) -> View:
        """The present state of the lane."""
        with self._changed:
            if self._traveller is None:
                return View(self._visits, Place.AWAY, 0)
            place = Place.INSIDE if self._inside else Place.BEFORE
            return View(self._visits, place, self._traveller.people)

    def is_in_field(self, chip: VirtualChip) -> bool:
        """Whether exactly this chip lies on the reader."""
        with self._changed:
            return self._chip is chip

    def wait_for_mrz(self, timeout_s: float) -> tuple[str, ...] | None:
        """Return the lines of a newly presented document, each presentation once."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._unread or self._is_out("scanner"), timeout_s
            ):
                self._pass("scanner")
                return None
            self._pass("scanner")
            self._unread = False
            return self._traveller.mrz if self._traveller else None

    def wait_for_chip(self, timeout_s: float) -> VirtualChip | None:
        """Return the chip in the field, None when none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._chip or self._is_out("chip-reader"), timeout_s)
            self._pass("chip-reader")
            return self._chip

    def before_the_camera(self) -> tuple[int, Traveller | None]:
        """The traveller, and the number of the visit."""
        with self._changed:
            return self._visits, self._traveller

    def show(self, hint: str | None) -> None:
        """Show the traveller the request of the screen."""
        with self._changed:
            self._asked = hint

    @property
    def asked(self) -> str | None:
        """The last request to the traveller."""
        with self._changed:
            return self._asked

    def wait_for_change(self, seen: int, timeout_s: float) -> int:
        """Wait until the stage differs from version `seen`, return its version."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen, timeout_s)
            return self._version

    def touch(self) -> None:
        """Wake every thread that waits for a change."""
        with self._changed:
            self._notify()

    def inject(self, signal: LaneSignal) -> None:
        """Make the sensors of the lane report a signal: emergency, intrusion, assistance."""
        with self._changed:
            self._signals.append(signal)
            self._notify()

    def injected(self) -> LaneSignal | None:
        """Take the oldest injected signal."""
        with self._changed:
            return self._signals.popleft() if self._signals else None

    def unplug(self, role: str) -> None:
        """Pull the cable of a device; its next call fails."""
        with self._changed:
            self._unplugged.add(role)
            self._notify()

    def unplug_after(self, role: str, uses: int) -> None:
        """Pull the cable of a device during its work, after so many uses."""
        with self._changed:
            self._fuses[role] = uses, self._unplugged

    def plug(self, role: str) -> None:
        """Plug the cable in again."""
        with self._changed:
            self._fuses.pop(role, None)
            self._unplugged.discard(role)
            self._notify()

    def jam(self, role: str) -> None:
        """Let no call to a device return from now on, as a driver does whose hardware hangs."""
        with self._changed:
            self._jammed.add(role)
            self._notify()

    def jam_after(self, role: str, uses: int) -> None:
        """Jam a device in the middle of its work, after that many uses."""
        with self._changed:
            self._fuses[role] = uses, self._jammed

    def release(self, role: str) -> None:
        """Let the calls to a device return again, those that hang as well."""
        with self._changed:
            self._fuses.pop(role, None)
            self._jammed.discard(role)
            self._notify()

    def require_plugged(self, role: str) -> None:
        """Raise DeviceLost while the cable of a device is out; hang while it is jammed."""
        with self._changed:
            self._burn(role)
            self._pass(role)

    def _notify(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _burn(self, role: str) -> None:
        if role not in self._fuses:
            return
        uses, place = self._fuses.pop(role)
        if uses > 1:
            self._fuses[role] = uses - 1, place
        else:
            place.add(role)
            self._notify()

    def _is_out(self, role: str) -> bool:
        return role in self._unplugged

    def _pass(self, role: str) -> None:
        """What every call to a device comes through."""
        self._changed.wait_for(lambda: role not in self._jammed)
        if role in self._unplugged:
            raise DeviceLost(role, "is unplugged")


_stages: dict[str, Stage] = {}
_lock = threading.Lock()


def stage(name: str) -> Stage:
    """Return the stage of that name; the drivers of one lane name the same one."""
    with _lock:
        return _stages.setdefault(name, Stage())
