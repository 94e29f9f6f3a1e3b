"""The states of a gate, and what the hardware shows in each.

Doors, sign and time limit are functions of the state: there is one table.
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
    """The sign on the traveller display."""

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
    """A device that the gate needs is missing, or the gate cannot write its events."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A person took the gate out of service; a person must put it back."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The gate waits for a document."""


@dataclass(frozen=True, slots=True)
class Inspecting:
    """The gate checks a document; at a barrier also the face."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Entering:
    """Mantrap: the document passed; the gate waits for one traveller inside."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Enclosing:
    """Mantrap: one traveller is inside; the entry closes."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Verifying:
    """Mantrap: both doors are closed; the gate compares the face."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Authorised:
    """The decision was `Open`; the exit is free for one traveller."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """The authorisation was not used in time; the exit closes."""

    transaction: str
    left: bool = False
    """The traveller walked back: the lane is empty."""


@dataclass(frozen=True, slots=True)
class Referred:
    """The traveller must go to an officer; a person inside can walk back."""

    transaction: str
    reasons: frozenset[Reason]
    inside: bool
    """Whether the traveller may be inside the mantrap; otherwise its entry stays closed."""
    occupied: bool = False
    """The sensors of the mantrap see a person."""


@dataclass(frozen=True, slots=True)
class Releasing:
    """Mantrap: an officer lets the traveller inside pass; the entry closes first."""

    transaction: str
    reasons: frozenset[Reason]
    """Reasons of the referral, which counts again if the entry cannot close around one person."""


@dataclass(frozen=True, slots=True)
class Released:
    """An officer lets the referred traveller pass; the exit is free for this traveller."""

    transaction: str


@dataclass(frozen=True, slots=True)
class Vacating:
    """Mantrap: a person is inside without a transaction, and can walk back."""

    shut: bool = False
    """The doors were seen closed; only then is the way back free (interlock)."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The lane is empty; the doors close after a passage or a referral."""


@dataclass(frozen=True, slots=True)
class Alarmed:
    """A person or a door is where it must not be; an officer resets the gate."""

    alarm: Alarm
    shut: bool = False
    """The doors were seen closed since; only then is the way back free (interlock)."""
    occupied: bool = False
    """The sensors of the mantrap see a person."""


@dataclass(frozen=True, slots=True)
class Evacuating:
    """Every door is free until a person resets the gate after the emergency."""

    over: bool = False
    """The emergency input is quiet again; the gate accepts a reset."""
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
    """What the hardware shows: the free doors, the sign, the time limit."""

    free: frozenset[Door]
    sign: Sign
    patience_s: float | None = None
    """Seconds until TimedOut; None: no limit."""


NONE: frozenset[Door] = frozenset()
ENTRY = frozenset({Door.ENTRY})
EXIT = frozenset({Door.EXIT})


def posture(state: State) -> Posture:
    """Return what the hardware must show in a state."""
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
