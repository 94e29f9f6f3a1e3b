"""The events a gate publishes: CloudEvents 1.0 JSON, structured mode, chained and signed.

Payloads carry nothing that identifies a person in clear.  An event is canonical JSON (RFC 8785):
the bytes that are hashed are the bytes that are stored and published; what is signed is the same
object without its signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

from edge.checks import CheckId, Reason, Result
from edge.contract import pseudonym, seal, signature
from edge.contract.canonical import canonical
from edge.contract.commands import Code, Officer, Reloaded, SecondLine
from edge.contract.data_category import Categorised, Category, Classification
from edge.contract.durable_facts import DurableFacts
from edge.errors import printable

Sign = Callable[[bytes], str]
"""Signs bytes by the device key: a JWS with its payload left out (`edge.keys.device_key`)."""
PREFIX = "int.egate."
UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
FIRST_HASH = "0" * 64
"""`prevhash` of the first event of a journal."""


LONGEST_WORDS = 300
"""Of one text in a payload: an event of many checks stays far below what a broker passes on."""


def _words(text: object) -> object:
    """Cut and made printable: a driver or a file name may say anything, at any length."""
    if not isinstance(text, str):
        return text
    return printable(text[:LONGEST_WORDS])


Words: TypeAlias = Annotated[str, BeforeValidator(_words), Field(max_length=LONGEST_WORDS)]
"""For an officer or a technician."""


class EventType(StrEnum):
    """Event types, without the prefix `int.egate.`; the central system depends on them."""

    TRANSACTION_STARTED = "transaction.started"
    TRANSACTION_CLOSED = "transaction.closed"
    DOCUMENT_PRESENTED = "document.presented"
    DOCUMENT_READ = "document.read"
    CHIP_READ = "chip.read"
    CHIP_VERIFIED = "chip.verified"
    CHIP_FAILED = "chip.failed"
    FACE_CAPTURED = "face.captured"
    FACE_COMPARED = "face.compared"
    DECISION_MADE = "decision.made"
    GATE_AUTHORISED = "gate.authorised"
    GATE_OPENED = "gate.opened"
    GATE_PASSED = "gate.passed"
    GATE_CLOSED = "gate.closed"
    GATE_PASSAGE_TIMEOUT = "gate.passage_timeout"
    GATE_TAILGATING = "gate.tailgating"
    GATE_WRONG_WAY = "gate.wrong_way"
    GATE_INTRUSION = "gate.intrusion"
    GATE_HELD_OPEN = "gate.held_open"
    GATE_FORCED = "gate.forced"
    GATE_BLOCKED = "gate.blocked"
    GATE_EMERGENCY_ACTIVATED = "gate.emergency.activated"
    GATE_EMERGENCY_RESET = "gate.emergency.reset"
    OFFICER_ASSIST = "officer.assist"
    OFFICER_OVERRIDE = "officer.override"
    OFFICER_OUTCOME = "officer.outcome"
    DEVICE_STARTED = "device.started"
    DEVICE_STOPPED = "device.stopped"
    DEVICE_DEGRADED = "device.degraded"
    DEVICE_RECOVERED = "device.recovered"
    DEVICE_PERIPHERAL_LOST = "device.peripheral_lost"
    SECURITY_AUTH_FAILED = "security.auth_failed"
    SECURITY_CERT_EXPIRING = "security.cert_expiring"
    AUDIT_COMMAND = "audit.command"
    AUDIT_CONFIG_CHANGED = "audit.config_changed"
    AUDIT_ERASED = "audit.erased"

    @property
    def topic(self) -> str:
        """The last two levels of its topic: family and name."""
        family, _, name = self.value.partition(".")
        return f"{family}/{name}"


class Payload(Categorised):
    """The `data` of an event."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Payload):
    """The type says it all."""

    category: ClassVar[Category] = Category.OPERATIONAL


class CheckResult(Payload):
    """One check, as in the vocabulary."""

    category: ClassVar[Category] = Category.PASSAGE
    id: CheckId
    result: Result
    detail: Words = ""


Checks = tuple[CheckResult, ...]
Reasons: TypeAlias = Annotated[tuple[Reason, ...], Category.SELECTION]
Sealed: TypeAlias = Annotated[Annotated[str, Field(pattern=seal.PATTERN)] | None, Category.IDENTITY]
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
    bytes_read: int = Field(ge=0)


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
    frames: int = Field(ge=0)
    usable: int = Field(ge=0)
    quality: Mapping[str, int] = Field(default_factory=dict)


class FaceCompared(Payload):
    """The best frame was compared with the portrait of the authentic document."""

    category: ClassVar[Category] = Category.PASSAGE
    false_match_rate: str
    checks: Checks


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
    timings_ms: Mapping[str, float]


class TransactionClosed(Payload):
    """The lane is free again."""

    category: ClassVar[Category] = Category.PASSAGE
    outcome: Literal["passed", "not_passed", "referred", "released", "left"]
    """`released`: referred, and let through by an officer."""
    traveller: Annotated[str, Field(pattern=pseudonym.PATTERN)] | None = None
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
    count: int = Field(default=1, ge=1)
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
    expires: AwareDatetime


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
    through: int = Field(ge=1)
    count: int = Field(ge=1)
    before: AwareDatetime
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


class UnsignedEvent(Categorised):
    """The envelope: CloudEvents 1.0 with the extensions of our vocabulary."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    category: ClassVar[Category] = Category.OPERATIONAL

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str = Field(pattern=r"^int\.egate\.[a-z_.]+$")
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    journalid: str = Field(pattern=UUID)
    sequence: str = Field(pattern=r"^[0-9]{20}$")
    prevhash: str = Field(pattern=r"^[0-9a-f]{64}$")
    recordedtime: AwareDatetime
    dataclassification: Classification
    datacategory: str = Field(pattern=r"^[a-z]+$")
    """Of the most sensitive field that is there."""
    simulated: bool
    correlationid: Annotated[str | None, Category.PASSAGE] = None
    causationid: str | None = None
    """The event or the command that directly caused this one: its `id`."""
    data: Any

    def signed(self, sign: Sign) -> Event:
        """This event with its signature."""
        return Event(**dict(self), signature=sign(self.to_bytes()))

    def to_bytes(self) -> bytes:
        """Its canonical JSON."""
        return canonical(self.model_dump(mode="json", exclude_none=True))


class Event(UnsignedEvent):
    """An event as it is stored, hashed and published."""

    signature: str = Field(pattern=signature.PATTERN)


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before it has its place in the journal."""

    type: EventType
    occurred: datetime
    data: Payload = field(default_factory=Nothing)
    correlation_id: str | None = None
    causation_id: str | None = None
    """The event or the command that directly caused it."""
    id: str | None = None
    """Drawn beforehand where later events name it as their cause; else the journal draws one."""
    remember: tuple[DurableFacts, ...] = ()
    """Kept beside the event, in its transaction; never published."""

    def __post_init__(self) -> None:
        if not isinstance(self.data, PAYLOADS[self.type]):
            raise TypeError(f"{self.type} carries {PAYLOADS[self.type].__name__}")

    @property
    def category(self) -> Category:
        """Of the most sensitive that it says."""
        if self.correlation_id is None:
            return self.data.most_sensitive()
        return max(
            self.data.most_sensitive(), Category.PASSAGE, key=lambda category: category.weight
        )


def hash_of(body: bytes) -> str:
    """The hash the next event carries as `prevhash`: SHA-256, hexadecimal."""
    return hashlib.sha256(body).hexdigest()
