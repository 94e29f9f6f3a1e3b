"""Key derivation (ICAO Doc 9303-11 §9.7)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from typing_extensions import override

from edge.emrtd.ciphers import Cipher

ENCRYPTION: Final = 1
MAC: Final = 2
PASSWORD: Final = 3


class Password(IntEnum):
    """The source of the key; the value names it to the chip (§4.4.4.1)."""

    MRZ = 1
    CAN = 2


@dataclass(frozen=True, slots=True, repr=False)
class AccessKey:
    """The key that opens a chip, read from the data page of the document.

    `secret` is the MRZ information (document number, birth and expiry date, each with its check
    digit, Doc 9303-11 §4.3.2) or the card access number.
    """

    password: Password
    secret: str

    @classmethod
    def of_mrz(cls, information: str) -> AccessKey:
        """The key in the machine readable zone."""
        return cls(Password.MRZ, information)

    @classmethod
    def of_can(cls, number: str) -> AccessKey:
        """The key printed as card access number."""
        return cls(Password.CAN, number)

    def encoded(self) -> bytes:
        """The octets f(π) that keys are derived from (§9.7.3 Table 14)."""
        octets = self.secret.encode("latin-1", "replace")
        return _sha1(octets) if self.password is Password.MRZ else octets

    @override
    def __repr__(self) -> str:
        """Hide the key: it opens the document."""
        return f"AccessKey({self.password.name}, <redacted>)"


def derive(cipher: Cipher, secret: bytes, counter: int) -> bytes:
    """Derive one key from a shared secret (§9.7.1)."""
    message = secret + counter.to_bytes(4, "big")
    digest = _sha1(message) if cipher.key_length == 16 else hashlib.sha256(message).digest()
    key = digest[: cipher.key_length]
    return bytes(map(_odd_parity, key)) if cipher is Cipher.TDES else key


def basic_access_keys(key: AccessKey) -> tuple[bytes, bytes]:
    """Derive K_enc and K_mac of Basic Access Control (§9.7.2)."""
    seed = key.encoded()[:16]
    return derive(Cipher.TDES, seed, ENCRYPTION), derive(Cipher.TDES, seed, MAC)


def _sha1(message: bytes) -> bytes:
    """SHA-1 derives keys here, as the standard demands; collisions do not matter."""
    return hashlib.sha1(message, usedforsecurity=False).digest()


def _odd_parity(byte: int) -> int:
    high = byte & 0xFE
    return high | (high.bit_count() + 1) % 2
