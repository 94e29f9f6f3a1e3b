"""A storm over real daemons: accidents in random order, each with its end, then an audit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from edge.gate.states import Topology
from tools.central.assembly import open_store
from tools.chaos.accidents import ACCIDENTS, Accident, Impossible
from tools.chaos.lane import SITE, Ground, Lane, Make, started
from tools.chaos.stories import judge
from tools.chaos.verdict import LaneVerdict, Row, Verdict, faults_of_a_lane
from tools.chaos.witness import PASSED, STARTED
from tools.fleet.audit import Audit, audit
from tools.fleet.central_process import CentralProcess
from tools.fleet.mosquitto import Mosquitto
from tools.simulation import card_service
from tools.simulation.card_service import Pcscd
from tools.specimen.issue import PORTRAITS, issue_all

BAR_S: Final = 30.0
CALM_S: Final = (1.0, 5.0)
SHORTEST_S: Final = 4.0
"""How long an accident lasts at least."""
FELT_S: Final = 60.0
"""How long an accident may last before the gate shows that it was hit."""
GIVEN_UP_S: Final = 120.0
"""How long a gate that is not back is waited for."""
DELIVERY_S: Final = 60.0
LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Weather:
    """What a storm is made of: the same seed takes the same accidents in the same order."""

    seed: int
    rounds: int
    """How often each accident happens; a round has a lane of its own."""
    names: Sequence[str] = tuple(ACCIDENTS)
    """Of the accidents."""
    bar_s: float = BAR_S
    """So soon after the end of a cause the gate must be back, without a hand."""
    longest_s: float = 10.0
    """How long an accident lasts at most, if it is felt by then."""


class Storm:
    """One storm in a folder; `run` once, `verdict` at any time."""

    def __init__(self, folder: Path, weather: Weather, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._weather = weather
        self._say = say
        self._chance = np.random.default_rng(weather.seed)
        self._rows: dict[str, Row] = {}
        self._lanes: list[LaneVerdict] = []
        self._audits: list[Audit] = []

    def verdict(self) -> Verdict:
        """What was found so far."""
        rows = sorted(self._rows.values(), key=lambda row: row.accident)
        weather = self._weather
        is_whole = len(self._lanes) == weather.rounds
        return Verdict(weather.seed, weather.bar_s, rows, self._lanes, self._audits, is_whole)

    def run(self) -> None:
        """Storm, calm and audit, as often as there are rounds.

        Raises:
            SettingsError: something that it needs is not installed.
        """
        with ExitStack() as stack:
            broker = stack.enter_context(Mosquitto(self._folder))
            central = CentralProcess(self._folder / "central", broker.port, workers=1)
            stack.callback(central.stop)
            specimens = self._folder / "specimens"
            now = datetime.now(UTC)  # noqa: TID251  # the tool is where the clock is
            issue_all(specimens, PORTRAITS, now, self._say)
            service = stack.enter_context(_card_service())
            ground = Ground(self._folder, specimens, broker.port, service)
            for number in range(self._weather.rounds):
                central.start()
                self._round(_make(number, service), ground, central)

    def _round(self, make: Make, ground: Ground, central: CentralProcess) -> None:
        with ExitStack() as stack:
            lane = started(make, ground, self._chance.spawn(1)[0], stack)
            self._say(f"chaos: {make.name} is {make.topology.value}, its reader {make.reader}")
            faults = self._wait_for_the_first(lane)
            if not faults:
                self._rage(lane)
            lane.travellers.close()
            faults += self._settle(lane, central, ground)
            stories = judge(lane.witness.since(0), lane.travellers.visits)
        longest_inside_s = lane.manager.presence.longest_inside_s
        faults += faults_of_a_lane(stories.passed, longest_inside_s)
        self._lanes.append(
            LaneVerdict(
                lane=f"{make.name} ({make.topology.value}, {make.reader})",
                passed=stories.passed,
                others=stories.others,
                referred=dict(stories.referred),
                starts=lane.manager.starts,
                longest_inside_s=round(longest_inside_s, 1),
                faults=faults + stories.faults + lane.manager.faults,
            )
        )

    def _wait_for_the_first(self, lane: Lane) -> list[str]:
        """Wait until a genuine traveller has passed before anything is broken."""
        if self._until_passed(lane) >= GIVEN_UP_S:
            return ["nobody passed although nothing was wrong", *lane.log.newest(5)]
        return []

    def _rage(self, lane: Lane) -> None:
        names = self._weather.names
        for name in (names[int(index)] for index in self._chance.permutation(len(names))):
            row = self._rows.setdefault(name, Row(name))
            calm_s = float(self._chance.uniform(*CALM_S))
            try:
                accident = ACCIDENTS[name](lane, self._chance)
            except Impossible as reason:
                row.missing = str(reason)
            else:
                time.sleep(calm_s)
                self._suffer(lane, accident, row)

    def _suffer(self, lane: Lane, accident: Accident, row: Row) -> None:
        """One accident, from its beginning until a genuine traveller has passed after its end."""
        self._say(f"chaos: {row.accident} ...")
        lasts_s = float(self._chance.uniform(SHORTEST_S, self._weather.longest_s))
        before = lane.witness.newest
        lane.manager.may_fail = accident.ends_the_process
        lane.travellers.tempted = accident.tempts
        felt = False
        try:
            accident.begin()
            began_s = time.monotonic()
            while time.monotonic() < began_s + (lasts_s if felt else max(FELT_S, lasts_s)):
                time.sleep(LOOK_S)
                accident.go_on()
                felt = felt or accident.is_felt(lane.witness.since(before))
        finally:
            accident.end()
            lane.travellers.tempted = ""
        back_s = self._until_passed(lane)
        lane.manager.may_fail = False
        row.seen += 1
        row.worst_s = max(row.worst_s, back_s)
        if not felt:
            row.faults.append("the gate did not show that it was hit")
        if back_s >= GIVEN_UP_S:
            row.faults.append(f"not back after {GIVEN_UP_S:.0f} s")
        elif back_s > self._weather.bar_s:
            row.faults.append(f"back after {back_s:.0f} s, later than {self._weather.bar_s:.0f} s")
        self._say(f"chaos: {row.accident}: back after {back_s:.1f} s")

    def _until_passed(self, lane: Lane) -> float:
        """Seconds until a genuine traveller has come and passed; at most GIVEN_UP_S."""
        began_s, before = time.monotonic(), lane.witness.newest
        lane.travellers.only_genuine = True
        try:
            while (passed_s := time.monotonic() - began_s) < GIVEN_UP_S:
                told = lane.witness.since(before)
                begun = {each.transaction for each in told if each.kind == STARTED}
                if any(each.kind == PASSED and each.transaction in begun for each in told):
                    return passed_s
                time.sleep(LOOK_S)
            return GIVEN_UP_S
        finally:
            lane.travellers.only_genuine = False

    def _settle(self, lane: Lane, central: CentralProcess, ground: Ground) -> list[str]:
        """Wait until everything is delivered, and compare both sides; what is wrong, in words."""
        end_s = time.monotonic() + DELIVERY_S
        while (waiting := lane.witness.undelivered) != 0 and time.monotonic() < end_s:
            time.sleep(LOOK_S)
        central.stop()
        store = open_store(central.settings)
        try:
            self._audits.append(audit(ground.gates_of(lane.make), SITE, store))
        finally:
            store.close()
        if waiting is None:
            return ["its journal cannot be read"]
        return [f"{waiting} events were not delivered in {DELIVERY_S:.0f} s"] if waiting else []


def _make(number: int, service: Pcscd | None) -> Make:
    """A mantrap with the reader of a real card service first, then a barrier, and so on."""
    topology = (Topology.MANTRAP, Topology.BARRIER)[number % 2]
    over_pcsc = service is not None and topology is Topology.MANTRAP
    return Make(f"lane-{number + 1}", topology, over_pcsc)


@contextmanager
def _card_service() -> Iterator[Pcscd | None]:
    """A card service of our own; None where there can be none."""
    if card_service.missing():
        yield None
        return
    service = Pcscd()
    service.start()
    try:
        yield service
    finally:
        service.proceed()
        service.stop()
