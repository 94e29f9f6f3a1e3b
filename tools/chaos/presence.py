"""Where the traveller of a lane stands, and how long one stood inside at most."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

from drivers.virtual.stage import Place


class Presence:
    """Hears the places of a lane's travellers from its process."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._longest_s = 0.0

    @property
    def longest_inside_s(self) -> float:
        """The longest time somebody stood inside, whoever stands there now included."""
        since_s = self._since_s
        now_s = 0.0 if since_s is None else time.monotonic() - since_s
        return max(self._longest_s, now_s)

    def hear(self, wire: socket.socket) -> None:
        """Listen until the process ends: its travellers end with it."""
        with suppress(OSError, ValueError), wire.makefile("r", encoding="ascii") as places:
            for place in places:
                self.note(Place[place.strip()])
        self.note(Place.AWAY)

    def note(self, place: Place) -> None:
        """The traveller went to a place."""
        if place is Place.INSIDE:
            self._since_s = self._since_s or time.monotonic()
        else:
            self._longest_s = self.longest_inside_s
            self._since_s = None
