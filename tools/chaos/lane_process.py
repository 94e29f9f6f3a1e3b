"""`egated` on a virtual lane whose cables are pulled and whose clock is set from outside.

The clock of the computer is everybody's, so the daemon has one of its own.  libfaketime would do it
from outside, but then Python 3.11 cannot sleep (wolfcw/libfaketime #426).

A wire to whoever started it carries one order a line (`unplug camera`, `plug camera`, `jam camera`,
`release camera`, `clock SECONDS`, `start`), and back one line for each place of the traveller.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from drivers.virtual.stage import Place, Stage, stage
from edge.__main__ import run_lane
from edge.host.freed_memory import wipe_what_is_freed

START = "start"
LOOK_S = 1.0


class SettableClock:
    """The clock of this computer, and by how much somebody has set it wrong."""

    def __init__(self) -> None:
        self.wrong_by = timedelta()

    def __call__(self) -> datetime:
        """The moment it shows."""
        return datetime.now(UTC) + self.wrong_by  # noqa: TID251  # here it is injected from


def serve(config: Path, wire: int) -> int:
    """Run the lane once the wire says so; the exit status.  The end of the wire ends it."""
    wipe_what_is_freed()  # first of all: it may start this program again
    clock, where = SettableClock(), stage("lane")
    link = socket.socket(fileno=wire)
    orders = link.makefile("r", encoding="ascii")
    for line in orders:
        if line.strip() == START:
            break
        obey(line, where, clock)
    for work in (lambda: _obey_all(orders, where, clock), lambda: _tell_places(link, where)):
        threading.Thread(target=work, daemon=True).start()
    return run_lane(config, clock=clock)


def obey(order: str, where: Stage, clock: SettableClock) -> None:
    """Do what a line says; ValueError when it says nothing of this kind."""
    match order.split():
        case ["unplug", role]:
            where.unplug(role)
        case ["plug", role]:
            where.plug(role)
        case ["jam", role]:
            where.jam(role)
        case ["release", role]:
            where.release(role)
        case ["clock", seconds]:
            clock.wrong_by = timedelta(seconds=float(seconds))
        case _:
            raise ValueError(f"no order: {order!r}")


def _obey_all(orders: IO[str], where: Stage, clock: SettableClock) -> None:
    with suppress(OSError):
        for line in orders:
            obey(line, where, clock)
    os.kill(os.getpid(), signal.SIGTERM)


def _tell_places(link: socket.socket, where: Stage) -> None:
    seen, told = -1, None
    with suppress(OSError):
        while True:
            seen = where.wait_for_change(seen, LOOK_S)
            place: Place = where.place
            if place is not told:
                told = place
                link.sendall(f"{place.name}\n".encode("ascii"))
