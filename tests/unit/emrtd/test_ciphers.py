"""Ciphers whose keys are set once say the same as ciphers made for each message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import Cipher as OpenSslCipher

from edge.emrtd import ciphers
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
from edge.emrtd.secure_messaging import SecureSession, SessionKeys

EVERY = pytest.mark.parametrize("cipher", Cipher)
READ = Command(0x00, 0xB0, 0x00, 0x00, le=223)


def blocks(cipher: Cipher, number: int) -> bytes:
    return bytes(range(number * cipher.block_length))


@EVERY
def test_each_message_has_its_own_initial_vector(cipher: Cipher) -> None:
    """The context goes on from message to message; no message must know of another."""
    key = bytes(range(cipher.key_length))
    keyed = cipher.keyed(key)
    for number in (3, 1, 2, 2):
        iv, message = bytes([number] * cipher.block_length), blocks(cipher, number)
        encrypted = cipher.encrypt(key, iv, message)
        assert keyed.encrypt(iv, message) == encrypted
        assert keyed.decrypt(iv, encrypted) == message
        assert keyed.block(iv) == cipher.encrypt(key, cipher.zero_iv, iv)


@EVERY
def test_each_checksum_begins_anew(cipher: Cipher) -> None:
    key = bytes(range(1, cipher.key_length + 1))
    mac = cipher.mac(key)
    for number in (2, 1, 3, 1):
        assert mac(blocks(cipher, number)) == cipher.checksum(key, blocks(cipher, number))


@EVERY
def test_a_session_sets_its_keys_once(cipher: Cipher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands and replies, however many, make no cipher and set no key of a MAC."""
    made: list[str] = []

    def counted(name: str, make: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: object) -> object:
            made.append(name)
            return make(*arguments)

        return count

    monkeypatch.setattr(ciphers, "CipherContext", counted("cipher", OpenSslCipher))
    monkeypatch.setattr(cmac, "CMAC", counted("mac", cmac.CMAC))
    keys = SessionKeys.agreed(cipher, b"secret")
    gate, chip = SecureSession(keys), SecureSession(keys)
    at_first = len(made)
    assert 0 < at_first <= 12
    for _ in range(5):
        chip.open_command(gate.protect_command(READ))
        reply = chip.protect_response(Response(b"content", 0x9000), READ.ins)
        assert gate.open_response(reply).data == b"content"
    assert len(made) == at_first
