"""Reads the key of the central system that seals personal data of travellers."""

from __future__ import annotations

from pathlib import Path

from edge.contract.seal import Sealer
from edge.errors import SettingsError
from edge.keys import jwks


def sealer(path: Path | None) -> Sealer | None:
    """The first key with `"use": "enc"` in a JWK Set; None where there is none.

    Without such a key no personal data leave the gate.

    Raises:
        SettingsError: the file cannot be read, is no JWK Set, or has a key that cannot seal.
    """
    found: list[Sealer] = []
    for number, jwk in enumerate(jwks.read(path) if path is not None else (), 1):
        if jwk.get("use") == "enc":
            try:
                found.append(Sealer.of_jwk(jwk))
            except ValueError as error:
                raise SettingsError(f"{path}: key {number}: {error}") from None
    return found[0] if found else None
