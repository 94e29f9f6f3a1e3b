"""What a gate says of itself beside its events: who it is, how it is, what it counts.

The contract of the topics `state`, `info`, `health` and `stats/{period}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from edge.checks import Reason
from edge.contract.commands import CommandName
from edge.contract.data_category import Category
from edge.contract.fields import (
    UUID,
    Digest,
    Integer,
    Moment,
    NotNegative,
    Number,
    Omittable,
    Positive,
    Text,
)
from edge.contract.json_object import Jwk
from edge.contract.message import Message
from edge.contract.verification import Head

SCHEMA: Final = "events.schema.json"
"""The schema of the events that a gate publishes, by the name of its file."""
Age = Annotated[Number | None, Field(description="Seconds; null when nothing is known.")]
StateName: TypeAlias = Literal[
    "online", "degraded", "alarmed", "maintenance", "emergency", "offline"
]
JournalStatus: TypeAlias = Literal["ready", "alarm", "full", "lost"]


class Announcement(Message):
    """A message that is retained and published on every connect."""

    topic: ClassVar[str]
    """The last level of its topic."""


class State(Announcement):
    """`state`, retained, and the last will."""

    topic: ClassVar[str] = "state"
    state: StateName


class Rules(Message):
    """The policy in force."""

    version: str
    digest: Digest


class Anchors(Message):
    """The trust anchors in force."""

    digest: Digest


class Info(Announcement):
    """`info`, retained: published on every connect.  It is a JWK Set (RFC 7517 §5) as well."""

    topic: ClassVar[str] = "info"
    source: str = Field(pattern=r"^/egate/v1/[a-z0-9-]+/[a-z0-9-]+$")
    version: str
    topology: Literal["barrier", "mantrap"]
    simulated: bool
    peripherals: Mapping[str, str]
    """The devices of the lane: role to driver."""
    commands: tuple[CommandName, ...]
    """What it obeys; nothing where no key may command it."""
    models: Mapping[str, Digest]
    policy: Rules
    trust: Anchors
    journalid: str = Field(pattern=UUID)
    first_sequence: Positive
    """The oldest event the gate still has."""
    keys: tuple[Jwk, ...] = Field(min_length=1)
    """Public JWKs of the device, each with `kid`, `alg`, `use` and the `source` it signs for."""
    schema_: str = Field(alias="schema")


class DeviceHealth(Message):
    """One device of the lane."""

    status: str
    detail: Text
    last_good_age_s: Age
    """How long ago it last did what it is there for, not merely answered."""


class Stall(Message):
    """The first event that is not acknowledged, although it was sent often: all others wait."""

    sequence: Positive
    sent: Positive
    """How often, since the gate was started."""
    delivered: NotNegative
    """How often the broker has taken it."""
    requested: NotNegative
    """How often the central system has asked for it again."""
    age_s: Annotated[Number, Field(ge=0, description="Seconds since it was sent first.")]


class OutboxHealth(Message):
    """What waits for the central system's acknowledgement; `stall` says what it waits behind."""

    depth: NotNegative
    bytes: NotNegative
    oldest_age_s: Age
    stall: Omittable[Stall] = Field(default=None, exclude_if=lambda value: value is None)


class JournalHealth(Message):
    """The journal: `full` when the gate opens no more, `lost` when it cannot be written."""

    status: JournalStatus
    detail: Text
    unwritten: NotNegative
    first_sequence: Positive


class DiskHealth(Message):
    """The disk of the journal."""

    free_bytes: NotNegative


class BrokerHealth(Message):
    """The way to the broker; `denied` says what it does not let the gate do, and why."""

    connected: bool
    fault: Text
    denied: Mapping[Literal["publish", "subscribe"], Text]


class ClockHealth(Message):
    """Whether the clock is set from outside, and how well; null where nobody says."""

    synchronised: bool | None
    offset_s: Annotated[
        Number | None,
        Field(description="Seconds still to be added to the clock, little by little."),
    ]
    max_error_s: Annotated[
        Annotated[Number, Field(ge=0)] | None,
        Field(description="Seconds it may be wrong at most."),
    ]


class PkiHealth(Message):
    """How old what is trusted is."""

    anchors: NotNegative
    revocation_lists: NotNegative
    revocation_age_s: Age
    revocation_lapsed: NotNegative


class Health(Announcement):
    """`health`, retained, every 60 s."""

    topic: ClassVar[str] = "health"
    time: Moment
    devices: Mapping[str, DeviceHealth]
    outbox: OutboxHealth
    journal: JournalHealth
    disk: DiskHealth
    broker: BrokerHealth
    clock: ClockHealth
    pki: PkiHealth
    head: Head
    """Where the chain ends by now, signed: who keeps it notices when its end is cut off."""
    notices: tuple[Text, ...] = Field(default=(), exclude_if=lambda value: not value)
    """What a technician should know and do, one sentence each; left out when there is none."""


Count = Annotated[NotNegative | None, Field(description="Null when it is hidden.")]

STEPS = ("mrz", "chip", "match", "decision", "decision_after_last_byte")
"""The steps of a passage whose times are counted."""


class Statistics(Message):
    """`stats/{period}`, once when the period is over: counts of passages, the small ones hidden."""

    period: Literal["hour"]
    begin: Moment
    """Of the period, UTC."""
    complete: bool
    """False when the gate began to count later, or its clock was set meanwhile."""
    simulated: bool
    suppress_below: Positive
    passages: Count
    opened: Count
    referred: Count
    undecided: Count
    released: Count
    """Of `referred`: an officer let them pass."""
    reasons: Annotated[Mapping[Reason, Count], Category.SELECTION]
    """Of `referred`; one may have several."""
    bounds_ms: tuple[Integer, ...]
    """Upper bounds of the buckets, themselves included; the last bucket has none."""
    durations: Mapping[str, tuple[Count, ...] | None]
    """Of `opened`, by step: how many in each bucket.  Null when the step is hidden; a bucket that
    is null is counted in the next that has a number, after the last one in the last."""
