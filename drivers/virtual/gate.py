"""A virtual lane: doors that need time, a traveller who walks, and sensors."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Self

from pydantic import Field
from typing_extensions import override

from drivers.virtual.stage import Place, View
from drivers.virtual.stage_device import StageDevice, StageSettings
from edge.gate.states import Door, Sign, Topology
from edge.ports import LaneSignal

WAY_BACK = frozenset({Sign.SEE_OFFICER, Sign.CLOSED})


class Leaf:
    """One door leaf; `position` 0 is shut, 1 is open, and moving takes `travel_s` seconds."""

    def __init__(self, travel_s: float) -> None:
        self._travel_s = travel_s
        self.position = 0.0
        self.free = False

    def move(self, elapsed_s: float, blocked: bool) -> bool:
        """Move towards the goal; return whether this movement reached it."""
        goal = 1.0 if self.free and not blocked else 0.0
        if self.position == goal:
            return False
        reach = elapsed_s / self._travel_s
        distance = goal - self.position
        self.position = (
            goal if abs(distance) <= reach else self.position + reach * (1 if distance > 0 else -1)
        )
        return self.position == goal

    @property
    def moving(self) -> bool:
        """Whether the leaf is moving."""
        return 0.0 < self.position < 1.0 or self.free != (self.position == 1.0)


class VirtualGate(StageDevice):
    """Implements `edge.ports.GateHardware` on a stage."""

    ROLE = "gate"

    class Settings(StageSettings):
        """`driver = "virtual-gate"`."""

        topology: Topology = Topology.BARRIER
        door_travel_s: float = Field(default=0.6, gt=0, le=10)
        walk_s: float = Field(default=1.0, gt=0, le=30)
        lingers_s: float = Field(default=0.0, ge=0, le=600)
        """Stay of a traveller whose only way leads back, unless the next one is called."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings
        doors = [Door.EXIT] if settings.topology is Topology.BARRIER else list(Door)
        self._leaves = {door: Leaf(settings.door_travel_s) for door in doors}
        self._lock = threading.Lock()
        self._sign = Sign.CLOSED
        self._visit: int | None = None
        self._referred: int | None = None
        """The number of the last visit that was referred to an officer."""
        self._walk_ends_s: float | None = None
        self._shut_unsaid = False
        self._advanced_s = 0.0
        self._pending: deque[LaneSignal] = deque()

    @override
    def __enter__(self) -> Self:
        self._advanced_s = time.monotonic()
        return super().__enter__()

    @override
    def close(self) -> None:
        self._stand(frozenset(), Sign.CLOSED)

    def positions(self) -> dict[Door, float]:
        """How far each door is open, 0..1."""
        with self._lock:
            return {door: leaf.position for door, leaf in self._leaves.items()}

    def take(self, free: frozenset[Door], sign: Sign) -> None:
        self.probe()
        self._stand(free, sign)

    def wait_for_signal(self, timeout_s: float) -> LaneSignal | None:
        deadline_s = time.monotonic() + timeout_s
        seen = -1
        while True:
            self.probe()
            with self._lock:
                now_s = time.monotonic()
                self._advance(now_s)
                if self._pending:
                    return self._pending.popleft()
                wait_s = min(self._next_s(now_s), deadline_s) - now_s
            if now_s >= deadline_s:
                return None
            seen = self._stage.wait_for_change(seen, max(wait_s, 0.0))

    def _stand(self, free: frozenset[Door], sign: Sign) -> None:
        with self._lock:
            self._advance(time.monotonic())
            self._sign = sign
            if sign is Sign.SEE_OFFICER:
                self._referred = self._visit
            elif self._is_dismissed():
                self._walk_ends_s = None  # and it begins at once
            for door, leaf in self._leaves.items():
                leaf.free = door in free
            self._shut_unsaid = not free
        self._stage.touch()

    def _next_s(self, now_s: float) -> float:
        """The next moment at which something happens by itself."""
        if any(leaf.moving for leaf in self._leaves.values()):
            return now_s + 0.05
        return self._walk_ends_s if self._walk_ends_s is not None else float("inf")

    def _advance(self, now_s: float) -> None:
        injected = self._stage.injected()
        if injected is not None:
            self._pending.append(injected)
        self._move_doors(now_s - self._advanced_s)
        self._advanced_s = now_s
        self._notice_arrival()
        self._walk(now_s)

    def _move_doors(self, elapsed_s: float) -> None:
        everything_free = all(leaf.free for leaf in self._leaves.values())
        for door, leaf in self._leaves.items():
            others = [other for name, other in self._leaves.items() if name is not door]
            interlocked = not everything_free and any(other.position > 0 for other in others)
            if leaf.move(elapsed_s, blocked=interlocked) and leaf.position == 1.0:
                self._pending.append(LaneSignal.OPENED)
        if self._shut_unsaid and all(leaf.position == 0 for leaf in self._leaves.values()):
            self._shut_unsaid = False
            self._pending.append(LaneSignal.CLOSED)

    def _notice_arrival(self) -> None:
        """Look who is there: a new traveller, or one who was there when the sensors started."""
        seen = self._stage.look()
        if seen.place is Place.AWAY:
            self._walk_ends_s = None
            if self._visit is None:
                self._pending.append(LaneSignal.CLEARED)
        elif seen.visit != self._visit:
            self._walk_ends_s = None
            if seen.place is Place.INSIDE or self._settings.topology is Topology.BARRIER:
                self._pending.append(_counted(seen))
            elif self._visit is None:
                self._pending.append(LaneSignal.CLEARED)  # before the entry is not in the lane
        self._visit = seen.visit

    def _walk(self, now_s: float) -> None:
        """Let the traveller walk when a way is free, and arrive at the end of the walk."""
        if not self._has_way():
            self._walk_ends_s = None
        elif self._walk_ends_s is None:
            waits = not self._leads_on() and not self._is_dismissed()
            lingers_s = self._settings.lingers_s if waits else 0.0
            self._walk_ends_s = now_s + self._settings.walk_s + lingers_s
        elif now_s >= self._walk_ends_s:
            self._walk_ends_s = None
            self._arrive()

    def _has_way(self) -> bool:
        match self._stage.place:
            case Place.AWAY:
                return False
            case Place.BEFORE:
                back = self._sign in WAY_BACK or self._is_dismissed()
                return back or self._is_open(self._first_door())
            case Place.INSIDE:
                return any(self._is_open(door) for door in self._leaves)

    def _is_dismissed(self) -> bool:
        """Whether the referred traveller may go, because the gate calls the next one."""
        return self._referred == self._visit and self._sign is Sign.PRESENT_DOCUMENT

    def _leads_on(self) -> bool:
        """Whether the free way leads on, not back."""
        before = self._stage.place is Place.BEFORE and self._is_open(self._first_door())
        return before or self._is_open(Door.EXIT)

    def _arrive(self) -> None:
        first = self._first_door()
        place = self._stage.place
        if place is Place.BEFORE and self._is_open(first) and first is Door.ENTRY:
            self._stage.go_inside()
            self._pending.append(_counted(self._stage.look()))
            return
        passed = self._is_open(Door.EXIT)
        self._pending.append(LaneSignal.PASSED if passed else LaneSignal.CLEARED)
        self._stage.go()

    def _first_door(self) -> Door:
        return Door.ENTRY if Door.ENTRY in self._leaves else Door.EXIT

    def _is_open(self, door: Door) -> bool:
        return self._leaves[door].position == 1.0


def _counted(seen: View) -> LaneSignal:
    return LaneSignal.ENTERED if seen.people == 1 else LaneSignal.TAILGATING
