"""Composes what the two pages show from what the lane knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from edge.border.decision import Decision, Open
from edge.contract.rates.counts import Sums
from edge.contract.rates.interval import Interval
from edge.devices.supervisor import Status
from edge.gate.states import Inspecting, Sign, Topology, posture
from edge.lane.inspection import Inspection
from edge.lane.lane import Lane
from edge.lane.passages import Passage, Passages
from edge.lane.place import Place
from edge.lane.transaction import TransactionRunner
from edge.screen.views import (
    CheckView,
    DeviceView,
    DoorView,
    LaneView,
    OutboxView,
    PassageView,
    RateView,
    Scene,
    ShareView,
    TravellerView,
)

LANGUAGES = {
    "es": "ARG BOL CHL COL CRI CUB DOM ECU ESP GTM HND MEX NIC PAN PER PRY SLV URY VEN",
    "fr": "BEL FRA LUX MCO SEN CIV CMR",
    "ht": "HTI",
    "nl": "NLD SUR ABW CUW SXM",
    "pt": "AGO BRA CPV MOZ PRT",
}
_LANGUAGE_OF = {state: code for code, states in LANGUAGES.items() for state in states.split()}


def compose(
    place: Place, lane: Lane, runner: TransactionRunner, passages: Passages, outbox: OutboxView
) -> Scene:
    """Both pages at this moment."""
    stance = posture(lane.state)
    return Scene(
        traveller=_traveller(place, lane, runner.current),
        lane=LaneView(
            site=place.site,
            device=place.device,
            version=place.version,
            started_at=place.started_at,
            topology=place.topology,
            simulated=place.simulated,
            state=type(lane.state).__name__,
            maintenance=lane.maintenance,
            sign=stance.sign,
            doors={
                door: DoorView(free=door in stance.free, position=position)
                for door, position in lane.sensors.positions.items()
            },
            devices=tuple(_device(device.status) for device in lane.devices.every()),
            passages=tuple(_passages(passages)),
            outbox=outbox,
            rates=tuple(_rates(runner)),
            notices=runner.notices,
        ),
    )


def _traveller(place: Place, lane: Lane, inspection: Inspection | None) -> TravellerView:
    sign = posture(lane.state).sign
    if inspection is None:
        return TravellerView(sign=sign, simulated=place.simulated)
    if isinstance(lane.state, Inspecting) and _is_the_face_due(place, inspection):
        sign = Sign.LOOK_HERE
    progress = None if inspection.progress is None else round(inspection.progress * 100)
    return TravellerView(
        sign=sign,
        hint=inspection.hint if sign is Sign.LOOK_HERE else None,
        progress=progress if sign in {Sign.WAIT, Sign.LOOK_HERE} else None,
        simulated=place.simulated,
        language=_LANGUAGE_OF.get(inspection.issuing_state),
    )


def _is_the_face_due(place: Place, inspection: Inspection) -> bool:
    """Whether the camera needs the traveller, or at a barrier nothing but the face is left."""
    document_done = inspection.progress is None
    return inspection.hint is not None or (place.topology is Topology.BARRIER and document_done)


def _device(status: Status) -> DeviceView:
    return DeviceView(
        role=status.role,
        driver=status.driver,
        status=status.health.value,
        detail=status.detail.removeprefix(f"{status.role}: "),
    )


def _rates(runner: TransactionRunner) -> Iterable[RateView]:
    """Everybody, then by sex, then by age."""
    inspector = runner.inspector
    groups: dict[str, Sums] = {}
    told = sorted(inspector.rates.told.items(), key=lambda each: (each[0].sex, each[0].age))
    for place in range(3):
        for group, sums in told:
            name = ("all", group.sex, group.age)[place]
            groups.setdefault(name, Sums()).add(sums)
    for name, sums in groups.items():
        rate, alike = inspector.policy.false_match_rate, sums.alike
        compared = sums.travellers - sums.poor
        yield RateView(
            group=name,
            travellers=sums.travellers,
            not_matched=_share(sums.not_matched, compared, sums.false_non_matches),
            refused=_share(sums.refused, sums.travellers, sums.refusals),
            strangers=_share(alike.matches[rate], alike.comparisons, alike.false_matches(rate)),
        )


def _share(part: int, whole: int, interval: Interval) -> ShareView:
    return ShareView(part=part, whole=whole, low=interval.low, high=interval.high)


def _passages(passages: Iterable[Passage]) -> Iterable[PassageView]:
    for passage in passages:
        yield PassageView(
            transaction=passage.transaction[-8:],
            at=passage.at,
            decision=_word(passage.decision),
            passed=passage.passed if passage.opened or passage.released else None,
            released=passage.released,
            reasons=passage.reasons,
            checks=tuple(
                CheckView(id=check.id, result=check.result, detail=check.detail)
                for check in passage.checks
            ),
            timings_ms=passage.timings_ms,
        )


def _word(decision: Decision | None) -> Literal["open", "refer", "none"]:
    if decision is None:
        return "none"
    return "open" if isinstance(decision, Open) else "refer"
