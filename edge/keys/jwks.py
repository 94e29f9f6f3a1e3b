"""Reads JWK Sets from files (RFC 7517 §5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edge.errors import SettingsError

LARGEST_FILE_BYTES = 1_000_000


def read(path: Path) -> list[dict[str, Any]]:
    """The keys of the JWK Set in a file.

    Raises:
        SettingsError: the file cannot be read, or is no JWK Set.
    """
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
