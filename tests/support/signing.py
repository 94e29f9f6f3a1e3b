"""A device key for journals of tests, and the keys that verify what it signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.contract.canonical import canonical
from edge.contract.events import Sign
from edge.contract.signature import SIGNATURE, VerificationKey, VerificationKeys
from edge.keys.device_key import DeviceKey

KEY = DeviceKey.make()
SIGN = KEY.sign


def keys_of(source: str, key: DeviceKey = KEY) -> VerificationKeys:
    """What a central system knows of one gate."""
    return VerificationKeys([VerificationKey.of_jwk(key.public_jwk(source))])


def signed(content: Mapping[str, Any], sign: Sign = SIGN) -> dict[str, Any]:
    """An object with its signature, whatever it says."""
    return {**content, SIGNATURE: sign(canonical(dict(content)))}
