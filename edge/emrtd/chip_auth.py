"""Chip Authentication version 1 over ECDH, the side of the terminal (ICAO Doc 9303-11 §6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from edge.emrtd import der, public_key, tlv
from edge.emrtd.apdu import OK, SHORT_LE, WRONG_LENGTH, Command
from edge.emrtd.ciphers import Cipher
from edge.emrtd.dialogue import Dialogue, chained
from edge.emrtd.public_key import EcKey
from edge.emrtd.secure_messaging import SessionKeys
from edge.emrtd.security_infos import (
    CHIP_AUTHENTICATION,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
)
from edge.errors import MalformedFile

DYNAMIC_DATA: Final = 0x7C
PLAIN_KEY, KEY_REFERENCE, PROTOCOL, EPHEMERAL_KEY = 0x91, 0x84, 0x80, 0x80

ECDH_3DES: Final = f"{CHIP_AUTHENTICATION}.2.1"
CIPHERS: Final = {
    ECDH_3DES: Cipher.TDES,
    f"{CHIP_AUTHENTICATION}.2.2": Cipher.AES_128,
    f"{CHIP_AUTHENTICATION}.2.3": Cipher.AES_192,
    f"{CHIP_AUTHENTICATION}.2.4": Cipher.AES_256,
}
"""By protocol (§9.2.7)."""

_CHAIN_PIECE: Final = 128


@dataclass(frozen=True, slots=True)
class Variant:
    """A chip authentication we can run: protocol, and which static key of the chip."""

    oid: str
    key_id: int | None
    key: EcKey
    public_key: bytes
    """The key as DG14 spells it, a SubjectPublicKeyInfo."""

    @property
    def cipher(self) -> Cipher:
        """The cipher of the session that follows."""
        return CIPHERS[self.oid]


def choose(infos: Iterable[SecurityInfo]) -> Variant | None:
    """Return the strongest authentication DG14 offers that we can run, None for none."""
    infos = tuple(infos)
    protocols = [info for info in infos if isinstance(info, ChipAuthenticationInfo)]
    variants = [
        Variant(protocol.protocol, held.key_id, key, held.public_key)
        for held in infos
        if isinstance(held, ChipAuthenticationPublicKeyInfo)
        for key in _ec_key(held)
        for protocol in _protocols_of(held, protocols)
        if protocol.protocol in CIPHERS
    ]
    return max(variants, key=_strength, default=None)


def agree(chosen: Variant, random: Callable[[int], bytes]) -> Dialogue[SessionKeys | None]:
    """Agree new session keys with the chip's static key; None when the chip refuses.

    A refusal leaves the old session as it was.  Agreement proves nothing yet: only a chip that
    answers under the new keys knows its private key.
    """
    curve = chosen.key.curve
    private = curve.scalar(random)
    ephemeral = curve.encode(curve.multiply(curve.base, private))
    accepted = False
    if chosen.cipher is Cipher.TDES:
        accepted = yield from _set_key_agreement(chosen, ephemeral)
    if not accepted:  # with 3DES the second way is allowed too, and known from the field
        accepted = yield from _general_authenticate(chosen, ephemeral)
    if not accepted:
        return None
    shared = curve.multiply(chosen.key.point, private)
    return SessionKeys.agreed(chosen.cipher, curve.coordinate(shared.x))


def _set_key_agreement(chosen: Variant, ephemeral: bytes) -> Dialogue[bool]:
    """MSE:Set KAT (§6.2.4.1)."""
    data = tlv.encode(PLAIN_KEY, ephemeral) + _reference(chosen)
    reply = yield Command(0x00, 0x22, 0x41, 0xA6, data)
    return reply.sw == OK


def _general_authenticate(chosen: Variant, ephemeral: bytes) -> Dialogue[bool]:
    """MSE:Set AT, then GENERAL AUTHENTICATE, chained if the chip finds it too long (§6.2.4.2)."""
    data = tlv.encode(PROTOCOL, der.oid_value(chosen.oid)) + _reference(chosen)
    reply = yield Command(0x00, 0x22, 0x41, 0xA4, data)
    if reply.sw != OK:
        return False
    data = tlv.encode(DYNAMIC_DATA, tlv.encode(EPHEMERAL_KEY, ephemeral))
    command = Command(0x00, 0x86, 0x00, 0x00, data, SHORT_LE)
    reply = yield command
    if reply.sw == WRONG_LENGTH:
        reply = yield from chained(command, _CHAIN_PIECE)
    return reply.sw == OK


def _reference(chosen: Variant) -> bytes:
    if chosen.key_id is None:
        return b""
    width = (chosen.key_id.bit_length() + 7) // 8 or 1
    return tlv.encode(KEY_REFERENCE, chosen.key_id.to_bytes(width, "big"))


def _ec_key(held: ChipAuthenticationPublicKeyInfo) -> list[EcKey]:
    """The key, or nothing when it is not on a curve we know."""
    try:
        key = public_key.parse(held.public_key)
    except MalformedFile:
        return []
    return [key] if isinstance(key, EcKey) else []


def _protocols_of(
    held: ChipAuthenticationPublicKeyInfo, protocols: list[ChipAuthenticationInfo]
) -> list[ChipAuthenticationInfo]:
    """The protocols that name this key; 3DES when DG14 names none at all, as early issuers did."""
    if not protocols:
        return [ChipAuthenticationInfo(ECDH_3DES, key_id=held.key_id)]
    return [each for each in protocols if each.version == 1 and each.key_id == held.key_id]


def _strength(candidate: Variant) -> tuple[int, int]:
    strong = candidate.cipher.key_length if candidate.cipher is not Cipher.TDES else 0
    return strong, candidate.key.curve.order.bit_length()
