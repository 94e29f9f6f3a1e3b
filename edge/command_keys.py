"""Reads which keys of the central system may sign commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edge.errors import SettingsError
from edge.warrant import SigningKey

LARGEST_FILE_BYTES = 1_000_000


def command_keys(path: Path | None) -> tuple[SigningKey, ...]:
    """The keys with `"use": "sig"` in a JWK Set (RFC 7517 §5); none where there is no file.

    Without such a key no command is obeyed.

    Raises:
        SettingsError: the file cannot be read, is no JWK Set, or has a signing key we cannot use.
    """
    found: dict[str, SigningKey] = {}
    for number, jwk in enumerate(_jwks(path) if path is not None else (), 1):
        if jwk.get("use") != "sig":
            continue
        try:
            key = SigningKey.of_jwk(jwk)
        except ValueError as error:
            raise SettingsError(f"{path}: key {number}: {error}") from None
        if found.setdefault(key.kid, key) is not key:
            raise SettingsError(f"{path}: key {number}: another key has the same `kid`")
    return tuple(found.values())


def _jwks(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(LARGEST_FILE_BYTES))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError):
        raise SettingsError(f"{path} is not JSON") from None
    keys = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise SettingsError(f"{path} is no JWK Set: `keys` is no list of objects")
    return keys
