"""Verifies signatures by every kind of key in the field (ICAO Doc 9303-12 §4.1.6).

ECDSA, on named curves and on those that a key spells out, is that of `edge.emrtd`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from asn1crypto import algos, core
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from edge.emrtd import der, ecdsa_signature, public_key, tlv
from edge.emrtd.digests import HASHES
from edge.emrtd.public_key import EcKey, RsaKey
from edge.errors import MalformedFile

_BARE_KEY_ALGORITHMS = frozenset(
    {
        "1.2.840.113549.1.1.1",  # rsaEncryption, met in AU, NZ and US
        "1.2.840.10045.2.1",  # id-ecPublicKey
        "1.2.840.10045.4",  # ecdsa-with-Specified or -Recommended
        "1.2.840.10045.4.2",
        "1.2.840.10045.4.3",
        "1.2.840.10040.4.1",  # id-dsa
    }
)
"""Some files name these as signature algorithm; the digest then is the one named beside it."""
_PLAIN_ECDSA: Mapping[str, str] = MappingProxyType(
    {
        "0.4.0.127.0.7.1.1.4.1.1": "sha1",
        "0.4.0.127.0.7.1.1.4.1.2": "sha224",
        "0.4.0.127.0.7.1.1.4.1.3": "sha256",
        "0.4.0.127.0.7.1.1.4.1.4": "sha384",
        "0.4.0.127.0.7.1.1.4.1.5": "sha512",
    }
)
"""Signatures that are r and s side by side (TR-03111 §5.2.1)."""
_DIGEST_OIDS: Mapping[str, str] = MappingProxyType(
    {
        "sha1": "1.3.14.3.2.26",
        "sha224": "2.16.840.1.101.3.4.2.4",
        "sha256": "2.16.840.1.101.3.4.2.1",
        "sha384": "2.16.840.1.101.3.4.2.2",
        "sha512": "2.16.840.1.101.3.4.2.3",
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
"""The errors of asn1crypto for bytes that are not of the type they claim."""


class Unverified(Exception):
    """The signature does not verify; the text says why, in words."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A signature algorithm: name of the digest and, for RSA-PSS, mask digest and salt length."""

    digest: str
    is_pss: bool = False
    mask_digest: str = ""
    salt_length: int = 0
    is_plain: bool = False
    """An ECDSA signature that is r and s side by side, not in DER."""

    @classmethod
    def of(cls, algorithm: algos.SignedDigestAlgorithm, digest: str | None = None) -> Scheme:
        """Read an AlgorithmIdentifier; `digest` is used for bare key algorithms (rsaEncryption).

        Raises:
            MalformedFile: unknown algorithm or digest.
        """
        try:
            name, oid = algorithm["algorithm"].native, algorithm["algorithm"].dotted
            if name == "rsassa_pss":
                return cls._pss(algorithm["parameters"])
        except UNREADABLE as error:
            raise MalformedFile("a signature algorithm that cannot be read") from error
        if oid in _PLAIN_ECDSA:
            return cls(_PLAIN_ECDSA[oid], is_plain=True)
        if oid in _BARE_KEY_ALGORITHMS:
            return cls(_known(digest))
        return cls(_known(str(name).split("_")[0]))

    @classmethod
    def _pss(cls, parameters: core.Asn1Value) -> Scheme:
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
    if key.exponent % 2 == 0 or key.modulus % 2 == 0:
        raise Unverified("the key cannot be used")
    # Some issuers write the number without its leading zeros, some with too many.
    number = int.from_bytes(signature, "big")
    if number >= key.modulus:
        raise Unverified("a signature that is larger than the modulus")
    if not scheme.is_pss:
        _verify_pkcs1(key, scheme.digest, number, message)
        return
    mask = padding.MGF1(HASHES[scheme.mask_digest]())
    octets = number.to_bytes((bits + 7) // 8, "big")
    loaded = rsa.RSAPublicNumbers(key.exponent, key.modulus).public_key()
    loaded.verify(octets, message, padding.PSS(mask, scheme.salt_length), HASHES[scheme.digest]())


def _verify_pkcs1(key: RsaKey, digest: str, signature: int, message: bytes) -> None:
    """RSASSA-PKCS1-v1_5, by comparison of the whole encoded message (RFC 8017 §8.2.2).

    The parameters of DigestInfo may be NULL or absent.  Both are accepted (RFC 8017 B.1, §9.2 note
    1); OpenSSL accepts NULL only.  The smallest modulus that is accepted leaves 42 octets FF for
    the longest DigestInfo, more than the eight that §9.2 demands.
    """
    length = (key.modulus.bit_length() + 7) // 8
    encoded = pow(signature, key.exponent, key.modulus).to_bytes(length, "big")
    value = tlv.encode(
        der.OCTET_STRING, hashlib.new(digest, message, usedforsecurity=False).digest()
    )
    for parameters in (tlv.encode(der.NULL), b""):
        algorithm = tlv.encode(der.SEQUENCE, der.encode_oid(_DIGEST_OIDS[digest]), parameters)
        info = tlv.encode(der.SEQUENCE, algorithm, value)
        filling = length - len(info) - 3
        if encoded == b"\x00\x01%b\x00%b" % (b"\xff" * filling, info):
            return
    raise Unverified("the signature does not verify")


def _verify_dsa(key: dsa.DSAPublicKey, scheme: Scheme, signature: bytes, message: bytes) -> None:
    if key.key_size < _SMALLEST_MODULUS_BITS:
        raise Unverified(f"a DSA key of {key.key_size} bits is not accepted")
    encoded = encode_dss_signature(*_pair(signature))
    key.verify(encoded, message, HASHES[scheme.digest]())


def _verify_ec(key: EcKey, scheme: Scheme, signature: bytes, message: bytes) -> None:
    width = key.curve.order_length
    r, s = _halves(signature, width) if scheme.is_plain else _pair(signature)
    if not (0 < r < key.curve.order and 0 < s < key.curve.order):
        raise Unverified("a signature that is not of this curve")
    if not ecdsa_signature.holds(key, scheme.digest, message, (r, s)):
        raise Unverified("the signature does not verify")


def _pair(signature: bytes) -> tuple[int, int]:
    """Decode r and s; some issuers omit the leading zero of an INTEGER, or write one too many."""
    try:
        numbers = tlv.read_one(signature, der.SEQUENCE).children()
        if [number.tag for number in numbers] != [der.INTEGER] * 2:
            raise Unverified("a signature that is not two numbers")
        r, s = (der.decode_integer(number.value) for number in numbers)
    except MalformedFile as error:
        raise Unverified("a signature that is not two numbers") from error
    return r, s


def _halves(signature: bytes, width: int) -> tuple[int, int]:
    if len(signature) != 2 * width:
        raise Unverified("a signature that is not two numbers")
    return int.from_bytes(signature[:width], "big"), int.from_bytes(signature[width:], "big")


def _known(digest: str | None) -> str:
    if digest is None or digest not in HASHES:
        raise MalformedFile("a digest that is not accepted")
    return digest
