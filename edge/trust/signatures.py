"""Signature verification with whatever keys the field has (ICAO Doc 9303-12 §4.4).

Elliptic curves that `cryptography` lacks, and explicit parameters, go through `edge.emrtd`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import ecdsa
from asn1crypto import algos
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from edge.emrtd import public_key
from edge.emrtd.public_key import EcKey, RsaKey
from edge.errors import MalformedFile

HASHES: Mapping[str, type[hashes.HashAlgorithm]] = MappingProxyType(
    {
        "sha1": hashes.SHA1,
        "sha224": hashes.SHA224,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
)
"""Digests we accept; MD5 and its like are refused by not being here."""

_CURVES: Mapping[str, ec.EllipticCurve] = MappingProxyType(
    {
        "NIST256p": ec.SECP256R1(),
        "NIST384p": ec.SECP384R1(),
        "NIST521p": ec.SECP521R1(),
        "BRAINPOOLP256r1": ec.BrainpoolP256R1(),
        "BRAINPOOLP384r1": ec.BrainpoolP384R1(),
        "BRAINPOOLP512r1": ec.BrainpoolP512R1(),
    }
)
_SMALLEST_MODULUS_BITS = 1024
_LARGEST_MODULUS_BITS = 8192
_LARGEST_EXPONENT_BITS = 64


UNREADABLE = (
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What asn1crypto raises at bytes that are not what they claim to be."""


class Unverified(Exception):
    """The signature does not verify; the text says why, in words."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How something was signed: digest name and, for RSA-PSS, mask digest and salt length."""

    digest: str
    is_pss: bool = False
    mask_digest: str = ""
    salt_length: int = 0

    @classmethod
    def of(cls, algorithm: Any, digest: str | None = None) -> Scheme:
        """Read an AlgorithmIdentifier; `digest` serves bare key algorithms (rsaEncryption).

        Raises:
            MalformedFile: unknown algorithm or digest.
        """
        try:
            name = algorithm["algorithm"].native
            if name == "rsassa_pss":
                return cls._pss(algorithm["parameters"])
            found = name.split("_")[0] if name.startswith(("sha", "md")) else digest
        except UNREADABLE as error:
            raise MalformedFile("a signature algorithm that cannot be read") from error
        return cls(_known(found))

    @classmethod
    def _pss(cls, parameters: Any) -> Scheme:
        if not isinstance(parameters, algos.RSASSAPSSParams):
            raise MalformedFile("RSA-PSS without parameters")
        mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
        salt = int(parameters["salt_length"].native)
        if not 0 <= salt <= 512:
            raise MalformedFile("RSA-PSS with an impossible salt")
        digest = _known(parameters["hash_algorithm"]["algorithm"].native)
        return cls(digest, is_pss=True, mask_digest=_known(mask), salt_length=salt)


def verify(
    subject_public_key_info: bytes, scheme: Scheme, signature: bytes, message: bytes
) -> None:
    """Verify a signature over a message.

    Raises:
        Unverified: it does not verify, or the key is too weak or too costly to be used.
        MalformedFile: the key cannot be read.
    """
    try:
        key = _load(subject_public_key_info)
        if isinstance(key, EcKey):
            _verify_ec(key, scheme, signature, message)
        elif isinstance(key, RsaKey):
            _verify_rsa(key, scheme, signature, message)
        else:
            _verify_dsa(key, scheme, signature, message)
    except InvalidSignature as error:
        raise Unverified("the signature does not verify") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unverified("the key cannot be used") from error


def _load(subject_public_key_info: bytes) -> EcKey | RsaKey | dsa.DSAPublicKey:
    try:
        return public_key.parse(subject_public_key_info)
    except MalformedFile:
        try:
            key = load_der_public_key(subject_public_key_info)
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if isinstance(key, dsa.DSAPublicKey):
            return key
        raise


def _verify_rsa(key: RsaKey, scheme: Scheme, signature: bytes, message: bytes) -> None:
    bits = key.modulus.bit_length()
    if not _SMALLEST_MODULUS_BITS <= bits <= _LARGEST_MODULUS_BITS:
        raise Unverified(f"an RSA key of {bits} bits is not accepted")
    if key.exponent < 3 or key.exponent.bit_length() > _LARGEST_EXPONENT_BITS:
        raise Unverified("an RSA exponent that is not accepted")
    scheme_padding: padding.AsymmetricPadding = padding.PKCS1v15()
    if scheme.is_pss:
        mask = padding.MGF1(HASHES[scheme.mask_digest]())
        scheme_padding = padding.PSS(mask, scheme.salt_length)
    loaded = rsa.RSAPublicNumbers(key.exponent, key.modulus).public_key()
    loaded.verify(signature, message, scheme_padding, HASHES[scheme.digest]())


def _verify_dsa(key: dsa.DSAPublicKey, scheme: Scheme, signature: bytes, message: bytes) -> None:
    if key.key_size < _SMALLEST_MODULUS_BITS:
        raise Unverified(f"a DSA key of {key.key_size} bits is not accepted")
    key.verify(signature, message, HASHES[scheme.digest]())


def _verify_ec(key: EcKey, scheme: Scheme, signature: bytes, message: bytes) -> None:
    curve = _CURVES.get(key.curve.name)
    if curve is not None:
        numbers = ec.EllipticCurvePublicNumbers(key.point.x, key.point.y, curve)
        numbers.public_key().verify(signature, message, ec.ECDSA(HASHES[scheme.digest]()))
        return
    point = key.curve.coordinate(key.point.x) + key.curve.coordinate(key.point.y)
    verifier = ecdsa.VerifyingKey.from_string(point, curve=key.curve.domain)
    digest = hashlib.new(scheme.digest, message, usedforsecurity=False).digest()
    try:
        verifier.verify_digest(
            signature, digest, sigdecode=ecdsa.util.sigdecode_der, allow_truncate=True
        )
    except (ecdsa.BadSignatureError, ecdsa.der.UnexpectedDER, TypeError) as error:
        # TypeError: the sum is the point at infinity, which python-ecdsa gives no coordinate.
        raise Unverified("the signature does not verify") from error


def _known(digest: str | None) -> str:
    if digest is None or digest not in HASHES:
        raise MalformedFile("a digest that is not accepted")
    return digest
