"""What gates say of themselves: `info`, and the signed head of their chain in `health`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from edge.contract.json_object import JsonObject
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
    content = _object(body)
    journal, first, keys = (content.get(k) for k in ("journalid", "first_sequence", "keys"))
    if not isinstance(journal, str) or not _is_uuid(journal):
        raise ValueError("no `journalid`")
    if type(first) is not int or not 0 < first <= LATEST:
        raise ValueError("no `first_sequence`")
    if not isinstance(keys, list) or not 0 < len(keys) <= KEYS_LIMIT:
        raise ValueError("no `keys`")
    return Introduction(ChainKey(source, journal), first, tuple(key_of(source, k) for k in keys))


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


def _object(body: bytes) -> JsonObject:
    if len(body) > LARGEST_BYTES:
        raise ValueError("too large")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004  # one kind of refusal
    return content


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
