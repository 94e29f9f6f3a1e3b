"""`[keys]` and `[central]`: the device key, and the keys of the central system."""

from __future__ import annotations

from pathlib import Path

from edge.contract.signature import KeyKind
from edge.settings.section import Section


class Keys(Section):
    """`[keys]`: the key that signs the events of this gate."""

    device: Path | None = None
    """PEM, PKCS #8; default: `device-key.pem` in the state directory.  Made when it is missing."""
    kind: KeyKind = KeyKind.ED25519
    """Kind of a key that is made."""


class Central(Section):
    """`[central]`: the central system's public keys."""

    keys: Path | None = None
    """A JWK Set.  Keys with `"use": "enc"` seal personal data; without one, no personal data leave
    the gate.  Keys with `"use": "sig"` may sign commands."""
