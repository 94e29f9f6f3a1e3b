"""Keys of a central system for training: one to seal to, one to sign commands with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import ECKey, KeySet, OKPKey

PUBLIC: Final = "central.jwks.json"
PRIVATE: Final = "central-private.jwks.json"


def establish(folder: Path, kept: Path) -> None:
    """Write a public and a private JWK Set, the private one for its owner only.

    Those in the folder `kept` are kept: what was sealed to them could not be opened otherwise.
    """
    keys = _read(kept / PRIVATE) or _made()
    _write(folder / PUBLIC, keys.as_dict(private=False))
    _write(folder / PRIVATE, keys.as_dict(private=True))


def _made() -> KeySet:
    sealing = OKPKey.generate_key("X25519", {"use": "enc", "alg": "ECDH-ES"})
    signing = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "Ed25519"})
    keys: list[OKPKey | ECKey] = [sealing, signing]
    for key in keys:
        key.ensure_kid()
    return KeySet(list(keys))


def _read(path: Path) -> KeySet | None:
    try:
        return KeySet.import_key_set(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _write(path: Path, content: Any) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # an open descriptor
        json.dump(content, file, indent=2)
