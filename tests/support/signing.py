"""A device key for journals of tests, and the keys that verify what it signed."""

from __future__ import annotations

from edge.contract.signature import VerificationKey, VerificationKeys
from edge.keys.device_key import DeviceKey

KEY = DeviceKey.make()
SIGN = KEY.sign


def keys_of(source: str, key: DeviceKey = KEY) -> VerificationKeys:
    """What a central system knows of one gate."""
    return VerificationKeys([VerificationKey.of_jwk(key.public_jwk(source))])
