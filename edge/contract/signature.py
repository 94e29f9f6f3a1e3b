"""Signatures by keys of a gate and of the central system: JWS, and nothing else of JOSE.

A detached signature (RFC 7515 appendix F) is `header..signature`; the header is exactly the
canonical JSON of `alg` and `kid`, so that it is compared and never interpreted: no algorithm but
the key's own is ever used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from edge.contract.base64url import decode, encode
from edge.contract.canonical import canonical
from edge.contract.json_object import Jwk

PATTERN: Final = r"^[A-Za-z0-9_-]{16,512}\.\.[A-Za-z0-9_-]{86}$"
"""Ed25519 and ES256 signatures have 64 bytes."""
SIGNATURE: Final = "signature"
"""The member that carries the signature of the object it stands in."""
_SHAPE: Final = re.compile(PATTERN)
_ALGORITHMS: Final[Mapping[tuple[str, str], str]] = {
    ("OKP", "Ed25519"): "Ed25519",  # RFC 9864
    ("EC", "P-256"): "ES256",  # RFC 7518 §3.4
}
_OLDER_NAMES: Final[Mapping[str, str]] = {"Ed25519": "EdDSA"}  # RFC 8037 §3.1


class KeyKind(StrEnum):
    """What kind of key is made where there is none."""

    ED25519 = "ed25519"
    P256 = "p-256"


def header_of(algorithm: str, kid: str) -> str:
    """The protected header, in base64url, as every signature by a key carries it."""
    return encode(canonical({"alg": algorithm, "kid": kid}))


def algorithm_of(jwk: Jwk) -> str:
    """The one algorithm a key signs with; ValueError for a key we have no algorithm for."""
    found = _ALGORITHMS.get((str(jwk.get("kty")), str(jwk.get("crv"))))
    if found is None:
        raise ValueError("neither an Ed25519 nor a P-256 key")
    return found


def _names(algorithm: str) -> tuple[str, ...]:
    older = _OLDER_NAMES.get(algorithm)
    return (algorithm,) if older is None else (algorithm, older)


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key: of a gate for its events, or of the central system for its commands."""

    kid: str
    """What headers call the key: its thumbprint (RFC 7638), or the name its set gives it."""
    algorithm: str
    header: str
    """The protected header of every detached signature by this key, in base64url."""
    key: OKPKey | ECKey
    source: str | None
    """The one gate whose events it may sign; None where the set does not say."""

    @classmethod
    def of_jwk(cls, jwk: Jwk) -> Self:
        """Take a public JWK, with our member `source` where there is one.

        Raises:
            ValueError: another kind of key, a private key, a point off the curve, or a `kid` or
                `alg` that is not the key's own.
        """
        found = cls.of_named_jwk(jwk)
        if found.kid != found.key.thumbprint():
            raise ValueError("a `kid` that is not the key's thumbprint")
        return found

    @classmethod
    def of_named_jwk(cls, jwk: Jwk) -> Self:
        """Take a public JWK as `of_jwk` does, but by any `kid` that its set gives it.

        Raises:
            ValueError: as of `of_jwk`, but for the `kid`.
        """
        algorithm = algorithm_of(jwk)
        if "d" in jwk:
            raise ValueError("a private key")
        try:
            found = (OKPKey if algorithm == "Ed25519" else ECKey).import_key(dict(jwk))
            kid = str(jwk.get("kid", found.thumbprint()))
        except (JoseError, ValueError, TypeError, KeyError):
            raise ValueError("not a key") from None
        if jwk.get("alg", algorithm) not in _names(algorithm):
            raise ValueError("an `alg` that is not the key's")
        source = jwk.get("source")
        if source is not None and not isinstance(source, str):
            raise ValueError("a `source` that is no text")
        return cls(kid, algorithm, header_of(algorithm, kid), found, source)

    def uses(self, algorithm: str) -> bool:
        """Whether a header names the one algorithm of this key, by its proper or its older name."""
        return algorithm in _names(self.algorithm)

    def verifies(self, content: bytes, signature: bytes) -> bool:
        """Whether a signature is this key's, by its own algorithm, whatever a header says."""
        try:
            return bool(
                jws.JWSRegistry.algorithms[self.algorithm].verify(content, signature, self.key)
            )
        except (JoseError, ValueError):
            return False

    def verifies_detached(self, payload: bytes, signature: str) -> bool:
        """Whether a detached signature is this key's, over a payload."""
        header, _, value = signature.partition("..")
        if header != self.header or _SHAPE.fullmatch(signature) is None:
            return False
        try:
            signed = decode(value)
        except ValueError:
            return False
        return self.verifies(f"{header}.{encode(payload)}".encode("ascii"), signed)


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
