"""Is this an event, and did the gate write it?  Events and heads, one by one.

Pure, and shared by the gate's tools and whatever receives events; `edge.contract.chain` takes them
together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final, Literal, NamedTuple

from pydantic import Field, ValidationError, create_model

from edge.contract import signature
from edge.contract.canonical import canonical, parse
from edge.contract.event_types import PREFIX
from edge.contract.events import Event, Sign, hash_of
from edge.contract.fields import UUID, Digest, NotNegative, Positive
from edge.contract.json_object import JsonObject
from edge.contract.message import Message
from edge.contract.payloads import PAYLOADS, Payload
from edge.contract.signature import VerificationKeys

LARGEST_EVENT_BYTES: Final = 262_144


class _Complete(Event):
    """An event as it arrives: what the model fills in by itself stands in every event."""

    specversion: Literal["1.0"]
    datacontenttype: Literal["application/json"]


_PAYLOADS: Final[Mapping[str, type[Payload]]] = {
    f"{PREFIX}{kind}": payload for kind, payload in PAYLOADS.items()
}


class ChainId(NamedTuple):
    """One journal of one gate."""

    source: str
    journal: str


class Fault(StrEnum):
    """What can be wrong; stable, in reports and statistics."""

    EMPTY = "empty"
    """There is no event at all."""
    MALFORMED = "malformed"
    """No event: not canonical JSON, or its envelope is not the contract's."""
    TRUNCATED = "truncated"
    """An event that breaks off, or whose beginning is missing."""
    UNKNOWN_KEY = "unknown_key"
    """Signed by no key that counts for this gate, or with another algorithm than the key's."""
    FORGED = "forged"
    """The signature is not over what stands there."""
    PAYLOAD = "payload"
    """Genuine, but its `data` does not fit the contract known here: of a later version?"""
    DUPLICATE = "duplicate"
    """The same event again."""
    FORK = "fork"
    """Another event under a sequence that was taken: a journal was copied or turned back."""
    REORDERED = "reordered"
    """It comes after later ones."""
    LINK = "link"
    """`prevhash` is not the hash of the event before."""
    GAP = "gap"
    """Events are missing between others."""
    FRONT = "front"
    """Events are missing before the first, and no statement of the gate says they were erased."""
    END = "end"
    """Events are missing after the last, up to the head."""
    HEAD = "head"
    """The head says another hash than that of the event it names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    fault: Fault
    detail: str
    place: int | None = None
    """Which one of the stream it is in, from 1."""
    chain: ChainId | None = None
    sequence: int | None = None
    last: int | None = None
    """The last of a range that begins with `sequence`."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """An event whose form and signature hold."""

    event: Event
    """`data` is the payload of its type, or plain JSON where `misfit` says why."""
    sequence: int
    hash: str
    misfit: str
    """Empty when the payload fits."""

    @property
    def chain(self) -> ChainId:
        """The chain it belongs to."""
        return ChainId(self.event.source, self.event.journalid)


class UnsignedHead(Message):
    """What a gate says about the ends of its chain."""

    source: str
    journalid: str = Field(pattern=UUID)
    first_sequence: Positive
    sequence: NotNegative
    hash: Digest
    time: str

    def signed(self, sign: Sign) -> Head:
        """This head with its signature, which is over its canonical JSON."""
        content = self.model_dump()
        return Head(**content, signature=sign(canonical(content)))


class Head(UnsignedHead):
    """What a gate says about the ends of its chain, signed like an event."""

    signature: str = Field(pattern=signature.PATTERN)

    @property
    def chain(self) -> ChainId:
        """The chain it speaks of."""
        return ChainId(self.source, self.journalid)


def verify_event(body: bytes, keys: VerificationKeys | None) -> Genuine | Finding:
    """Verify one event as it came: form, then signature; without keys the form only.

    What a later version may add is accepted; what it adds is signed, but not looked at.
    """
    if len(body) > LARGEST_EVENT_BYTES:
        return Finding(Fault.MALFORMED, "larger than any event")
    try:
        content = parse(body)
    except ValueError as error:
        return _unreadable(body, str(error))
    try:
        event, misfit = _read(body, content)
    except ValidationError as error:
        where = next(iter(error.errors()[0]["loc"]), None)
        what = "it" if where is None else f"`{where}`"
        return Finding(Fault.MALFORMED, f"{what} is not as the contract demands")
    sequence = int(event.sequence)
    refusal = None if keys is None else _refusal(content, keys)
    if refusal is not None:
        fault, why = refusal
        return Finding(fault, why, chain=ChainId(event.source, event.journalid), sequence=sequence)
    return Genuine(event, sequence, hash_of(body), misfit)


def verify_head(content: object, keys: VerificationKeys | None) -> Head:
    """Verify a head; ValueError says what is wrong with it."""
    if not isinstance(content, dict):
        raise ValueError("the head is no object")  # noqa: TRY004  # one kind of refusal
    try:
        head = Head.read(canonical(content))
    except ValueError as error:
        raise ValueError(f"the head: {error}") from None
    refusal = None if keys is None else _refusal(content, keys)
    if refusal is not None:
        raise ValueError(f"the head: {refusal[1]}")
    return head


def _read(body: bytes, content: Mapping[str, object]) -> tuple[Event, str]:
    """The event, and why its payload does not fit, if it does not; else ValidationError."""
    payload = _PAYLOADS.get(str(content.get("type")))
    reader = _Complete if payload is None else _reader(payload)
    try:
        return reader.model_validate_json(body, strict=True), ""
    except ValidationError as error:
        event = _Complete.model_validate_json(body, strict=True)  # so the fault lies in `data`
        where = error.errors()[0]["loc"]
        if where == ("data",):
            raise  # no object: no payload of any version
        return event, f"`{'.'.join(map(str, where))}`"


@cache
def _reader(payload: type[Payload]) -> type[Event]:
    """The reader of events with this payload, made for the first of them: a gate reads none."""
    return create_model(f"Event_{payload.__name__}", __base__=_Complete, data=payload)


def _refusal(content: JsonObject, keys: VerificationKeys) -> tuple[Fault, str] | None:
    """Why a signed object is not to be believed."""
    value = content[signature.SIGNATURE]
    key = keys.signer_of(value)
    if key is None:
        return Fault.UNKNOWN_KEY, "signed by no key that counts, or with another algorithm"
    if key.source not in (None, content["source"]):
        return Fault.UNKNOWN_KEY, f"signed by the key of {key.source}"
    payload = {name: part for name, part in content.items() if name != signature.SIGNATURE}
    if not key.verifies_detached(canonical(payload), value):
        return Fault.FORGED, "the signature is not over this content"
    return None


def _unreadable(body: bytes, why: str) -> Finding:
    """A JSON text that begins as an object ends as one, and the other way round."""
    has_front, has_end = body.lstrip().startswith(b"{"), body.rstrip().endswith(b"}")
    if has_front and not has_end:
        return Finding(Fault.TRUNCATED, "the event breaks off")
    if has_end and not has_front:
        return Finding(Fault.TRUNCATED, "the beginning of the event is missing")
    return Finding(Fault.MALFORMED, why)
