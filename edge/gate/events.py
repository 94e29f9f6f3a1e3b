"""The events of a gate: what sensors, people and the policy report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from edge.border.decision import Decision


@dataclass(frozen=True, slots=True)
class DocumentPresented:
    """A document lies on the scanner; a transaction begins."""

    transaction: str


@dataclass(frozen=True, slots=True)
class DocumentPassed:
    """Mantrap: document and chip are in order; the traveller may step inside."""

    transaction: str


@dataclass(frozen=True, slots=True)
class TravellerInside:
    """The sensors see exactly one person in the lane."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The policy has decided about a transaction."""

    transaction: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class TravellerPassed:
    """One person has walked out through the exit."""


@dataclass(frozen=True, slots=True)
class LaneCleared:
    """The person in the lane has walked back."""


@dataclass(frozen=True, slots=True)
class DoorsShut:
    """Every door has reached its closed position."""


class Alarm(StrEnum):
    """The faults that sensors can report in a lane."""

    TAILGATING = "tailgating"
    WRONG_WAY = "wrong_way"
    INTRUSION = "intrusion"
    FORCED = "forced"
    HELD_OPEN = "held_open"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """The sensors report a fault."""

    alarm: Alarm


@dataclass(frozen=True, slots=True)
class AssistRequested:
    """The traveller asks for a person."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The time limit of the state has passed."""


@dataclass(frozen=True, slots=True)
class DeviceMissing:
    """A device that the gate needs is gone."""

    cabinet: bool = False
    """The gate cabinet itself is gone: an authorisation must be withdrawn."""


@dataclass(frozen=True, slots=True)
class DevicesReady:
    """Every required device answers, and no person took the gate out of service."""


@dataclass(frozen=True, slots=True)
class ServiceEnded:
    """The gate must not serve: it cannot write its events."""


@dataclass(frozen=True, slots=True)
class MaintenanceBegun:
    """A person takes the gate out of service."""


@dataclass(frozen=True, slots=True)
class MaintenanceEnded:
    """A person puts the gate back into service."""


@dataclass(frozen=True, slots=True)
class EmergencyRaised:
    """The fire panel or the emergency release demands free egress."""


@dataclass(frozen=True, slots=True)
class EmergencyCleared:
    """The emergency input is quiet again."""


@dataclass(frozen=True, slots=True)
class OfficerReset:
    """An officer has looked at the gate and puts it back into service."""

    command: str | None = None
    """The id of the command that asked for it, if any."""


@dataclass(frozen=True, slots=True)
class OfficerRelease:
    """An officer lets a referred traveller pass."""

    transaction: str
    alone: bool
    """At this moment the sensors count exactly one person in the lane."""


Event: TypeAlias = (
    DocumentPresented
    | DocumentPassed
    | TravellerInside
    | Decided
    | TravellerPassed
    | LaneCleared
    | DoorsShut
    | AlarmRaised
    | AssistRequested
    | TimedOut
    | DeviceMissing
    | DevicesReady
    | ServiceEnded
    | MaintenanceBegun
    | MaintenanceEnded
    | EmergencyRaised
    | EmergencyCleared
    | OfficerReset
    | OfficerRelease
)
