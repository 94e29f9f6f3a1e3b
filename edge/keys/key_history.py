"""Every key that signed events of a journal: an old key still verifies its own events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Final

from edge.contract.events import DurableFacts, remembered
from edge.contract.json_object import JsonObject
from edge.contract.signature import VerificationKeys
from edge.keys.device_key import DeviceKey

PREFIX: Final = "device-key/"


def remember(key: DeviceKey, source: str) -> DurableFacts:
    """The public key as a durable fact, stored with the first event that it signs."""
    return DurableFacts(PREFIX + key.kid, json.dumps(key.public_jwk(source)))


def public_keys(key: DeviceKey, source: str, facts: Mapping[str, str]) -> list[JsonObject]:
    """Public JWKs: the present key first, then the earlier ones of the journal.

    Raises:
        DamagedJournal: one of them is not the key that it is called.
    """
    earlier = [
        jwk
        for name in sorted(facts)
        if name.startswith(PREFIX)
        and name != PREFIX + key.kid
        and (jwk := remembered(facts, name, partial(_public_jwk, name=name))) is not None
    ]
    return [key.public_jwk(source), *earlier]


def _public_jwk(value: str, name: str) -> JsonObject:
    """Read a public key; ValueError unless it is the one whose thumbprint its fact is called by."""
    jwk: JsonObject = json.loads(value)
    (key,) = VerificationKeys.of_jwks({"keys": [jwk]})
    if PREFIX + key.kid != name:
        raise ValueError("another key")
    return jwk
