"""What the central system has published for this gate: whom to seal to, whose commands count."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from edge.errors import SettingsError
from edge.seal import Sealer
from edge.signature import VerificationKeys

LARGEST_FILE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class CentralKeys:
    """The public keys of the central system; none where nothing is configured."""

    sealer: Sealer | None = None
    """The first key with `"use": "enc"`."""
    commanders: VerificationKeys = field(default_factory=lambda: VerificationKeys(()))
    """Every key with `"use": "sig"`."""

    @classmethod
    def load(cls, path: Path | None) -> Self:
        """Read a JWK Set; SettingsError says what is wrong with it."""
        if path is None:
            return cls()
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST_FILE_BYTES + 1)
        except OSError as error:
            raise SettingsError(
                f"the central system's keys {path} cannot be read ({error.strerror}): check"
                " `central.keys`"
            ) from error
        if len(content) > LARGEST_FILE_BYTES:
            raise SettingsError(f"the central system's keys {path}: larger than a JWK Set can be")
        try:
            return cls.of_jwks(json.loads(content))
        except (ValueError, RecursionError) as error:
            why = "not JSON" if isinstance(error, json.JSONDecodeError) else error
            raise SettingsError(f"the central system's keys {path}: {why}") from None

    @classmethod
    def of_jwks(cls, content: Any) -> Self:
        """Take a JWK Set (RFC 7517 §5).

        Raises:
            ValueError: it is none, a key names no use, or is not fit for its use.
        """
        keys = content.get("keys") if isinstance(content, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise ValueError("not a JWK Set: `keys` is no list of objects")
        if any(key.get("use") not in {"enc", "sig"} for key in keys):
            raise ValueError('a key without `"use": "enc"` or `"use": "sig"`')
        sealers = [Sealer.of_jwk(key) for key in keys if key["use"] == "enc"]
        return cls(sealers[0] if sealers else None, VerificationKeys.of_jwks(content))
