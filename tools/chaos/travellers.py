"""Travellers before one gate, one after the other: genuine ones, and others who must not pass."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from typing_extensions import override

from drivers.virtual.chip.personalisation import Personalisation
from edge.errors import DeviceError
from edge.ports import Closeable
from tools.chaos.chip_in_hand import ChipInHand, Silence
from tools.chaos.witness import CLOSED, STARTED, Witness
from tools.simulation.card_service import Hands
from tools.simulation.script import Fault
from tools.specimen.issue import SCENARIOS

GENUINE: Final = "genuine"
OTHERS: Final = tuple(s.name for s in SCENARIOS if s.reasons and s.fault is Fault.NONE)
"""Those who must be referred, whatever happens around them."""
ONE_GENUINE_IN: Final = 2
ANSWER_S: Final = 40.0
"""Longer than a gate that is not ready lets an order wait."""
PAUSE_S: Final = 0.2
BEGIN_S: Final = 8.0
"""How long a gate may take to notice a document; one that went out of service does not."""
STORY_S: Final = 150.0
"""Far longer than any transaction lasts."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A traveller stepped up after the event with this sequence."""

    name: str
    after: int


class Reception:
    """Asks a gate in training for its travellers, as the simulator panel does."""

    def __init__(self, port: int) -> None:
        self._port = port

    def send(self, name: str) -> bool:
        """Let a specimen step up; False when the gate asks for nobody, or is not there."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_S)
        head = {"Content-Type": "application/json"}
        try:
            connection.request("POST", "/simulator/run", json.dumps({"scenario": name}), head)
            return connection.getresponse().status == http.client.ACCEPTED
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class Travellers(Closeable):
    """Come while entered.  `visits` says who came, in order."""

    def __init__(
        self,
        specimens: Path,
        reception: Reception,
        witness: Witness,
        chance: np.random.Generator,
        hands: Hands | None,
    ) -> None:
        self._chips = _chips(specimens) if hands is not None else {}
        self._reception = reception
        self._witness = witness
        self._chance = chance
        self._hands = hands
        self._laid: str | None = None
        self.silence = Silence()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._come, daemon=True)
        self.only_genuine = False
        """Whether nobody else comes for now."""
        self.tempted = ""
        """Who comes oftener for now, because what is broken may let this one through."""
        self.visits: list[Visit] = []

    @override
    def __enter__(self) -> Self:
        self._thread.start()
        return self

    @override
    def close(self) -> None:
        """Let no more come, and wait until the last one has gone."""
        self._over.set()
        self._thread.join()
        with suppress(DeviceError, OSError):
            self._take_away()

    def _come(self) -> None:
        while not self._over.is_set():
            name = self._next()
            try:
                self._lay(name)
                before = self._witness.newest
                if self._reception.send(name):
                    self.visits.append(Visit(name, before))
                    self._until_over(before)
                    self._take_away()
            except (DeviceError, OSError):  # the card service: it is what may break
                self._laid = None
            self._over.wait(PAUSE_S)

    def _next(self) -> str:
        if self.only_genuine or self._chance.integers(ONE_GENUINE_IN) == 0:
            return GENUINE
        if self.tempted and self._chance.integers(2) == 0:
            return self.tempted
        return OTHERS[int(self._chance.integers(len(OTHERS)))]

    def _until_over(self, before: int) -> None:
        """Wait for the end of the transaction that begins now; not for one that never begins."""
        began_s, begun = time.monotonic(), False
        while time.monotonic() < began_s + (STORY_S if begun else BEGIN_S):
            kinds = {told.kind for told in self._witness.since(before)}
            begun |= STARTED in kinds
            if begun and CLOSED in kinds:
                return
            time.sleep(PAUSE_S)

    def _lay(self, name: str) -> None:
        if self._hands is None or self._laid == name:
            return
        self._take_away()
        chip = self._chips.get(name)
        if chip is not None:
            self._hands.lay_chip(ChipInHand(chip, self.silence), chip.atr)
            self._laid = name

    def _take_away(self) -> None:
        if self._hands is not None:
            self._laid = None
            self._hands.take_away()


def _chips(specimens: Path) -> Mapping[str, Personalisation]:
    return {
        name: Personalisation.load(specimens / name / "chip")
        for name in (GENUINE, *OTHERS)
        if (specimens / name / "chip").is_dir()
    }
