"""What gates say of themselves: `info`, and the signed head of their chain in `health`."""

from __future__ import annotations

import json
from dataclasses import dataclass

from edge.contract.json_object import JsonObject
from edge.contract.messages import Health, Info
from edge.contract.signature import VerificationKeys
from edge.contract.verification import Head, verify_head
from tools.central.records import LATEST, ChainKey, DeviceKey
from tools.central.registry import key_of

LARGEST_BYTES = 65_536
KEYS_LIMIT = 8


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a gate's `info` says that matters here."""

    chain: ChainKey
    first: int
    keys: tuple[DeviceKey, ...]


def read_info(source: str, body: bytes) -> Introduction:
    """Read an `info`, from whomever it may be.

    Raises:
        ValueError: it is none; in words that quote nothing of it.
    """
    _bound(body)
    info = Info.read(body)
    if info.source != source:
        raise ValueError("of another gate")
    if info.first_sequence > LATEST:
        raise ValueError("an impossible `first_sequence`")
    if len(info.keys) > KEYS_LIMIT:
        raise ValueError("too many `keys`")
    keys = tuple(key_of(source, jwk) for jwk in info.keys)
    return Introduction(ChainKey(source, info.journalid), info.first_sequence, keys)


def read_health(body: bytes) -> Health:
    """Read a `health`, from whomever it may be.

    Raises:
        ValueError: it is none; in words that quote nothing of it.
    """
    _bound(body)
    return Health.read(body)


def read_head(source: str, body: bytes, keys: VerificationKeys) -> Head:
    """Read the head out of a `health`, from whomever it may be.

    Raises:
        ValueError: there is none, or the gate has not signed it; in words that quote nothing of it.
    """
    head = verify_head(_object(body).get("head"), keys)
    if head.source != source:
        raise ValueError("the head of another gate")
    if not 0 <= head.sequence <= LATEST or not 0 < head.first_sequence <= LATEST:
        raise ValueError("an impossible head")
    return head


def _bound(body: bytes) -> None:
    if len(body) > LARGEST_BYTES:
        raise ValueError("too large")


def _object(body: bytes) -> JsonObject:
    _bound(body)
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004  # one kind of refusal
    return content
