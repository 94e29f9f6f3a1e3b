"""Sends specimen travellers onto the stage of a virtual lane, with what goes wrong around them."""

from __future__ import annotations

import difflib
import threading
from pathlib import Path
from typing import Protocol

from drivers.virtual.stage import Place, Stage
from edge.errors import SettingsError
from edge.screen.simulator import SimulatorRefused
from tools.simulation.script import Fault, Script, load, read_script

USES_BEFORE_FAULT = 12
"""Commands the reader still passes on before it fails: enough to be mid-read."""
LONGEST_VISIT_S = 120.0
MENDING_S = 10.0
"""How long the next traveller waits until what the last one broke is plugged in again."""


class Cuttable(Protocol):
    """A broker that can be taken away and brought back."""

    def kill(self) -> None:
        """Take it away at once."""

    def start(self) -> None:
        """Bring it back; does nothing when it runs."""


class Simulator:
    """The specimens of a folder, one traveller at a time.  Thread-safe."""

    def __init__(self, specimens: Path, stage: Stage, broker: Cuttable | None) -> None:
        self._specimens = specimens
        self._stage = stage
        self._broker = broker
        self.broker_is_away = False
        """Whether somebody has taken the broker away until further notice."""
        self._switching = threading.Lock()
        """Held while the broker is taken away or brought back."""
        self._busy = threading.Lock()

    def scripts(self) -> dict[str, Script]:
        """The specimens by name; SettingsError when they have not been issued."""
        found = sorted(self._specimens.glob("*/traveller.toml"))
        if not found:
            raise SettingsError(
                f"no specimens in {self._specimens}; run: "
                f"gatectl specimen issue --out {self._specimens}"
            )
        return {path.parent.name: read_script(path.parent) for path in found}

    def send(self, name: str) -> None:
        """Let a specimen traveller step up, and return while the passage goes on.

        Raises:
            SimulatorRefused: there is no such specimen (the message names the nearest), or
                somebody stands in the lane.
        """
        scripts = self.scripts()
        if name not in scripts:
            near = difflib.get_close_matches(name, scripts, n=3)
            raise SimulatorRefused(f"no scenario `{name}`; there is: {', '.join(near or scripts)}")
        fault = scripts[name].fault
        patience_s = MENDING_S if self.is_lane_empty else 0.0
        if not self._busy.acquire(timeout=patience_s):
            raise SimulatorRefused("somebody stands in the lane; wait until it is empty")
        try:
            traveller = load(self._specimens / name)
            self._break(fault)
            self._stage.come(traveller)
        except BaseException:
            self._busy.release()
            raise
        threading.Thread(
            target=self._mend_afterwards, args=(fault,), name="simulator", daemon=True
        ).start()

    @property
    def is_lane_empty(self) -> bool:
        """Whether nobody stands in the lane."""
        return self._stage.place is Place.AWAY

    def wait_until_mended(self, timeout_s: float) -> bool:
        """Wait until the traveller has left and everything is plugged in again."""
        free = self._busy.acquire(timeout=timeout_s)
        if free:
            self._busy.release()
        return free

    def take_broker_away(self, away: bool) -> None:
        """Kill the broker of the virtual lane, or bring it back; SimulatorRefused without one."""
        if self._broker is None:
            raise SimulatorRefused("this lane runs without its own broker")
        with self._switching:
            if away:
                self._broker.kill()
            else:
                self._broker.start()
            self.broker_is_away = away

    def _break(self, fault: Fault) -> None:
        if fault is Fault.READER_UNPLUGGED:
            self._stage.unplug_after("chip-reader", USES_BEFORE_FAULT)
        if fault is Fault.READER_JAMMED:
            self._stage.jam_after("chip-reader", USES_BEFORE_FAULT)
        elif fault.jammed:
            self._stage.jam(fault.jammed)
        if fault is Fault.BROKER_AWAY and self._broker is not None:
            self._broker.kill()

    def _mend_afterwards(self, fault: Fault) -> None:
        try:
            self._stage.wait_until_empty(LONGEST_VISIT_S)
            if fault is Fault.READER_UNPLUGGED:
                self._stage.plug("chip-reader")
            if fault.jammed:
                self._stage.release(fault.jammed)
            if fault is Fault.BROKER_AWAY and self._broker is not None:
                with self._switching:
                    if not self.broker_is_away:
                        self._broker.start()
        finally:
            self._busy.release()
