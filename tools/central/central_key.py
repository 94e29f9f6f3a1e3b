"""Keys of a central system as JWK files, and commands signed by them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from edge.contract.commands import Claims, CommandName, Order
from edge.contract.json_object import JsonObject
from edge.contract.verified_command import TYPE
from edge.errors import SettingsError
from edge.files.reading import read_json
from edge.files.writing import create_private

ALGORITHMS: Final = {"Ed25519": "Ed25519", "P-256": "ES256"}


Curve: TypeAlias = Literal["Ed25519", "P-256", "X25519"]


class Use(StrEnum):
    """What a key of the central system is for."""

    SIGN = "sig"
    """Commands."""
    SEAL = "enc"
    """Personal fields of events."""


@dataclass(frozen=True, slots=True)
class CentralKey:
    """A private key of the central system."""

    use: Use
    kid: str
    _key: OKPKey | ECKey = field(repr=False)

    @classmethod
    def make(cls, use: Use, curve: Curve) -> Self:
        """Make a key: Ed25519 or P-256 to sign, X25519 or P-256 to seal."""
        key = ECKey.generate_key(curve) if curve == "P-256" else OKPKey.generate_key(curve)
        return cls(use, key.thumbprint(), key)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a private key that signs commands.

        Raises:
            SettingsError: the file cannot be read or holds something else.
        """
        content = read_json(path)
        if not isinstance(content, dict) or content.get("use") != Use.SIGN or "d" not in content:
            raise SettingsError(
                f'{path} is no private JWK with `"use": "sig"`; gatectl keys new makes one'
            )
        if content.get("crv") not in ALGORITHMS:
            raise SettingsError(f"{path}: a key that signs commands is Ed25519 or P-256")
        try:
            kind = ECKey if content["crv"] == "P-256" else OKPKey
            key = kind.import_key(content)
        except (JoseError, ValueError, TypeError):
            raise SettingsError(f"{path} holds no key") from None
        return cls(Use.SIGN, str(content.get("kid", key.thumbprint())), key)

    @property
    def public(self) -> JsonObject:
        """What the gates may know of it."""
        return {**self._key.as_dict(private=False), "use": self.use.value, "kid": self.kid}

    def write(self, path: Path) -> None:
        """Write the private JWK to a new file that only its owner may read.

        Raises:
            SettingsError: there is such a file already, or it cannot be written.
        """
        content = {**self._key.as_dict(private=True), "use": self.use.value, "kid": self.kid}
        try:
            create_private(path, f"{json.dumps(content, indent=2)}\n".encode())
        except OSError as error:
            raise SettingsError(f"{path} cannot be made ({error.strerror})") from error

    def sign(self, claims: JsonObject) -> str:
        """Sign claims as a command: JWS in compact form."""
        algorithm = ALGORITHMS[self._key.curve_name]
        header = {"alg": algorithm, "kid": self.kid, "typ": TYPE}
        return jws.serialize_compact(header, json.dumps(claims), self._key, algorithms=[algorithm])

    def command(
        self, name: CommandName, order: Order, audience: str, now: datetime, life_s: int = 60
    ) -> tuple[str, str]:
        """A command of a new id: the id, and what is to be published on `cmd/{name}`."""
        issued, number = int(now.timestamp()), str(uuid.uuid4())
        claims = Claims(
            id=number,
            aud=audience,
            name=name.value,
            iat=issued,
            exp=issued + life_s,
            args=order.model_dump(mode="json"),
        )
        return number, self.sign(claims.model_dump(mode="json"))
