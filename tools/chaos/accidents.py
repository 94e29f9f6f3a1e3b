"""What befalls a gate: each accident with its beginning, and the end of its cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np

from edge.checks import Reason
from tools.chaos.lane import Lane
from tools.chaos.witness import CLOSED, Told
from tools.simulation import small_disk
from tools.simulation.crowd import Crowd, largest, own_address

IDLE: Final = 2_000
MINUTE_S: Final = 60.0
HOUR_S: Final = 60 * MINUTE_S
DAY_S: Final = 24 * HOUR_S
BACK: Final = (-3 * MINUTE_S, -5 * HOUR_S, -30 * DAY_S)
"""On the day of the last one the expired document of the specimens, and its signer, are valid."""
FORTH: Final = (20 * MINUTE_S, 26 * HOUR_S, 200 * DAY_S)

Felt: TypeAlias = Callable[[Sequence[Told]], bool]


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Accident:
    """One thing that happens to a gate."""

    begin: Callable[[], None]
    end: Callable[[], None]
    """Ends the cause; nobody touches the gate."""
    is_felt: Felt
    """Whether the events since its beginning show that it hit the gate, or that the gate served."""
    go_on: Callable[[], None] = _nothing
    """Called every now and then until the end."""
    tempts: str = ""
    """Who would profit, of those who must be referred."""
    ends_the_process: bool = False
    """Whether the daemon may end with a fault meanwhile, to be started again."""


class Impossible(Exception):
    """This machine or this lane cannot have that accident; the message says why."""


Build: TypeAlias = Callable[[Lane, np.random.Generator], Accident]
"""Prepares an accident of a lane; raises Impossible."""


def _served(events: Sequence[Told]) -> bool:
    return any(each.kind == CLOSED for each in events)


def _lost(role: str) -> Felt:
    return lambda events: any(
        each.kind == "device.peripheral_lost" and each.data.get("role") == role for each in events
    )


def _distrusted(events: Sequence[Told]) -> bool:
    return any(Reason.CLOCK in each.data.get("reasons", ()) for each in events)


def _stalled_log(lane: Lane, _: np.random.Generator) -> Accident:
    return Accident(lane.log.stall, lane.log.resume, _served, lane.log.stall)


def _stuck_card_service(lane: Lane, _: np.random.Generator) -> Accident:
    service = lane.card_service
    if service is None:
        raise Impossible("its reader is a virtual one")
    return Accident(service.hang, service.proceed, _lost("chip-reader"))


def _silent_chip(lane: Lane, _: np.random.Generator) -> Accident:
    """A command to a chip that never returns: of a real reader, or of the virtual one."""
    if lane.card_service is None:
        return _broken(lane, "chip-reader", "jam", "release")
    silence = lane.travellers.silence
    return Accident(silence.begin, silence.end, _lost("chip-reader"))


def _camera_pulled(lane: Lane, _: np.random.Generator) -> Accident:
    return _broken(lane, "camera", "unplug", "plug")


def _camera_stuck(lane: Lane, _: np.random.Generator) -> Accident:
    return _broken(lane, "camera", "jam", "release")


def _broken(lane: Lane, role: str, breaks: str, mends: str) -> Accident:
    return Accident(
        lambda: lane.manager.harm(role, f"{breaks} {role}"),
        lambda: lane.manager.mend(role, f"{mends} {role}"),
        _lost(role),
    )


def _camera_missing_at_the_start(lane: Lane, chance: np.random.Generator) -> Accident:
    pulled = _camera_pulled(lane, chance)

    def begin() -> None:
        lane.manager.down()
        pulled.begin()
        lane.manager.up()

    def felt(events: Sequence[Told]) -> bool:
        return lane.manager.is_ready and pulled.is_felt(events)

    return Accident(begin, pulled.end, felt)


def _clock_set_back(lane: Lane, chance: np.random.Generator) -> Accident:
    return _clock_wrong(lane, _one_of(BACK, chance), "expired-document")


def _clock_set_forth(lane: Lane, chance: np.random.Generator) -> Accident:
    return _clock_wrong(lane, _one_of(FORTH, chance))


def _clock_back_after_a_power_cut(lane: Lane, chance: np.random.Generator) -> Accident:
    """A computer without a battery for its clock."""
    wrong = _clock_set_back(lane, chance)

    def begin() -> None:
        wrong.begin()
        lane.manager.cut_power()

    return Accident(begin, wrong.end, wrong.is_felt, tempts=wrong.tempts)


def _clock_forth_until_a_power_cut(lane: Lane, chance: np.random.Generator) -> Accident:
    """The newest event of the journal is of the future."""
    wrong = _clock_set_forth(lane, chance)

    def end() -> None:
        lane.manager.cut_power()
        wrong.end()

    return Accident(wrong.begin, end, wrong.is_felt)


def _clock_wrong(lane: Lane, by_s: float, tempts: str = "") -> Accident:
    return Accident(
        lambda: lane.manager.harm("clock", f"clock {by_s}"),
        lambda: lane.manager.mend("clock", "clock 0"),
        _distrusted,
        tempts=tempts,
    )


def _one_of(choices: Sequence[float], chance: np.random.Generator) -> float:
    return choices[int(chance.integers(len(choices)))]


def _no_inodes(lane: Lane, _: np.random.Generator) -> Accident:
    disk = lane.disk
    if disk is None:
        raise Impossible(small_disk.missing())
    return Accident(disk.use_up_inodes, disk.relieve, _served, disk.use_up_inodes)


def _no_inodes_at_the_start(lane: Lane, chance: np.random.Generator) -> Accident:
    running = _no_inodes(lane, chance)
    starts = 0

    def begin() -> None:
        nonlocal starts
        with lane.witness.looking_away:
            lane.manager.down()
            running.begin()
        starts = lane.manager.starts
        lane.manager.up()

    def felt(_: Sequence[Told]) -> bool:
        return lane.manager.starts > starts + 1

    return Accident(begin, running.end, felt, running.go_on, ends_the_process=True)


def _idle_connections(lane: Lane, _: np.random.Generator) -> Accident:
    if largest(IDLE) < IDLE:
        raise Impossible("this process may not hold as many connections: ulimit -n")
    crowd = Crowd(own_address() or "127.0.0.1", lane.port, IDLE)
    full = False

    def fill() -> None:
        nonlocal full
        with suppress(OSError):  # the gate takes none of them for now
            crowd.fill()
            full = True

    return Accident(fill, crowd.close, lambda events: full and _served(events), fill)


ACCIDENTS: Final[Mapping[str, Build]] = MappingProxyType(
    {
        "log stalled": _stalled_log,
        "card service stuck": _stuck_card_service,
        "chip falls silent": _silent_chip,
        "camera pulled": _camera_pulled,
        "camera stuck": _camera_stuck,
        "camera missing at the start": _camera_missing_at_the_start,
        "clock set back": _clock_set_back,
        "clock set forth": _clock_set_forth,
        "clock back after a power cut": _clock_back_after_a_power_cut,
        "clock forth until a power cut": _clock_forth_until_a_power_cut,
        "no inodes while it runs": _no_inodes,
        "no inodes at the start": _no_inodes_at_the_start,
        "2,000 idle connections": _idle_connections,
    }
)
"""By their names in the table."""
