"""`[keys]` and `[central]`: what a gate signs with, and whose keys it believes and seals to."""

from __future__ import annotations

from pathlib import Path

from edge.contract.signature import KeyKind
from edge.settings.section import Section


class Keys(Section):
    """`[keys]`: what this gate signs with."""

    device: Path | None = None
    """PEM, PKCS #8; default: `device-key.pem` in the state directory.  Made where there is none."""
    kind: KeyKind = KeyKind.ED25519
    """What is made."""


class Central(Section):
    """`[central]`: the central system's public keys."""

    keys: Path | None = None
    """A JWK Set.  Keys with `"use": "enc"` seal what identifies a traveller; without one, none of
    that leaves the gate.  Keys with `"use": "sig"` may sign commands."""
