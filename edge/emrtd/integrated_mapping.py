"""The pseudo-random function of the integrated mapping (ICAO Doc 9303-11 §4.4.3.3.2)."""

from __future__ import annotations

from typing import Final

from edge.emrtd.ciphers import Cipher

_SHORT_CONSTANTS: Final = (
    bytes.fromhex("A668892A7C41E3CA739F40B057D85904"),
    bytes.fromhex("A4E136AC725F738B01C1F60217C188AD"),
)
_LONG_CONSTANTS: Final = (
    bytes.fromhex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
    bytes.fromhex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
)
"""c0 and c1, for keys of up to 128 bits and for longer ones."""

_MARGIN_BITS: Final = 64


def nonce_length(cipher: Cipher) -> int:
    """Bytes of the chip's nonce s: the key length filled up to whole blocks (§4.4.3.3)."""
    return -(-cipher.key_length // cipher.block_length) * cipher.block_length


def pseudo_random(cipher: Cipher, s: bytes, t: bytes, prime: int) -> bytes:
    """R(s, t): at least 64 bits longer than the prime; s of `nonce_length`, t of key length."""
    c0, c1 = _SHORT_CONSTANTS if nonce_length(cipher) == 16 else _LONG_CONSTANTS
    rounds = -(-(prime.bit_length() + _MARGIN_BITS) // (8 * len(c0)))
    key = cipher.encrypt(t, cipher.zero_iv, s)
    output = b""
    for _ in range(rounds):
        key = key[: cipher.key_length]
        output += cipher.encrypt(key, cipher.zero_iv, c1)
        key = cipher.encrypt(key, cipher.zero_iv, c0)
    return output


def field_element(cipher: Cipher, s: bytes, t: bytes, prime: int) -> int:
    """R_p(s, t): the pseudo-random number modulo the prime."""
    return int.from_bytes(pseudo_random(cipher, s, t, prime), "big") % prime
