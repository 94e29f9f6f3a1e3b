"""The symmetric algorithms of secure messaging (ICAO Doc 9303-11 §9.8.6, §9.8.7)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import Cipher as CipherContext
from cryptography.hazmat.primitives.ciphers import modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from edge.errors import ChipError

Mac: TypeAlias = Callable[[bytes], bytes]
"""From a message to its checksum of 8 bytes."""


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
        return self.mac(key)(blocks)

    def mac(self, key: bytes) -> Mac:
        """`checksum` with a key that is set once, for any number of messages."""
        return _RetailMac(key) if self is Cipher.TDES else _Cmac(key)

    def keyed(self, key: bytes) -> KeyedCipher:
        """`encrypt` and `decrypt` with a key that is set once, for any number of messages."""
        return KeyedCipher(self._algorithm(key), self.zero_iv)

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


class KeyedCipher:
    """CBC over whole blocks under one key, and single blocks.

    OpenSSL sets a key in far more time than it needs for a message of a chip.  Its contexts go on
    from message to message: each chains to the last block of the one before, which is taken out
    here.
    """

    def __init__(self, algorithm: AES | TripleDES, zero_iv: bytes) -> None:
        chained = CipherContext(algorithm, modes.CBC(zero_iv))
        self._encryptor, self._decryptor = chained.encryptor(), chained.decryptor()
        self._single = CipherContext(algorithm, modes.ECB()).encryptor()  # noqa: S305  # one block
        self._last = zero_iv
        self._block_length = len(zero_iv)

    def block(self, block: bytes) -> bytes:
        """Encrypt one block."""
        return self._single.update(block)

    def encrypt(self, iv: bytes, blocks: bytes) -> bytes:
        """Encrypt a message, one block or more."""
        length = self._block_length
        first = _sum(_sum(blocks[:length], iv), self._last)
        encrypted = self._encryptor.update(first + blocks[length:])
        self._last = encrypted[-length:]
        return encrypted

    def decrypt(self, iv: bytes, blocks: bytes) -> bytes:
        """Decrypt a message."""
        self._decryptor.update(iv)  # what comes next chains to it
        return self._decryptor.update(blocks)


class _Cmac:
    """AES-CMAC, cut to 8 bytes, under one key."""

    def __init__(self, key: bytes) -> None:
        self._fresh = cmac.CMAC(AES(key))

    def __call__(self, message: bytes) -> bytes:
        context = self._fresh.copy()  # of the key; it costs a quarter of setting it
        context.update(message)
        return context.finalize()[:8]


class _RetailMac:
    """ISO/IEC 9797-1 MAC algorithm 3 with DES, zero IV, under one key; the caller has padded."""

    def __init__(self, key: bytes) -> None:
        # DES is 3DES with three equal keys: the library has no single DES.
        self._zero_iv = bytes(8)
        self._inner = KeyedCipher(TripleDES(key[:8] * 3), self._zero_iv)
        self._outer = KeyedCipher(TripleDES(key[8:] * 3), self._zero_iv)

    def __call__(self, blocks: bytes) -> bytes:
        last = self._inner.encrypt(self._zero_iv, blocks)[-8:]
        return self._inner.block(self._outer.decrypt(self._zero_iv, last))


def _sum(one: bytes, other: bytes) -> bytes:
    """Exclusive or of two strings of one length."""
    number = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return number.to_bytes(len(one), "big")
