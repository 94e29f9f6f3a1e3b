"""Basic Access Control, the side of the terminal (ICAO Doc 9303-11 §4.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives import constant_time

from edge.emrtd.apdu import OK, SHORT_LE, WRONG_LENGTH, Command, Response
from edge.emrtd.ciphers import Cipher, pad
from edge.emrtd.dialogue import Dialogue
from edge.emrtd.key_derivation import AccessKey, basic_access_keys
from edge.emrtd.refusals import is_breakdown, is_wrong_key
from edge.emrtd.secure_messaging import SessionKeys
from edge.errors import AccessDenied, WrongKey

CHALLENGE_LENGTH: Final = 8
SECRET_LENGTH: Final = 16
CRYPTOGRAM_LENGTH: Final = 32

_WRONG_DATA: Final = 0x6A80
_GET_CHALLENGE: Final = Command(0x00, 0x84, 0x00, 0x00, le=CHALLENGE_LENGTH)


def authenticate(key: AccessKey, random: Callable[[int], bytes]) -> Dialogue[SessionKeys]:
    """Prove knowledge of the MRZ and agree session keys.

    WrongKey when the chip reports it, AccessDenied for every other failure.
    """
    reply, keys = yield from _attempt(key, random, CRYPTOGRAM_LENGTH + 8)
    if reply.sw == WRONG_LENGTH:  # a few chips take only Le=00
        reply, keys = yield from _attempt(key, random, SHORT_LE)
    if keys is None:
        raise _refusal(reply.sw)
    return keys


def _attempt(
    key: AccessKey, random: Callable[[int], bytes], le: int
) -> Dialogue[tuple[Response, SessionKeys | None]]:
    """One challenge and its answer (§4.3.1); no keys when the chip refuses."""
    encryption, mac = basic_access_keys(key)
    challenge = yield from _get_challenge()
    ours, secret = random(CHALLENGE_LENGTH), random(SECRET_LENGTH)
    cryptogram = seal(encryption, mac, ours + challenge + secret)
    reply = yield Command(0x00, 0x82, 0x00, 0x00, cryptogram, le)
    if reply.sw != OK:
        return reply, None
    answer = unseal(encryption, mac, reply.data)
    if answer is None:
        raise AccessDenied("BAC: the chip's cryptogram does not verify")
    if answer[:16] != challenge + ours:
        raise AccessDenied("BAC: the chip answered to other challenges")
    return reply, session_keys(challenge, ours, secret, answer[16:])


def session_keys(chip: bytes, terminal: bytes, secret: bytes, other: bytes) -> SessionKeys:
    """Derive session keys from the two challenges and the two secrets (§9.8.6.3)."""
    shared = bytes(a ^ b for a, b in zip(secret, other, strict=True))
    counter = int.from_bytes(chip[4:] + terminal[4:], "big")
    return SessionKeys.agreed(Cipher.TDES, shared, counter)


def seal(encryption: bytes, mac: bytes, message: bytes) -> bytes:
    """Encrypt 32 bytes and append their checksum (§4.3.3)."""
    cryptogram = Cipher.TDES.encrypt(encryption, Cipher.TDES.zero_iv, message)
    return cryptogram + Cipher.TDES.checksum(mac, pad(cryptogram, 8))


def unseal(encryption: bytes, mac: bytes, sealed: bytes) -> bytes | None:
    """Undo `seal`; None when it was not sealed with these keys."""
    cryptogram, checksum = sealed[:CRYPTOGRAM_LENGTH], sealed[CRYPTOGRAM_LENGTH:]
    if not constant_time.bytes_eq(Cipher.TDES.checksum(mac, pad(cryptogram, 8)), checksum):
        return None
    return Cipher.TDES.decrypt(encryption, Cipher.TDES.zero_iv, cryptogram)


def _get_challenge() -> Dialogue[bytes]:
    reply = yield _GET_CHALLENGE
    if is_breakdown(reply.sw):
        raise _refusal(reply.sw)
    if reply.sw != OK or len(reply.data) != CHALLENGE_LENGTH:
        raise AccessDenied(
            f"the chip does not speak BAC (SW {reply.sw:04X}); if it is a PACE-only chip, its "
            "EF.CardAccess could not be read"
        )
    return reply.data


def _refusal(sw: int) -> AccessDenied:
    if is_wrong_key(sw) or sw == _WRONG_DATA:
        return WrongKey(f"BAC: the key does not fit the chip (SW {sw:04X})")
    if is_breakdown(sw):
        return AccessDenied(f"BAC: the chip broke down (SW {sw:04X}): it is damaged")
    return AccessDenied(f"BAC: the chip gave up (SW {sw:04X})")
