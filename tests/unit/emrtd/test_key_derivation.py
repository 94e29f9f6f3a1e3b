"""Keys, ciphers and padding of secure messaging (Doc 9303-11 §9.7, §9.8; published vectors)."""

from __future__ import annotations

import hashlib

import pytest

from edge.emrtd import key_derivation
from edge.emrtd.ciphers import Cipher, pad, unpad
from edge.emrtd.key_derivation import AccessKey, Password
from edge.emrtd.secure_messaging import SessionKeys
from edge.errors import ChipError

of = bytes.fromhex


class TestCiphers:
    def test_their_names_and_lengths(self) -> None:
        found = [(each.label, each.key_length, each.block_length) for each in Cipher]
        assert found == [
            ("3des", 16, 8),
            ("aes-128", 16, 16),
            ("aes-192", 24, 16),
            ("aes-256", 32, 16),
        ]

    @pytest.mark.parametrize(
        ("cipher", "key", "encrypted"),
        [
            (
                Cipher.AES_128,
                "2b7e151628aed2a6abf7158809cf4f3c",
                "7649abac8119b246cee98e9b12e9197d",
            ),
            (
                Cipher.AES_192,
                "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
                "4f021db243bc633d7178183a9fa071e8",
            ),
            (
                Cipher.AES_256,
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd6",
            ),
        ],
    )
    def test_aes_in_cbc(self, cipher: Cipher, key: str, encrypted: str) -> None:
        """NIST SP 800-38A F.2."""
        iv, block = bytes(range(16)), of("6bc1bee22e409f96e93d7e117393172a")
        assert cipher.encrypt(of(key), iv, block).hex() == encrypted
        assert cipher.decrypt(of(key), iv, of(encrypted)) == block
        assert cipher.zero_iv == bytes(16)

    @pytest.mark.parametrize(
        ("cipher", "key", "checksum"),
        [
            (Cipher.AES_128, "2b7e151628aed2a6abf7158809cf4f3c", "070a16b46b4d4144"),
            (
                Cipher.AES_192,
                "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
                "9e99a7bf31e71090",
            ),
            (
                Cipher.AES_256,
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "28a7023f452e8f82",
            ),
        ],
    )
    def test_cmac_cut_to_eight_bytes(self, cipher: Cipher, key: str, checksum: str) -> None:
        """NIST SP 800-38B D, example 2 of each."""
        message = of("6bc1bee22e409f96e93d7e117393172a")
        assert cipher.checksum(of(key), message).hex() == checksum

    def test_padding(self) -> None:
        """ISO/IEC 9797-1 method 2: always a bit, then as few zeros as there can be."""
        assert [pad(bytes(length), 8)[length:].hex() for length in (0, 1, 7, 8)] == [
            "80" + "00" * 7,
            "80" + "00" * 6,
            "80",
            "80" + "00" * 7,
        ]
        for length in range(17):
            assert unpad(pad(b"\x80" * length, 16)) == b"\x80" * length
        with pytest.raises(ChipError, match="without its padding"):
            unpad(bytes(8))


class TestDerivation:
    """§9.7.1: SHA-1 for keys of 128 bits and less, SHA-256 for longer ones; no parity in AES."""

    SECRET = b"a shared secret"

    def test_what_is_hashed(self) -> None:
        for counter in (key_derivation.ENCRYPTION, key_derivation.MAC, key_derivation.PASSWORD):
            message = self.SECRET + counter.to_bytes(4, "big")
            short = hashlib.sha1(message, usedforsecurity=False).digest()[:16]
            long = hashlib.sha256(message).digest()
            assert key_derivation.derive(Cipher.AES_128, self.SECRET, counter) == short
            assert key_derivation.derive(Cipher.AES_192, self.SECRET, counter) == long[:24]
            assert key_derivation.derive(Cipher.AES_256, self.SECRET, counter) == long
            of_3des = key_derivation.derive(Cipher.TDES, self.SECRET, counter)
            assert all(byte.bit_count() % 2 == 1 for byte in of_3des)
            assert [byte & 0xFE for byte in of_3des] == [byte & 0xFE for byte in short]

    def test_what_each_key_is_for(self) -> None:
        names = (key_derivation.ENCRYPTION, key_derivation.MAC, key_derivation.PASSWORD)
        assert names == (1, 2, 3)
        keys = SessionKeys.agreed(Cipher.AES_128, self.SECRET)
        assert keys.encryption == key_derivation.derive(Cipher.AES_128, self.SECRET, 1)
        assert keys.mac == key_derivation.derive(Cipher.AES_128, self.SECRET, 2)
        assert keys.counter == 0
        assert SessionKeys(Cipher.TDES, b"", b"").counter == 0

    def test_passwords(self) -> None:
        """§4.4.4.1, §9.7.3 Table 14: the MRZ is hashed, a number is not."""
        assert (Password.MRZ, Password.CAN) == (1, 2)
        assert AccessKey.of_can("123456").encoded() == b"123456"
        assert AccessKey.of_mrz("A") == AccessKey(Password.MRZ, "A")
        # What is no character of the MRZ cannot open a chip, nor end a gate.
        assert AccessKey.of_can("1\N{EURO SIGN}2").encoded() == b"1?2"
