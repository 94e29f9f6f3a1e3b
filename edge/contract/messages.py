"""The messages that are no events: how a gate introduces itself, how it is, what it is told.

The contract of the topics `state`, `info`, `health`, `stats/{period}`, `sync/ack` and
`sync/replay`; schemas are made of it, and tests hold what the gate really publishes against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from edge.checks import Reason
from edge.contract.commands import CommandName
from edge.contract.data_category import Categorised, Category
from edge.contract.fields import UUID
from edge.contract.verification import Head

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Age = Annotated[float | None, Field(description="Seconds; null when nothing is known.")]


class Message(Categorised):
    """Content of one topic; all of it is about the gate and nobody else."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    category: ClassVar[Category] = Category.OPERATIONAL


class State(Message):
    """`state`, retained, and the last will."""

    state: Literal["online", "degraded", "alarmed", "maintenance", "emergency", "offline"]


class Rules(Message):
    """The policy in force."""

    version: str
    digest: Digest


class Anchors(Message):
    """The trust anchors in force."""

    digest: Digest


class Info(Message):
    """`info`, retained: published on every connect.  It is a JWK Set (RFC 7517 §5) as well."""

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
    first_sequence: int = Field(ge=1)
    """The oldest event the gate still has."""
    keys: tuple[Mapping[str, Any], ...] = Field(min_length=1)
    """Public JWKs of the device, each with `kid`, `alg`, `use` and the `source` it signs for."""
    schema_: str = Field(alias="schema")


class DeviceHealth(Message):
    """One device of the lane."""

    status: str
    detail: str
    last_good_age_s: Age
    """How long ago it last did what it is there for, not merely answered."""


class OutboxHealth(Message):
    """What waits for the central system's acknowledgement."""

    depth: int = Field(ge=0)
    bytes: int = Field(ge=0)
    oldest_age_s: Age


class JournalHealth(Message):
    """The journal: `full` when the gate opens no more, `lost` when it cannot be written."""

    status: Literal["ready", "alarm", "full", "lost"]
    detail: str
    unwritten: int = Field(ge=0)
    first_sequence: int = Field(ge=1)


class DiskHealth(Message):
    """The disk of the journal."""

    free_bytes: int = Field(ge=0)


class BrokerHealth(Message):
    """The way to the broker; `denied` says what it does not let the gate do, and why."""

    connected: bool
    fault: str
    denied: Mapping[Literal["publish", "subscribe"], str]


class ClockHealth(Message):
    """Whether the clock is set from outside, and how well; null where nobody says."""

    synchronised: bool | None
    offset_s: Annotated[
        float | None,
        Field(description="Seconds still to be added to the clock, little by little."),
    ]
    max_error_s: Annotated[
        float | None, Field(ge=0, description="Seconds it may be wrong at most.")
    ]


class PkiHealth(Message):
    """How old what is trusted is."""

    anchors: int = Field(ge=0)
    revocation_lists: int = Field(ge=0)
    revocation_age_s: Age
    revocation_lapsed: int = Field(ge=0)


class Health(Message):
    """`health`, retained, every 60 s."""

    time: AwareDatetime
    devices: Mapping[str, DeviceHealth]
    outbox: OutboxHealth
    journal: JournalHealth
    disk: DiskHealth
    broker: BrokerHealth
    clock: ClockHealth
    pki: PkiHealth
    head: Head
    """Where the chain ends by now, signed: who keeps it notices when its end is cut off."""


Count = Annotated[int | None, Field(ge=0, description="Null when it is hidden.")]

STEPS = ("mrz", "chip", "match", "decision", "decision_after_last_byte")
"""The steps of a passage whose times are counted."""


class Statistics(Message):
    """`stats/{period}`, once when the period is over: counts of passages, the small ones hidden."""

    period: Literal["hour"]
    begin: AwareDatetime
    """Of the period, UTC."""
    complete: bool
    """False when the gate began to count later, or its clock was set meanwhile."""
    simulated: bool
    suppress_below: int = Field(ge=1)
    passages: Count
    opened: Count
    referred: Count
    undecided: Count
    released: Count
    """Of `referred`: an officer let them pass."""
    reasons: Annotated[Mapping[Reason, Count], Category.SELECTION]
    """Of `referred`; one may have several."""
    bounds_ms: tuple[int, ...]
    """Upper bounds of the buckets, themselves included; the last bucket has none."""
    durations: Mapping[str, tuple[Count, ...] | None]
    """Of `opened`, by step: how many in each bucket.  Null when the step is hidden; a bucket that
    is null is counted in the next that has a number, after the last one in the last."""


class Acknowledgement(Message):
    """`sync/ack`: the central system has stored everything of this journal up to `sequence`."""

    sequence: int = Field(ge=0)
    journal: str = Field(pattern=UUID)
    hash: Digest
    """Of the event with this sequence, as the `prevhash` of the next tells it."""


class Replay(Message):
    """`sync/replay`: send these again, both ends included."""

    model_config = ConfigDict(serialize_by_alias=True)
    first: int = Field(alias="from", ge=1)
    last: int = Field(alias="to", ge=1)
