"""Every key that has signed events of a journal: those of before a change verify what it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from edge.contract.durable_facts import DurableFacts
from edge.contract.json_object import JsonObject
from edge.keys.device_key import DeviceKey

PREFIX: Final = "device-key/"


def remember(key: DeviceKey, source: str) -> DurableFacts:
    """The public key, to be remembered beside the first event it signs."""
    return DurableFacts(PREFIX + key.kid, json.dumps(key.public_jwk(source)))


def public_keys(key: DeviceKey, source: str, facts: Mapping[str, str]) -> list[JsonObject]:
    """Public JWKs: today's key first, then those the journal remembers."""
    earlier = [
        json.loads(value)
        for name, value in sorted(facts.items())
        if name.startswith(PREFIX) and name != PREFIX + key.kid
    ]
    return [key.public_jwk(source), *earlier]
