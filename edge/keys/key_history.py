"""Every key that signed events of a journal: an old key still verifies its own events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from edge.contract.events import DurableFacts
from edge.contract.json_object import JsonObject
from edge.keys.device_key import DeviceKey

PREFIX: Final = "device-key/"


def remember(key: DeviceKey, source: str) -> DurableFacts:
    """The public key as a durable fact, stored with the first event that it signs."""
    return DurableFacts(PREFIX + key.kid, json.dumps(key.public_jwk(source)))


def public_keys(key: DeviceKey, source: str, facts: Mapping[str, str]) -> list[JsonObject]:
    """Public JWKs: the present key first, then the earlier ones of the journal."""
    earlier = [
        json.loads(value)
        for name, value in sorted(facts.items())
        if name.startswith(PREFIX) and name != PREFIX + key.kid
    ]
    return [key.public_jwk(source), *earlier]
