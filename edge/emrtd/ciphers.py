"""The symmetric algorithms of secure messaging (ICAO Doc 9303-11 §9.8.6, §9.8.7)."""

from __future__ import annotations

from enum import Enum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import Cipher as CipherContext
from cryptography.hazmat.primitives.ciphers import modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from edge.errors import ChipError


class Cipher(Enum):
    """A block cipher with its MAC: name, key and block length in bytes."""

    TDES = ("3des", 16, 8)
    AES_128 = ("aes-128", 16, 16)
    AES_192 = ("aes-192", 24, 16)
    AES_256 = ("aes-256", 32, 16)

    def __init__(self, label: str, key_length: int, block_length: int) -> None:
        self.label = label
        self.key_length = key_length
        self.block_length = block_length

    def encrypt(self, key: bytes, iv: bytes, blocks: bytes) -> bytes:
        """CBC over whole blocks."""
        return CipherContext(self._algorithm(key), modes.CBC(iv)).encryptor().update(blocks)

    def decrypt(self, key: bytes, iv: bytes, blocks: bytes) -> bytes:
        """CBC over whole blocks."""
        return CipherContext(self._algorithm(key), modes.CBC(iv)).decryptor().update(blocks)

    def checksum(self, key: bytes, blocks: bytes) -> bytes:
        """8 bytes: retail MAC over whole blocks for 3DES, CMAC over any bytes for AES."""
        if self is Cipher.TDES:
            return _retail_mac(key, blocks)
        mac = cmac.CMAC(AES(key))
        mac.update(blocks)
        return mac.finalize()[:8]

    @property
    def zero_iv(self) -> bytes:
        """A block of zeros."""
        return bytes(self.block_length)

    def _algorithm(self, key: bytes) -> AES | TripleDES:
        return TripleDES(key + key[:8]) if self is Cipher.TDES else AES(key)


def pad(message: bytes, block_length: int) -> bytes:
    """ISO/IEC 9797-1 padding method 2: one bit, then zeros."""
    return message + b"\x80" + bytes(-(len(message) + 1) % block_length)


def unpad(padded: bytes) -> bytes:
    """Undo `pad`; ChipError when there is no such padding."""
    message, one, zeros = padded.rpartition(b"\x80")
    if not one or zeros.strip(b"\x00"):
        raise ChipError("a protected message without its padding")
    return message


def _retail_mac(key: bytes, blocks: bytes) -> bytes:
    """ISO/IEC 9797-1 MAC algorithm 3 with DES, zero IV; the caller has padded."""
    zero_iv = bytes(8)
    # DES is 3DES with three equal keys: the library has no single DES.
    inner, outer = TripleDES(key[:8] * 3), TripleDES(key[8:] * 3)
    last = CipherContext(inner, modes.CBC(zero_iv)).encryptor().update(blocks)[-8:]
    last = CipherContext(outer, modes.CBC(zero_iv)).decryptor().update(last)
    return CipherContext(inner, modes.CBC(zero_iv)).encryptor().update(last)
