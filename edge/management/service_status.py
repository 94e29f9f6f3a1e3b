"""How a gate stands, in one line for people: `systemctl status egated`."""

from __future__ import annotations

from edge.contract.messages import Stall
from edge.gate.states import Alarmed, Evacuating, Maintenance, OutOfService, Vacating
from edge.journal.capacity import StorageWatch
from edge.journal.writer import JournalWriter
from edge.lane.lane import Lane

UNCOUNTED = "the cabinet has not said yet who stands there"


def service_status(lane: Lane, journal_fault: str, delivery_fault: str) -> str:
    """Whether the gate serves travellers and delivers, and why not; an empty fault is none."""
    serving = _serving(lane, journal_fault)
    return f"{serving}; {delivery_fault}" if delivery_fault else serving


def delivery_fault(stall: Stall | None, depth: int) -> str:
    """Why `depth` events wait for the central system; empty when nothing is stalled."""
    if stall is None:
        return ""
    if not stall.delivered:
        cause = f"the broker does not take event {stall.sequence} (sent {stall.sent} times"
    elif stall.requested:
        cause = (
            f"the central system does not take event {stall.sequence} (delivered"
            f" {stall.delivered} times, asked for again {stall.requested} times"
        )
    else:
        cause = (
            f"the central system does not acknowledge event {stall.sequence} (delivered"
            f" {stall.delivered} times"
        )
    return f"{cause}); {max(0, depth - 1)} events wait behind it"


def _serving(lane: Lane, journal_fault: str) -> str:
    match lane.state:
        case Evacuating():
            return "evacuation: the doors are free until an officer resets the gate"
        case Alarmed(alarm=alarm):
            return f"alarm {alarm.value}: an officer resets the gate"
        case Vacating():
            return "out of service: somebody stands inside and finds the way back free"
        case Maintenance():
            return "out of service by order"
        case OutOfService():
            return f"out of service: {_missing(lane) or journal_fault or UNCOUNTED}"
        case _:
            return "in service"


def journal_fault(journal_writer: JournalWriter, storage: StorageWatch) -> str:
    """Why the journal keeps travellers from being served; empty when it does not."""
    if not journal_writer.may_serve:
        return "the journal cannot be written"
    return "" if storage.may_serve else f"the journal is {storage.verdict.detail}"


def _missing(lane: Lane) -> str:
    missing = [device.status for device in lane.devices.every() if not device.ready]
    return "; ".join(each.detail or f"{each.role}: is being opened" for each in missing)
