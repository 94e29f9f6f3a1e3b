"""What each event of a gate says: its `data`.

Nothing in it identifies a person in clear.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field

from edge.checks import CheckId, Reason, Result
from edge.contract import pseudonym, seal
from edge.contract.commands import Code, Officer, Reloaded, SecondLine
from edge.contract.data_category import Categorised, Category
from edge.contract.event_types import EventType
from edge.contract.fields import (
    Digest,
    Integer,
    Moment,
    NotNegative,
    Number,
    Omittable,
    Positive,
    Words,
)
from edge.contract.rates.counts import GroupCounts


class Payload(Categorised):
    """The `data` of an event."""

    model_config = ConfigDict(frozen=True)


class Nothing(Payload):
    """The type says it all."""


class CheckResult(Payload):
    """One check, as in the vocabulary."""

    category: ClassVar[Category] = Category.PASSAGE
    id: CheckId
    result: Result
    detail: Words = ""


Checks = tuple[CheckResult, ...]
MOST_GROUPS: Final = 50
"""In one event: what is left comes in another one."""
Reasons: TypeAlias = Annotated[tuple[Reason, ...], Category.SELECTION]
Sealed: TypeAlias = Annotated[
    Omittable[Annotated[str, Field(pattern=seal.PATTERN)]], Category.IDENTITY
]
"""`edge.contract.seal.identity`, sealed to the central system; None where there is nobody to seal
to."""


class DocumentRead(Payload):
    """The machine readable zone was read, or could not be: then only `checks` is filled."""

    category: ClassVar[Category] = Category.PASSAGE
    format: str = ""
    document_code: str = ""
    issuing_state: str = ""
    checks: Checks = ()
    sealed: Sealed = None
    """Whom the document claims to be of: nothing of it is proven yet."""


class ChipRead(Payload):
    """The chip was read."""

    category: ClassVar[Category] = Category.PASSAGE
    access: str
    pace_offered: bool
    bytes_read: NotNegative


class ChipVerified(Payload):
    """Trust has spoken about the chip; the checks say what."""

    category: ClassVar[Category] = Category.PASSAGE
    issuer: Words
    checks: Checks
    sealed: Sealed = None
    """Whom the issuing state has signed the chip for; only of an authentic document."""


class ChipFailed(Payload):
    """Reading the chip broke off."""

    category: ClassVar[Category] = Category.PASSAGE
    fault: Words
    checks: Checks


class FaceCaptured(Payload):
    """The capture window has ended."""

    category: ClassVar[Category] = Category.PASSAGE
    frames: NotNegative
    usable: NotNegative
    quality: Mapping[str, Integer] = Field(default_factory=dict)


class FaceCompared(Payload):
    """The best frame was compared with the portrait of the authentic document."""

    category: ClassVar[Category] = Category.PASSAGE
    false_match_rate: str
    checks: Checks


class ErrorRatesFound(Payload):
    """What this gate has counted of its own comparisons, of groups of travellers.

    Each traveller is counted in one group of one such event.
    """

    category: ClassVar[Category] = Category.OPERATIONAL
    comparison: Digest
    """What the similarity depends on, as in `models` of a decision."""
    since: Moment
    """When it was told last; a small group waits for longer."""
    suppress_below: Positive
    groups: Annotated[tuple[GroupCounts, ...], Field(min_length=1)]


class DecisionMade(Payload):
    """What was decided, why, by which rules and which models.

    A later one of the same transaction replaces an earlier one.
    """

    category: ClassVar[Category] = Category.PASSAGE
    decision: Literal["open", "refer"]
    reasons: Reasons
    checks: Checks
    policy_version: str
    policy_digest: str
    models: Mapping[str, str]
    """Model id to SHA-256."""
    timings_ms: Mapping[str, Number]


class TransactionClosed(Payload):
    """The lane is free again."""

    category: ClassVar[Category] = Category.PASSAGE
    outcome: Literal["passed", "not_passed", "referred", "released", "left"]
    """`released`: referred, and let through by an officer."""
    traveller: Omittable[Annotated[str, Field(pattern=pseudonym.PATTERN)]] = None
    """The same for the same document, at this gate on this day (`edge.contract.pseudonym`)."""


class DeviceStarted(Payload):
    """The daemon has begun its work."""

    category: ClassVar[Category] = Category.OPERATIONAL
    version: str


class Peripheral(Payload):
    """A device of the lane."""

    category: ClassVar[Category] = Category.OPERATIONAL
    role: str
    driver: str
    detail: Words = ""


class SecurityFinding(Payload):
    """Something that must not be obeyed, in words that quote nothing of it."""

    category: ClassVar[Category] = Category.OPERATIONAL
    detail: Words
    count: Positive = 1
    """How often, since the last event that says the same."""


class Certified(StrEnum):
    """Whose certificate it is."""

    GATE = "gate"
    """This gate's own, by which its broker knows it."""
    BROKER_AUTHORITY = "broker-authority"
    """Who may have signed the broker's."""
    CSCA = "csca"
    """A state's last trust anchor."""


