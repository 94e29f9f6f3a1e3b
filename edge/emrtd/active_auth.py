"""Active Authentication: the command, and the verification of its answer (Doc 9303-11 §6.1).

Verify only after passive authentication has verified the key in DG15.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.hazmat.primitives import constant_time

from edge.emrtd import der, ecdsa_signature, public_key, tlv
from edge.emrtd.apdu import EXTENDED_LE, OK, SHORT_LE, Command
from edge.emrtd.dialogue import Dialogue
from edge.emrtd.public_key import EcKey, RsaKey
from edge.errors import MalformedFile

CHALLENGE_LENGTH: Final = 8

_LARGEST_SHORT_MODULUS: Final = 223
"""Bytes: a longer signature does not fit a protected reply of 256 bytes with AES."""

_MODULUS_BITS: Final = range(1024, 8193)
_LONGEST_EXPONENT_BITS: Final = 64

_PARTIAL_RECOVERY: Final = 0x6A
_TRAILER_DIGESTS: Final = {
    0x33: "sha1",  # ISO/IEC 10118-3 numbers it; the standard wants the trailer BC instead
    0x38: "sha224",
    0x34: "sha256",
    0x36: "sha384",
    0x35: "sha512",
}

_ECDSA_DIGESTS: Final = ("sha224", "sha256", "sha384", "sha512")
_PLAIN_ECDSA: Final = "0.4.0.127.0.7.1.1.4.1"
_X962_ECDSA: Final = "1.2.840.10045.4.3"
_NAMED_DIGESTS: Final = {
    f"{_PLAIN_ECDSA}.2": "sha224",
    f"{_PLAIN_ECDSA}.3": "sha256",
    f"{_PLAIN_ECDSA}.4": "sha384",
    f"{_PLAIN_ECDSA}.5": "sha512",
    f"{_X962_ECDSA}.1": "sha224",
    f"{_X962_ECDSA}.2": "sha256",
    f"{_X962_ECDSA}.3": "sha384",
    f"{_X962_ECDSA}.4": "sha512",
}


def request(
    challenge: bytes, subject_public_key_info: bytes, *, extended_length: bool
) -> Dialogue[bytes]:
    """INTERNAL AUTHENTICATE (§6.1.3): the answer of the chip, empty when it refuses.

    Extended length is used only for a signature that does not fit otherwise.  Some chips answer an
    extended command with nothing, others truncate a long signature.
    """
    command = Command(0x00, 0x88, 0x00, 0x00, challenge, SHORT_LE)
    if extended_length and is_long(subject_public_key_info):
        reply = yield Command(0x00, 0x88, 0x00, 0x00, challenge, EXTENDED_LE)
        if reply.sw == OK and reply.data:
            return reply.data
    reply = yield command
    return reply.data if reply.sw == OK else b""


def is_long(subject_public_key_info: bytes) -> bool:
    """Whether signatures of this key do not fit a protected reply of short length."""
    try:
        key = public_key.parse(subject_public_key_info)
    except MalformedFile:
        return False
    return isinstance(key, RsaKey) and _octets(key.modulus) > _LARGEST_SHORT_MODULUS


def verify(
    subject_public_key_info: bytes,
    signature_algorithm: str | None,
    challenge: bytes,
    response: bytes,
) -> bool:
    """Whether `response` is the signature of this key over the challenge.

    `signature_algorithm` is that of ActiveAuthenticationInfo in DG14, dotted; None tries every
    allowed digest.  False also for a key that is too weak to prove anything, or too costly to use.
    Raises MalformedFile when the key cannot be read.
    """
    key = public_key.parse(subject_public_key_info)
    if len(challenge) != CHALLENGE_LENGTH:
        return False
    if isinstance(key, RsaKey):
        return _verify_rsa(key, challenge, response)
    return _verify_ecdsa(key, signature_algorithm, challenge, response)


def _verify_rsa(key: RsaKey, challenge: bytes, response: bytes) -> bool:
    """ISO/IEC 9796-2 scheme 1, partial recovery, signatures as of B.6 and of B.4."""
    usable = (
        key.modulus.bit_length() in _MODULUS_BITS
        and key.modulus % 2 == 1
        and key.exponent >= 3
        and key.exponent % 2 == 1
        and key.exponent.bit_length() <= _LONGEST_EXPONENT_BITS
    )
    signature = int.from_bytes(response, "big")
    if not usable or len(response) > _octets(key.modulus) or not 1 < signature < key.modulus - 1:
        return False
    opened = pow(signature, key.exponent, key.modulus)
    if opened % 16 != 0xC:  # B.4 signs the smaller of two roots
        opened = key.modulus - opened
    message = opened.to_bytes(_octets(key.modulus), "big")
    # One byte shorter where the modulus has a few bits in its first; never shorter than that.
    return _recovers(message[message[0] == 0 :], challenge)


def _recovers(message: bytes, challenge: bytes) -> bool:
    """Whether a recovered message representative holds the digest of M1 and the challenge."""
    if message[:1] != bytes((_PARTIAL_RECOVERY,)):
        return False
    name, trailer = ("sha1", 1) if message[-1] == 0xBC else (_trailer_digest(message), 2)
    if name is None:
        return False
    digest_length = hashlib.new(name, usedforsecurity=False).digest_size
    end = len(message) - trailer
    recoverable, digest = message[1 : end - digest_length], message[end - digest_length : end]
    expected = hashlib.new(name, recoverable + challenge, usedforsecurity=False).digest()
    return constant_time.bytes_eq(expected, digest)


def _trailer_digest(message: bytes) -> str | None:
    return _TRAILER_DIGESTS.get(message[-2]) if message[-1] == 0xCC else None


def _verify_ecdsa(
    key: EcKey, signature_algorithm: str | None, challenge: bytes, response: bytes
) -> bool:
    """Plain signatures of TR-03111 §5.2.1, and signatures in DER, which some chips send."""
    names = _digests(signature_algorithm)
    plain = ecdsa_signature.split(key, response)
    pairs = [*([] if plain is None else [plain]), *_der_signature(response)]
    return any(
        ecdsa_signature.holds(key, name, challenge, pair) for pair in pairs for name in names
    )


def _digests(signature_algorithm: str | None) -> tuple[str, ...]:
    """The digests to try; none for an algorithm that §6.1.2.3 does not allow."""
    if signature_algorithm is None:
        return _ECDSA_DIGESTS
    named = _NAMED_DIGESTS.get(signature_algorithm)
    return () if named is None else (named,)


def _der_signature(response: bytes) -> list[tuple[int, int]]:
    try:
        numbers = tlv.read_one(response, der.SEQUENCE).children()
        pair = [der.decode_integer(tlv.only((number,), der.INTEGER)) for number in numbers]
    except MalformedFile:
        return []
    return [(pair[0], pair[1])] if len(pair) == 2 else []


def _octets(number: int) -> int:
    return (number.bit_length() + 7) // 8
