"""Proves commands: signed by a key of the central system, for this gate, for this moment.

A command is a JWS in compact form (RFC 7515 §7.1).  Everything about it is hostile until its
signature is proven by a key this gate was given; what the sender says about keys and algorithms
only selects among those.  Whether it was used before is for the journal to say.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.contract.commands import ORDERS, Code, Command, CommandName

TYPE: Final = "egate-command+jwt"
"""`typ` of a command: what the same key signs for other purposes is none (RFC 8725 §3.11)."""
LARGEST_BYTES: Final = 4096
LONGEST_LIFE_S: Final = 300
SKEW_S: Final = 30
"""How far ahead of this clock the central system's may be."""
_SHAPE: Final = re.compile(rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})")
"""Ed25519 and ES256 signatures have 64 bytes."""
_NAMES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("OKP", "Ed25519"): ("Ed25519", "EdDSA"),  # RFC 9864, and its name in RFC 8037
    ("EC", "P-256"): ("ES256",),  # RFC 7518 §3.4
}
"""The one algorithm of each kind of key, by the names it goes by; the proper one first."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Header(_Strict):
    """Nothing else is understood, `crit` and `b64` least of all."""

    alg: Literal["Ed25519", "EdDSA", "ES256"]
    kid: str = Field(min_length=1, max_length=128)
    typ: Literal["egate-command+jwt"]


_Moment = Annotated[int, Field(ge=0, le=253_402_300_799)]
"""Seconds since 1970 (RFC 7519 §2, NumericDate)."""


class _Claims(_Strict):
    id: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    aud: str
    name: str
    iat: _Moment
    exp: _Moment
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key of the central system that may sign commands."""

    kid: str
    names: tuple[str, ...]
    """What its algorithm is called in a header."""
    key: OKPKey | ECKey

    @classmethod
    def of_jwk(cls, jwk: Mapping[str, Any]) -> Self:
        """Take a public JWK; without a `kid` it is called by its thumbprint (RFC 7638).

        Raises:
            ValueError: another kind of key, or a private one; in words.
        """
        names = _NAMES.get((str(jwk.get("kty")), str(jwk.get("crv"))))
        if names is None:
            raise ValueError("a key that signs commands is Ed25519 or P-256")
        if "d" in jwk:
            raise ValueError("a private key has no place at a gate")
        if jwk.get("alg", names[0]) not in names:
            raise ValueError("a key whose `alg` is not its own")
        try:
            key = (OKPKey if jwk["kty"] == "OKP" else ECKey).import_key(dict(jwk))
            kid = key.thumbprint()
        except (JoseError, ValueError, TypeError):
            raise ValueError("no key") from None
        return cls(str(jwk.get("kid", kid)), names, key)

    def verifies(self, content: bytes, signature: bytes) -> bool:
        """Whether this key has signed; by its own algorithm, whatever a header says."""
        algorithm = jws.JWSRegistry.algorithms[self.names[0]]
        try:
            return bool(algorithm.verify(content, signature, self.key))
        except (JoseError, ValueError):
            return False


@dataclass(frozen=True, slots=True)
class VerifiedCommand:
    """A command that is proven."""

    id: str
    name: CommandName
    command: Command
    kid: str
    """Of the key that signed it."""
    issued: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command is not obeyed."""

    code: Code
    finding: str
    """What was wrong, in words that quote nothing of it; one of few."""
    id: str | None = None
    proven: bool = True
    """The signature was right: the sender may know the code."""


class Verifier:
    """Judges what arrives on `cmd/{name}`; `audience` is the CloudEvents source of this gate."""

    def __init__(
        self,
        keys: Iterable[SigningKey],
        audience: str,
        is_plausible: Callable[[datetime], bool],
    ) -> None:
        self._keys = {key.kid: key for key in keys}
        self._audience = audience
        self._is_plausible = is_plausible

    def examine(
        self, name: str, token: bytes, *, retained: bool, now: datetime
    ) -> VerifiedCommand | Refusal:
        """Prove a command, in this order or not at all: signature, address, time, content."""
        kid = self._signer(token)
        if isinstance(kid, Refusal):
            return kid
        try:
            claims = _Claims.model_validate_json(_decoded(token.split(b".")[1]))
        except ValidationError:
            return Refusal(Code.MALFORMED, "claims that are not those of a command")
        wrong = self._address(claims, name, retained=retained) or self._time(claims, now)
        if wrong is not None:
            return wrong
        if claims.name not in ORDERS:
            return Refusal(Code.UNKNOWN_COMMAND, "an unknown command", claims.id)
        known = CommandName(claims.name)
        try:
            command = ORDERS[known].model_validate(claims.args)
        except ValidationError:
            return Refusal(Code.MALFORMED, "arguments that are not the command's", claims.id)
        issued, expires = (datetime.fromtimestamp(s, UTC) for s in (claims.iat, claims.exp))
        return VerifiedCommand(claims.id, known, command, kid, issued, expires)

    def _signer(self, token: bytes) -> str | Refusal:
        """The key that signed, of those that may."""
        found = _SHAPE.fullmatch(token) if len(token) <= LARGEST_BYTES else None
        if found is None or not all(_is_strict(part) for part in found.groups()):
            return _unproven("no signed token")
        try:
            header = _Header.model_validate_json(_decoded(found[1]))
        except ValidationError:
            return _unproven("a header that is not a command's")
        key = self._keys.get(header.kid)
        if key is None or header.alg not in key.names:
            return _unproven("an unknown key, or not its algorithm")
        if not key.verifies(token.rpartition(b".")[0], _decoded(found[3])):
            return _unproven("a wrong signature")
        return key.kid

    def _address(self, claims: _Claims, name: str, *, retained: bool) -> Refusal | None:
        if claims.aud != self._audience:
            return Refusal(Code.WRONG_AUDIENCE, "meant for another gate", claims.id)
        if claims.name != name:
            return Refusal(Code.WRONG_NAME, "on the topic of another command", claims.id)
        if retained:
            return Refusal(Code.RETAINED, "retained", claims.id)
        return None

    def _time(self, claims: _Claims, now: datetime) -> Refusal | None:
        """Expiry is judged by this clock alone; so a clock that cannot be right obeys nobody."""
        if not self._is_plausible(now):
            return Refusal(Code.CLOCK_NOT_TRUSTED, "while the clock is not trusted", claims.id)
        if not 0 < claims.exp - claims.iat <= LONGEST_LIFE_S:
            return Refusal(Code.VALID_TOO_LONG, "valid for too long", claims.id)
        if claims.exp <= now.timestamp():
            return Refusal(Code.EXPIRED, "expired", claims.id)
        if claims.iat > now.timestamp() + SKEW_S:
            return Refusal(Code.NOT_YET_VALID, "from the future", claims.id)
        return None


def _unproven(finding: str) -> Refusal:
    return Refusal(Code.UNAUTHENTICATED, finding, proven=False)


def _decoded(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _is_strict(part: bytes) -> bool:
    """Whether base64url leaves no bit that could be changed unseen."""
    try:
        return base64.urlsafe_b64encode(_decoded(part)).rstrip(b"=") == part
    except binascii.Error:
        return False