class CertificateExpiring(Payload):
    """A certificate ends within 30 days, 7 days or a day, or has ended; told once each."""

    category: ClassVar[Category] = Category.OPERATIONAL
    certificate: Certified
    country: str = ""
    """Of a CSCA: ISO 3166, two letters."""
    expires: Moment


class CommandTaken(Payload):
    """What became of a command that was rightly signed; `command` is its id."""

    category: ClassVar[Category] = Category.OPERATIONAL
    command: str
    name: str
    key: str
    """Which key of the central system signed it."""
    status: Literal["accepted", "done", "rejected", "failed"]
    code: Code


class Override(Payload):
    """An officer lets a referred traveller pass; written before the door moves."""

    category: ClassVar[Category] = Category.PASSAGE
    command: str
    officer: Officer
    outcome: Literal["released", "not_released"]
    """`not_released` when the lane had changed meanwhile, or the entry could not be shut."""
    reasons: Reasons
    """Of the referral that is overridden."""


class Outcome(Payload):
    """What second line decided about a referred traveller."""

    category: ClassVar[Category] = Category.PASSAGE
    command: str
    officer: Officer
    outcome: SecondLine


class ConfigChanged(Payload):
    """Rules were replaced while the gate runs; each by its digest (SHA-256, hexadecimal)."""

    category: ClassVar[Category] = Category.OPERATIONAL
    what: Reloaded
    before: str
    after: str
    command: str


class Erased(Payload):
    """Acknowledged events were erased from this device: all up to `through`."""

    category: ClassVar[Category] = Category.OPERATIONAL
    through: Positive
    count: Positive
    before: Moment
    """Those recorded before this moment were to go."""
    cause: Literal["retention", "order"]


_TYPED: dict[EventType, type[Payload]] = {
    EventType.TRANSACTION_CLOSED: TransactionClosed,
    EventType.DOCUMENT_READ: DocumentRead,
    EventType.CHIP_READ: ChipRead,
    EventType.CHIP_VERIFIED: ChipVerified,
    EventType.CHIP_FAILED: ChipFailed,
    EventType.FACE_CAPTURED: FaceCaptured,
    EventType.FACE_COMPARED: FaceCompared,
    EventType.FACE_ERROR_RATES: ErrorRatesFound,
    EventType.DECISION_MADE: DecisionMade,
    EventType.DEVICE_STARTED: DeviceStarted,
    EventType.DEVICE_PERIPHERAL_LOST: Peripheral,
    EventType.DEVICE_RECOVERED: Peripheral,
    EventType.DEVICE_DEGRADED: Peripheral,
    EventType.SECURITY_AUTH_FAILED: SecurityFinding,
    EventType.SECURITY_CERT_EXPIRING: CertificateExpiring,
    EventType.OFFICER_OVERRIDE: Override,
    EventType.OFFICER_OUTCOME: Outcome,
    EventType.AUDIT_COMMAND: CommandTaken,
    EventType.AUDIT_CONFIG_CHANGED: ConfigChanged,
    EventType.AUDIT_ERASED: Erased,
}
PAYLOADS: Mapping[EventType, type[Payload]] = MappingProxyType(
    {kind: _TYPED.get(kind, Nothing) for kind in EventType}
)
"""Which payload each type carries."""
