"""Reads JWK Sets from files (RFC 7517 §5)."""

from __future__ import annotations

from pathlib import Path

from edge.contract.json_object import JsonObject
from edge.errors import SettingsError
from edge.files.reading import read_json


def read(path: Path) -> list[JsonObject]:
    """The keys of the JWK Set in a file.

    Raises:
        SettingsError: the file cannot be read, or is no JWK Set.
    """
    content = read_json(path)
    keys = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise SettingsError(f"{path} is no JWK Set: `keys` is no list of objects")
    return keys
