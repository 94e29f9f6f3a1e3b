"""The values the central side speaks in: events, chains, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from edge.contract.events import FIRST_HASH

LATEST: Final = 2**53 - 1
"""The highest sequence there can be."""


class ChainKey(NamedTuple):
    """Which chain: a gate, and one of its journals."""

    source: str
    journal: str


class Position(NamedTuple):
    """An event of a chain, up to which everything is stored."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Event:
    """One event whose envelope and signature hold; `body` is what arrived, byte for byte."""

    chain: ChainKey
    sequence: int
    previous: str
    """SHA-256 of the event before, hexadecimal."""
    hash: str
    """SHA-256 of `body`, hexadecimal."""
    type: str
    """Without the prefix `int.egate.`."""
    occurred: datetime
    transaction: str
    """Empty where there is none."""
    simulated: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Chain:
    """How far a chain is proven and stored."""

    id: int
    key: ChainKey
    head: int = 0
    """Everything up to this sequence is stored and hangs together."""
    hash: str = FIRST_HASH
    """Hash of the event at the head; empty when that event was given up (`Store.skip`)."""
    waiting: int = 0
    """Events whose predecessor has not come."""
    forked: bool = False
    """Whether other histories of the same journal are stored beside it."""


class Refused(StrEnum):
    """Why a message is no event of a chain."""

    TOPIC = "topic"
    SIZE = "size"
    FORM = "form"
    """Not JSON, not canonical, or not the envelope."""
    SOURCE = "source"
    """It speaks for another than its topic does."""
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    FORKED = "forked"
    """Signed, but of another history of its journal; stored beside the first once it can be."""
    CHAIN = "chain"
    """Signed, but it does not continue the event before it, nor anything that is stored."""
    JOURNALS = "journals"
    """One more journal than a gate can have."""
    KEY_CHANGED = "key_changed"
    """A gate introduced itself with a key that was not enrolled."""
    STORE = "store"
    """The store takes others, and not this one; its gate keeps it and sends it again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is not stored as an event; `detail` quotes nothing of it."""

    reason: Refused
    source: str
    """Of the topic it came on, empty when that is none of ours."""
    topic: str
    detail: str
    body: bytes
    sequence: int | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    stored: int = 0
    """Events that joined a proven prefix, earlier arrivals included."""
    duplicates: int = 0
    kept: int = 0
    """Events that wait for their predecessor."""
    forked: int = 0
    """Events of other histories, stored beside the first."""
    deferred: int = 0
    """Events too far ahead to keep; their gate keeps them."""
    heads: dict[ChainKey, Position] = field(default_factory=dict)
    """What to acknowledge."""
    forks: dict[ChainKey, Position] = field(default_factory=dict)
    """What to acknowledge to the gate that writes another history of the same journal."""
    refused: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A public key of a gate, as it was enrolled."""

    source: str
    kid: str
    jwk: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gap:
    """Events to ask a gate for."""

    chain: ChainKey
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Totals:
    """How the central side is doing."""

    devices: int
    chains: int
    stored: int
    """Events in proven prefixes, those given up or forgotten included."""
    waiting: int
    refused: int
