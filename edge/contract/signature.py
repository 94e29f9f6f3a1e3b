"""Detached signatures by device keys: JWS compact, RFC 7515 appendix F, and nothing else of JOSE.

A signature is `header..signature`; the header is exactly the canonical JSON of `alg` and `kid`, so
that it is compared and never interpreted: no algorithm but the key's own is ever used.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from edge.contract.canonical import canonical

PATTERN: Final = r"^[A-Za-z0-9_-]{16,512}\.\.[A-Za-z0-9_-]{86}$"
"""Ed25519 and ES256 signatures have 64 bytes."""
SIGNATURE: Final = "signature"
"""The member that carries the signature of the object it stands in."""
_SHAPE: Final = re.compile(PATTERN)
_ALGORITHMS: Final[Mapping[tuple[str, str], str]] = {
    ("OKP", "Ed25519"): "Ed25519",  # RFC 9864
    ("EC", "P-256"): "ES256",  # RFC 7518 §3.4
}


class KeyKind(StrEnum):
    """What kind of key is made where there is none."""

    ED25519 = "ed25519"
    P256 = "p-256"


def header_of(algorithm: str, kid: str) -> str:
    """The protected header, in base64url, as every signature by a key carries it."""
    return encode(canonical({"alg": algorithm, "kid": kid}))


def encode(content: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def algorithm_of(jwk: Mapping[str, Any]) -> str:
    """The one algorithm a key signs with; ValueError for a key we have no algorithm for."""
    found = _ALGORITHMS.get((str(jwk.get("kty")), str(jwk.get("crv"))))
    if found is None:
        raise ValueError("neither an Ed25519 nor a P-256 key")
    return found


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key; `kid` is its thumbprint (RFC 7638)."""

    kid: str
    algorithm: str
    header: str
    key: OKPKey | ECKey
    source: str | None
    """The one gate whose events it may sign; None where the set does not say."""

    @classmethod
    def of_jwk(cls, jwk: Mapping[str, Any]) -> Self:
        """Take a public JWK, with our member `source` where there is one.

        Raises:
            ValueError: another kind of key, a private key, a point off the curve, or a `kid` or
                `alg` that is not the key's own.
        """
        algorithm = algorithm_of(jwk)
        if "d" in jwk:
            raise ValueError("a private key")
        try:
            found = (OKPKey if algorithm == "Ed25519" else ECKey).import_key(dict(jwk))
            kid = found.thumbprint()
        except (JoseError, ValueError, TypeError, KeyError):
            raise ValueError("not a key") from None
        if jwk.get("kid", kid) != kid:
            raise ValueError("a `kid` that is not the key's thumbprint")
        if jwk.get("alg", algorithm) != algorithm:
            raise ValueError("an `alg` that is not the key's")
        source = jwk.get("source")
        if source is not None and not isinstance(source, str):
            raise ValueError("a `source` that is no text")
        return cls(kid, algorithm, header_of(algorithm, kid), found, source)

    def verifies(self, payload: bytes, signature: str) -> bool:
        """Whether a detached signature is this key's, over a payload."""
        header, _, value = signature.partition("..")
        if header != self.header or _SHAPE.fullmatch(signature) is None or not _is_strict(value):
            return False
        try:
            jws.deserialize_compact(
                signature, self.key, algorithms=[self.algorithm], payload=payload
            )
        except (JoseError, ValueError):
            return False
        return True


class VerificationKeys:
    """The keys that count."""

    def __init__(self, keys: Iterable[VerificationKey]) -> None:
        self._by_header = {key.header: key for key in keys}

    @classmethod
    def of_jwks(cls, content: object) -> Self:
        """Take a JWK Set (RFC 7517 §5), such as a gate's `info`; other members are ignored.

        Keys for another use (`"use": "enc"`) are left out.

        Raises:
            ValueError: it is no JWK Set, or has a key that is not one; in words.
        """
        keys = content.get("keys") if isinstance(content, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise ValueError("not a JWK Set: `keys` is no list of objects")
        return cls(VerificationKey.of_jwk(key) for key in keys if key.get("use", "sig") == "sig")

    def __len__(self) -> int:
        return len(self._by_header)

    def __iter__(self) -> Iterator[VerificationKey]:
        return iter(self._by_header.values())

    def signer_of(self, signature: str) -> VerificationKey | None:
        """The key whose header a signature carries; None when no key that counts has it."""
        return self._by_header.get(signature.partition("..")[0])


def _is_strict(value: str) -> bool:
    """Whether base64url leaves no bit that could be changed unseen."""
    try:
        content = base64.b64decode(value + "==", b"-_", validate=True)
    except binascii.Error:  # pragma: no cover  # the pattern has seen to that
        return False
    return encode(content) == value
