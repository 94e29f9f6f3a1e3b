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
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import ConfigDict, Field

from edge.contract import signature
from edge.contract.canonical import canonical
from edge.contract.data_category import Categorised, Category, Classification
from edge.contract.event_types import EventType
from edge.contract.fields import UUID, Moment, Omittable
from edge.contract.payloads import PAYLOADS, Nothing, Payload
from edge.errors import DamagedJournal

T = TypeVar("T")
Sign = Callable[[bytes], str]
"""Signs bytes by the device key: a JWS with its payload left out (`edge.keys.device_key`)."""
FIRST_HASH = "0" * 64
"""`prevhash` of the first event of a journal."""


class UnsignedEvent(Categorised):
    """The envelope: CloudEvents 1.0 with the extensions of our vocabulary."""

    model_config = ConfigDict(frozen=True)
    category: ClassVar[Category] = Category.OPERATIONAL

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str = Field(pattern=r"^int\.egate\.[a-z_.]+$")
    time: Moment
    datacontenttype: Literal["application/json"] = "application/json"
    journalid: str = Field(pattern=UUID)
    sequence: str = Field(pattern=r"^[0-9]{20}$")
    prevhash: str = Field(pattern=r"^[0-9a-f]{64}$")
    recordedtime: Moment
    dataclassification: Classification
    datacategory: str = Field(pattern=r"^[a-z]+$")
    """Of the most sensitive field that is there."""
    simulated: bool
    correlationid: Annotated[Omittable[str], Category.PASSAGE] = None
    causationid: Omittable[str] = None
    """The event or the command that directly caused this one: its `id`."""
    data: Any  # the payload of its type: `edge.contract.payloads` has the model

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
class DurableFacts:
    """A fact with a name, on the disk with its event or not at all.

    A later one of the same name replaces it, and None forgets it.
    """

    name: str
    value: str | None


def remembered(facts: Mapping[str, str], name: str, read: Callable[[str], T]) -> T | None:
    """Read a durable fact of a journal by its parser; None when there is no such fact.

    Raises:
        DamagedJournal: the parser refuses the value (ValueError): nobody wrote it.
    """
    if name not in facts:
        return None
    try:
        return read(facts[name])
    except (ValueError, RecursionError):  # not chained: it quotes the value
        raise DamagedJournal(f"nobody wrote its fact `{name}`") from None


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
