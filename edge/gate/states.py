"""Where a gate can be, and what each place looks like from outside.

Doors, sign and patience are functions of the state: one table to read, none to keep in step.
One machine serves two topologies.  At a *barrier* the document, the chip and the face are
examined in front of a single door (`EXIT`).  In a *mantrap* the document opens the `ENTRY` door
and the face, inside, opens the `EXIT` door.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from edge.checks import Reason
from edge.gate.events import Alarm


class Topology(StrEnum):
    """How the lane is built."""

    BARRIER = "barrier"
    MANTRAP = "mantrap"


class Door(StrEnum):
    """The doors of a lane; a barrier has only the exit."""

    ENTRY = "entry"
    EXIT = "exit"


class Sign(StrEnum):
    """What the traveller display says."""

    CLOSED = "closed"
    PRESENT_DOCUMENT = "present-document"
    WAIT = "wait"
    ENTER = "enter"
    LOOK_HERE = "look-here"
    GO = "go"
    SEE_OFFICER = "see-officer"
    EVACUATE = "evacuate"


@dataclass(frozen=True, slots=True)
class OutOfService:
    """A device the gate cannot work without is missing, or nothing can be written down."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A person took the gate out of service, until a person puts it back."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Waiting for a document."""


@dataclass(frozen=True, slots=True)
class Inspecting:
    """Reading and checking a document; at a barrier the face as well."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Entering:
    """Mantrap: the document passed; waiting for one traveller to stand inside."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Enclosing:
    """Mantrap: one traveller is inside, the entry is shutting."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Verifying:
    """Mantrap: the doors are shut around the traveller; matching the face."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Authorised:
    """Open was decided; the exit is free for one traveller."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """The authorisation was not used in time; the exit is shutting."""

    transaction: str
    left: bool = False
    """The traveller walked back meanwhile: the lane is empty."""


@dataclass(frozen=True, slots=True)
class Referred:
    """The traveller is sent to an officer; whoever is inside finds the way back free."""

    transaction: str
    reasons: frozenset[Reason]
    inside: bool
    """Whether the traveller may stand in the mantrap; before its entry the door stays shut."""
    occupied: bool = False
    """The sensors of the mantrap see a person."""


@dataclass(frozen=True, slots=True)
class Releasing:
    """Mantrap: an officer lets the traveller inside pass; the entry is shutting first."""

    transaction: str
    reasons: frozenset[Reason]
    """Of the referral, which stands again when the entry cannot be shut around one person."""


@dataclass(frozen=True, slots=True)
class Released:
    """An officer lets the referred traveller pass; the exit is free for this one."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Vacating:
    """Mantrap: a person stands inside and no transaction is theirs; they find the way back free."""

    shut: bool = False
    """The doors were seen shut; only then is the way back freed (interlock)."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The lane is empty; the doors are shutting after a passage or a referral."""


@dataclass(frozen=True, slots=True)
class Alarmed:
    """Somebody is where nobody may be, or a door is not where it must be: an officer resets."""

    alarm: Alarm
    shut: bool = False
    """The doors were seen shut since; only then is the way back freed (interlock)."""
    occupied: bool = False
    """The sensors of the mantrap see a person."""


@dataclass(frozen=True, slots=True)
class Evacuating:
    """Free egress until a person resets the gate after the emergency."""

    over: bool = False
    """The emergency input is quiet again; a reset is now accepted."""
    occupied: bool = False
    """The sensors of the mantrap see a person."""


State: TypeAlias = (
    OutOfService
    | Maintenance
    | Ready
    | Inspecting
    | Entering
    | Enclosing
    | Verifying
    | Authorised
    | Withdrawing
    | Referred
    | Releasing
    | Released
    | Vacating
    | Closing
    | Alarmed
    | Evacuating
)


@dataclass(frozen=True, slots=True)
class Posture:
    """How the gate stands: which doors are free, what the sign says, how long it waits."""

    free: frozenset[Door]
    sign: Sign
    patience_s: float | None = None
    """Seconds before TimedOut; None waits for ever."""


NONE: frozenset[Door] = frozenset()
ENTRY = frozenset({Door.ENTRY})
EXIT = frozenset({Door.EXIT})


def posture(state: State) -> Posture:
    """What the hardware must show while in a state."""
    match state:
        case OutOfService() | Maintenance():
            return Posture(NONE, Sign.CLOSED)
        case Ready():
            return Posture(NONE, Sign.PRESENT_DOCUMENT)
        case Inspecting():
            return Posture(NONE, Sign.WAIT, patience_s=30)
        case Entering():
            return Posture(ENTRY, Sign.ENTER, patience_s=20)
        case Enclosing():
            return Posture(NONE, Sign.WAIT, patience_s=10)
        case Verifying():
            return Posture(NONE, Sign.LOOK_HERE, patience_s=25)
        case Authorised():
            return Posture(EXIT, Sign.GO, patience_s=15)
        case Withdrawing():
            return Posture(NONE, Sign.SEE_OFFICER, patience_s=10)
        case Referred(inside=inside):
            return Posture(ENTRY if inside else NONE, Sign.SEE_OFFICER)
        case Releasing():
            return Posture(NONE, Sign.WAIT, patience_s=10)
        case Released():
            return Posture(EXIT, Sign.GO, patience_s=20)
        case Vacating(shut=True):
            return Posture(ENTRY, Sign.SEE_OFFICER)
        case Vacating():
            return Posture(NONE, Sign.SEE_OFFICER, patience_s=10)
        case Closing():
            return Posture(NONE, Sign.WAIT, patience_s=10)
        case Alarmed(shut=shut):
            return Posture(ENTRY if shut else NONE, Sign.SEE_OFFICER)
        case Evacuating():
            return Posture(ENTRY | EXIT, Sign.EVACUATE)
        case _:
            assert_never(state)
