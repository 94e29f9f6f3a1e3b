"""What a gate can be told."""

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
    """The policy has spoken about a transaction."""

    transaction: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class TravellerPassed:
    """One person has walked out through the exit."""


@dataclass(frozen=True, slots=True)
class LaneCleared:
    """Whoever stood in the lane has walked back."""


@dataclass(frozen=True, slots=True)
class DoorsShut:
    """Every door has reached its shut position."""


class Alarm(StrEnum):
    """What the sensors may find wrong in a lane."""

    TAILGATING = "tailgating"
    WRONG_WAY = "wrong_way"
    INTRUSION = "intrusion"
    FORCED = "forced"
    HELD_OPEN = "held_open"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """The sensors found something wrong."""

    alarm: Alarm


@dataclass(frozen=True, slots=True)
class AssistRequested:
    """The traveller asks for a person."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The patience of the present state has run out."""


@dataclass(frozen=True, slots=True)
class DeviceMissing:
    """A device the gate cannot work without went away."""

    cabinet: bool = False
    """It is the gate cabinet itself: whatever was authorised must be withdrawn."""


@dataclass(frozen=True, slots=True)
class DevicesReady:
    """Every required device answers and nobody wants the gate out of service."""


@dataclass(frozen=True, slots=True)
class ServiceEnded:
    """The gate must not serve now: what it does could not be written down."""


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
    """An officer has looked and puts the gate back to work."""

    command: str | None = None
    """The id of the command it came by, if by any."""


@dataclass(frozen=True, slots=True)
class OfficerRelease:
    """An officer lets a referred traveller pass."""

    transaction: str
    alone: bool
    """The sensors count exactly one person in the lane, at this moment."""


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
