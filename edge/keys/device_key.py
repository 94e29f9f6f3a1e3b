"""The device key signs the events of a gate.  It is made once, kept in one file, never sent."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from edge.contract.json_object import JsonObject
from edge.contract.signature import KeyKind, algorithm_of
from edge.errors import SettingsError
from edge.files.reading import rest_of


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A private key, and its public part."""

    kid: str
    """Its thumbprint (RFC 7638)."""
    algorithm: str
    _key: OKPKey | ECKey = field(repr=False)

    @classmethod
    def make(cls, kind: KeyKind = KeyKind.ED25519) -> Self:
        """Make a key that stands in no file."""
        made = _made(kind)
        return cls._of(made)

    @classmethod
    def load_or_make(cls, path: Path, kind: KeyKind = KeyKind.ED25519) -> Self:
        """Read the key in a file (PEM, PKCS #8).  Where there is none, make one for its owner only.

        Raises:
            SettingsError: the file cannot be read or written, others may read it, or it holds
                something else; the file stays as it is.
        """
        try:
            if not path.exists():
                _write(path, _made(kind))
            return cls.load(path)
        except OSError as error:
            raise SettingsError(
                f"the device key {path} cannot be opened: {error.strerror}"
            ) from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key in a file; SettingsError as in `load_or_make`, and when there is none."""
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                content = rest_of(file)
        except OSError as error:
            raise SettingsError(
                f"the device key {path} cannot be opened: {error.strerror}"
            ) from error
        if mode & 0o077:
            raise SettingsError(
                f"the device key {path} may be read by others: chmod 600 it, and if others could"
                " read it so far, move it away and have a new one made"
            )
        try:
            found = load_pem_private_key(content, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise SettingsError(f"the device key {path} is no unencrypted PEM key") from None
        if isinstance(found, Ed25519PrivateKey | EllipticCurvePrivateKey):
            with contextlib.suppress(ValueError):
                return cls._of(found)
        raise SettingsError(f"the device key {path} is neither an Ed25519 nor a P-256 key")

    @classmethod
    def _of(cls, private: Ed25519PrivateKey | EllipticCurvePrivateKey) -> Self:
        kind = OKPKey if isinstance(private, Ed25519PrivateKey) else ECKey
        key = kind.import_key(_pem(private))
        return cls(key.thumbprint(), algorithm_of(key.as_dict(private=False)), key)

    def public_jwk(self, source: str) -> JsonObject:
        """The public key, bound to the gate whose events it signs."""
        public = self._key.as_dict(private=False)
        extras = {"kid": self.kid, "alg": self.algorithm, "use": "sig", "source": source}
        return {**public, **extras}

    def sign(self, payload: bytes) -> str:
        """Sign: JWS compact with the payload left out (RFC 7515 appendix F)."""
        header = {"alg": self.algorithm, "kid": self.kid}
        whole = jws.serialize_compact(header, payload, self._key, algorithms=[self.algorithm])
        return jws.detach_content(whole)


def _made(kind: KeyKind) -> Ed25519PrivateKey | EllipticCurvePrivateKey:
    if kind is KeyKind.ED25519:
        return Ed25519PrivateKey.generate()
    return generate_private_key(SECP256R1())


def _pem(private: Ed25519PrivateKey | EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, private: Ed25519PrivateKey | EllipticCurvePrivateKey) -> None:
    """Write a whole key or nothing: with half a key the gate would lose its identity."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".device-key-")  # mode 0600
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  # an open descriptor
            file.write(_pem(private))
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)  # fails when another process was faster
    finally:
        Path(name).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
