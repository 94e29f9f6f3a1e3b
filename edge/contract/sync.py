"""What the central system says on `sync/`: hostile until it has been read here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

LARGEST_BYTES = 4096
LARGEST_SEQUENCE = 10**20 - 1
"""A sequence has twenty digits."""
LONGEST_JOURNAL_ID = 64
HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Everything of one journal up to a sequence is stored."""

    sequence: int
    journal: str
    hash: str
    """Of the event with that sequence: of two copies of a journal it is one's only."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Send these sequences again, both ends included."""

    first: int
    last: int


Order: TypeAlias = Acknowledgement | Replay


def read(name: str, payload: bytes, *, retained: bool) -> Order:
    """Read a message on `sync/{name}`.

    Raises:
        ValueError: it must not be obeyed; the text says why and quotes nothing of it.
    """
    if retained:
        raise ValueError("retained")
    if len(payload) > LARGEST_BYTES:
        raise ValueError("too large")
    content = _object(payload)
    if name == "ack":
        return Acknowledgement(_sequence(content, "sequence"), _journal(content), _hash(content))
    if name != "replay":
        raise ValueError("no such order")
    first, last = _sequence(content, "from"), _sequence(content, "to")
    if not 0 < first <= last:
        raise ValueError("asks for an impossible range")
    return Replay(first, last)


def _object(payload: bytes) -> dict[str, Any]:
    if payload.count(b"{") > 1 or b"[" in payload:
        raise ValueError("nested")  # before the parser goes down into it
    try:
        content = json.loads(payload)
    except ValueError:
        raise ValueError("not JSON") from None
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004  # one kind of refusal
    return content


def _sequence(content: Mapping[str, Any], key: str) -> int:
    value = content.get(key)
    if type(value) is not int or not 0 <= value <= LARGEST_SEQUENCE:
        raise ValueError(f"`{key}` is not a sequence")
    return value


def _journal(content: Mapping[str, Any]) -> str:
    """Without one it might be of a journal that was replaced: events would go that nobody has."""
    value = content.get("journal")
    if not (isinstance(value, str) and 0 < len(value) <= LONGEST_JOURNAL_ID):
        raise ValueError("`journal` is not the id of a journal")
    return value


def _hash(content: Mapping[str, Any]) -> str:
    """Without one it might be of a copy of this journal that went on otherwise."""
    value = content.get("hash")
    if not (isinstance(value, str) and HASH.fullmatch(value)):
        raise ValueError("`hash` is not the hash of an event")
    return value
