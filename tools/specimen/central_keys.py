"""Keys of a central system for training: one to seal to, one to sign commands with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey

from edge.files.writing import create_private
from tools.central.central_key import CentralKey, Use

PUBLIC: Final = "central.jwks.json"
"""What `[central] keys` of a gate names."""
OPENS: Final = "central-private.jwks.json"
"""A JWK Set that opens what the gate has sealed."""
SIGNS: Final = "central.sig.jwk"
"""Signs commands (`gatectl command --key`)."""
FILES: Final = (PUBLIC, OPENS, SIGNS)


def establish(folder: Path, kept: Path) -> None:
    """Write the public JWK Set and the private keys, these for their owner only.

    Those in the folder `kept` are kept: what was sealed to them could not be opened otherwise.
    """
    if all((kept / name).is_file() for name in FILES):
        for name in FILES:
            shutil.copy2(kept / name, folder / name)
        return
    signing = CentralKey.make(Use.SIGN, "Ed25519")
    signing.write(folder / SIGNS)
    opening = OKPKey.generate_key("X25519", {"use": Use.SEAL.value})
    opening.ensure_kid()
    _write(folder / OPENS, [opening.as_dict(private=True)])
    _write(folder / PUBLIC, [opening.as_dict(private=False), signing.public])


def _write(path: Path, keys: Sequence[Mapping[str, object]]) -> None:
    create_private(path, f"{json.dumps({'keys': keys}, indent=2)}\n".encode())
