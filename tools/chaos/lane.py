"""One lane under accidents: the daemon, its travellers, and everything around it that can break."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Final

import numpy as np

from edge.gate.states import Topology
from edge.settings.loader import Table
from tools.chaos.log_pipe import LogPipe
from tools.chaos.service_manager import ServiceManager
from tools.chaos.travellers import Reception, Travellers
from tools.chaos.witness import Witness
from tools.simulation import small_disk
from tools.simulation.card_service import READER, Hands, Pcscd
from tools.simulation.lane_file import virtual_lane, write
from tools.simulation.small_disk import SmallDisk

SITE: Final = "chaos"
ROOM: Final = "64m"
INODES: Final = 200


@dataclass(frozen=True, slots=True)
class Make:
    """How a lane is built: the topology, and whether its reader is that of a real card service."""

    name: str
    topology: Topology
    over_pcsc: bool

    @property
    def reader(self) -> str:
        """The kind of its reader."""
        return "that of pcscd" if self.over_pcsc else "virtual"


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane that runs."""

    make: Make
    port: int
    manager: ServiceManager
    log: LogPipe
    witness: Witness
    travellers: Travellers
    card_service: Pcscd | None
    disk: SmallDisk | None
    """Where its journal is; None where nobody may mount one."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What several lanes share: folder, specimens, broker, and the card service if there is one."""

    folder: Path
    specimens: Path
    broker_port: int
    card_service: Pcscd | None

    def gates_of(self, make: Make) -> Path:
        """The folder of one gate's folder, as the audit of a fleet takes it."""
        return self.folder / "gates" / make.name


def started(make: Make, ground: Ground, chance: np.random.Generator, stack: ExitStack) -> Lane:
    """Start a lane and its travellers; `stack` ends them."""
    home = ground.folder / "lanes" / make.name
    home.mkdir(parents=True)
    state = ground.gates_of(make) / make.name
    state.mkdir(parents=True)
    disk = None
    if not small_disk.missing():
        disk = stack.enter_context(SmallDisk(state, ROOM, INODES))
        stack.callback(copytree, state, home / "state")  # once the lane has ended
    table = _settings(make, ground, home, state)
    log = stack.enter_context(LogPipe(home / "egated.log"))
    manager = ServiceManager(write(home / "gate.toml", table), home, log)
    stack.enter_context(manager)
    witness = Witness(state / "journal.db")
    card_service = ground.card_service if make.over_pcsc else None
    port = int(table["screen"]["port"])
    travellers = Travellers(
        ground.specimens,
        Reception(port),
        witness,
        chance,
        None if card_service is None else Hands(card_service),
    )
    stack.enter_context(travellers)
    return Lane(make, port, manager, log, witness, travellers, card_service, disk)


def _settings(make: Make, ground: Ground, home: Path, state: Path) -> Table:
    found = virtual_lane(home, ground.specimens)
    found |= {
        "site": SITE,
        "device": make.name,
        "topology": make.topology.value,
        "state_dir": str(state),
        "clock": {"hardware_error_s": 0},
        "chip": {"wait_s": 2.0},
        "face": {"patience_s": 20.0, "answer_s": 1.5},
        "broker": {"host": "127.0.0.1", "port": ground.broker_port, "keepalive_s": 5},
        # The disk is small on purpose; what was acknowledged is compared at the end.
        "journal": {"alarm_free_mb": 0, "stop_free_mb": 0, "keep_h": 8760},
    }
    found["screen"]["host"] = "0.0.0.0"  # noqa: S104  # idle peers may come from elsewhere
    found["simulation"] |= {"broker": False, "central": False}
    found["devices"]["gate"]["topology"] = make.topology.value
    found["devices"]["camera"] |= {"frames_per_s": 10, "hurried": True}
    if make.over_pcsc:
        found["devices"]["chip-reader"] = {"driver": "pcsc", "reader": READER}
    return found
