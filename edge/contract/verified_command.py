"""Proves commands: signed by a key of the central system, for this gate, for this moment.

A command is a JWS in compact form (RFC 7515 §7.1).  Everything about it is hostile until its
signature is proven by a key this gate was given; what the sender says about keys and algorithms
only selects among those.  Whether it was used before is for the journal to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.contract.base64url import decode
from edge.contract.commands import ORDERS, Claims, Code, Command, CommandName
from edge.contract.signature import VerificationKey

TYPE: Final = "egate-command+jwt"
"""`typ` of a command: what the same key signs for other purposes is none (RFC 8725 §3.11)."""
LARGEST_BYTES: Final = 4096
LONGEST_LIFE_S: Final = 300
SKEW_S: Final = 30
"""How far ahead of this clock the central system's may be."""
_SHAPE: Final = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")
"""Ed25519 and ES256 signatures have 64 bytes."""


class _Header(BaseModel):
    """Nothing else is understood, `crit` and `b64` least of all."""

    model_config = ConfigDict(extra="forbid")
    alg: Literal["Ed25519", "EdDSA", "ES256"]
    kid: str = Field(min_length=1, max_length=128)
    typ: Literal["egate-command+jwt"]


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


@dataclass(frozen=True, slots=True)
class _Parts:
    """A token taken apart: nothing of it is proven."""

    header: bytes
    claims: bytes
    signature: bytes
    signed: bytes
    """What the signature is over (RFC 7515 §5.1)."""


class Verifier:
    """Judges what arrives on `cmd/{name}`.

    `audience` is the CloudEvents source of this gate.  `passed` learns from each verified command
    a moment that has passed: the clock of the gate must not fall behind it.
    """

    def __init__(
        self,
        keys: Iterable[VerificationKey],
        audience: str,
        is_plausible: Callable[[datetime], bool],
        passed: Callable[[datetime], None],
    ) -> None:
        self._keys = {key.kid: key for key in keys}
        self._audience = audience
        self._is_plausible = is_plausible
        self._passed = passed

    def examine(
        self, name: str, token: bytes, *, retained: bool, now: datetime
    ) -> VerifiedCommand | Refusal:
        """Prove a command, in this order or not at all: signature, address, time, content."""
        proven = self._proven(token)
        if isinstance(proven, Refusal):
            return proven
        kid, content = proven
        try:
            claims = Claims.read(content)
        except ValueError:
            return Refusal(Code.MALFORMED, "claims that are not those of a command")
        wrong = self._address(claims, name, retained=retained) or self._time(claims, now)
        if wrong is not None:
            return wrong
        if claims.name not in ORDERS:
            return Refusal(Code.UNKNOWN_COMMAND, "an unknown command", claims.id)
        known = CommandName(claims.name)
        try:
            command = claims.command()
        except ValueError:
            return Refusal(Code.MALFORMED, "arguments that are not the command's", claims.id)
        issued, expires = (datetime.fromtimestamp(s, UTC) for s in (claims.iat, claims.exp))
        self._passed(issued - timedelta(seconds=SKEW_S))
        return VerifiedCommand(claims.id, known, command, kid, issued, expires)

    def _proven(self, token: bytes) -> tuple[str, bytes] | Refusal:
        """The key that signed, of those that may, and what it signed."""
        parts = _parts(token)
        if parts is None:
            return _unproven("no signed token")
        try:
            header = _Header.model_validate_json(parts.header)
        except ValidationError:
            return _unproven("a header that is not a command's")
        key = self._keys.get(header.kid)
        if key is None or not key.uses(header.alg):
            return _unproven("an unknown key, or not its algorithm")
        if not key.verifies(parts.signed, parts.signature):
            return _unproven("a wrong signature")
        return key.kid, parts.claims

    def _address(self, claims: Claims, name: str, *, retained: bool) -> Refusal | None:
        if claims.aud != self._audience:
            return Refusal(Code.WRONG_AUDIENCE, "meant for another gate", claims.id)
        if claims.name != name:
            return Refusal(Code.WRONG_NAME, "on the topic of another command", claims.id)
        if retained:
            return Refusal(Code.RETAINED, "retained", claims.id)
        return None

    def _time(self, claims: Claims, now: datetime) -> Refusal | None:
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


def _parts(token: bytes) -> _Parts | None:
    """The parts of a token in compact form (RFC 7515 §7.1); None when it is none."""
    if len(token) > LARGEST_BYTES or _SHAPE.fullmatch(token) is None:
        return None
    try:
        header, claims, signature = (decode(part) for part in token.decode("ascii").split("."))
    except ValueError:
        return None
    return _Parts(header, claims, signature, token.rpartition(b".")[0])
