"""Signature algorithms of terminals and their certificates (ICAO Doc 9303-11 §7.1.4, §9.2.9).

Also PKCS#1 v1.5 and SHA-1 of the first edition of BSI TR-03110-3: chips are used for ten years.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from edge.emrtd import ecdsa_signature
from edge.emrtd.public_key import EcKey, RsaKey

TERMINAL_AUTHENTICATION: Final = "0.4.0.127.0.7.2.2.2"
_RSA, _ECDSA = f"{TERMINAL_AUTHENTICATION}.1", f"{TERMINAL_AUTHENTICATION}.2"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A signature algorithm of a terminal or a certificate authority."""

    digest: str
    is_rsa: bool
    is_pss: bool = False


ALGORITHMS: Final = {
    f"{_RSA}.1": Algorithm("sha1", is_rsa=True),
    f"{_RSA}.2": Algorithm("sha256", is_rsa=True),
    f"{_RSA}.3": Algorithm("sha1", is_rsa=True, is_pss=True),
    f"{_RSA}.4": Algorithm("sha256", is_rsa=True, is_pss=True),
    f"{_RSA}.5": Algorithm("sha512", is_rsa=True),
    f"{_RSA}.6": Algorithm("sha512", is_rsa=True, is_pss=True),
    f"{_ECDSA}.1": Algorithm("sha1", is_rsa=False),
    f"{_ECDSA}.2": Algorithm("sha224", is_rsa=False),
    f"{_ECDSA}.3": Algorithm("sha256", is_rsa=False),
    f"{_ECDSA}.4": Algorithm("sha384", is_rsa=False),
    f"{_ECDSA}.5": Algorithm("sha512", is_rsa=False),
}
"""By object identifier, dotted."""

_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_MODULUS_BITS: Final = range(1024, 8193)
_LONGEST_EXPONENT_BITS: Final = 32


def hash_of(algorithm: Algorithm) -> hashes.HashAlgorithm:
    """The digest as an object of `cryptography`."""
    return _HASHES[algorithm.digest]()


def padding_of(algorithm: Algorithm) -> padding.AsymmetricPadding:
    """The RSA padding; PSS with the parameters the standard fixes (§7.1.4.1.1)."""
    if not algorithm.is_pss:
        return padding.PKCS1v15()
    digest = hash_of(algorithm)
    return padding.PSS(padding.MGF1(digest), digest.digest_size)


def verify(oid: str, key: RsaKey | EcKey, message: bytes, signature: bytes) -> bool:
    """Whether the signature is that of this key over the message.

    False also for an unknown algorithm, or a key of another kind.  ECDSA signatures are plain, two
    numbers side by side.
    """
    algorithm = ALGORITHMS.get(oid)
    if algorithm is None or algorithm.is_rsa is not isinstance(key, RsaKey):
        return False
    if isinstance(key, RsaKey):
        return _verify_rsa(key, algorithm, message, signature)
    pair = ecdsa_signature.split(key, signature)
    return pair is not None and ecdsa_signature.holds(key, algorithm.digest, message, pair)


def _verify_rsa(key: RsaKey, algorithm: Algorithm, message: bytes, signature: bytes) -> bool:
    exponent = key.exponent
    if key.modulus.bit_length() not in _MODULUS_BITS or exponent < 3:
        return False
    if exponent.bit_length() > _LONGEST_EXPONENT_BITS:
        return False
    try:
        public = rsa.RSAPublicNumbers(exponent, key.modulus).public_key()
        public.verify(signature, message, padding_of(algorithm), hash_of(algorithm))
    except (InvalidSignature, ValueError):
        return False
    return True
