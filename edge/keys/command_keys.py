"""Reads the keys of the central system that may sign commands."""

from __future__ import annotations

from pathlib import Path

from edge.contract.signature import VerificationKey
from edge.errors import SettingsError
from edge.keys import jwks


def command_keys(path: Path | None) -> tuple[VerificationKey, ...]:
    """The keys with `"use": "sig"` in a JWK Set (RFC 7517 §5); none where there is no file.

    Without such a key the gate obeys no command.

    Raises:
        SettingsError: the file cannot be read, is no JWK Set, or has a signing key of no use.
    """
    found: dict[str, VerificationKey] = {}
    for number, jwk in enumerate(jwks.read(path) if path is not None else (), 1):
        if jwk.get("use") != "sig":
            continue
        try:
            key = VerificationKey.of_named_jwk(jwk)
        except ValueError as error:
            raise SettingsError(f"{path}: key {number}: {error}") from None
        if found.setdefault(key.kid, key) is not key:
            raise SettingsError(f"{path}: key {number}: another key has the same `kid`")
    return tuple(found.values())
