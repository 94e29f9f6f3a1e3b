"""Attacks on access control: PACE answers of the attacker's making, and the downgrade to BAC."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.emrtd import bac, pace, tlv
from edge.emrtd.apdu import Command
from edge.emrtd.ciphers import Cipher
from edge.emrtd.curves import STANDARDISED, Point
from edge.emrtd.dialogue import Transmit
from edge.emrtd.key_derivation import basic_access_keys
from edge.errors import AccessDenied
from tests.unit.emrtd.specimens import KEY, PACE_AES_128, insert, read, specimen

CURVE = STANDARDISED[13]
Forge = Callable[[bytes], bytes]


def forging(sent: int, forge: Forge) -> tuple[Transmit, list[int]]:
    """A chip whose answer to the PACE step that sends `sent` is forged from what was sent.

    Also returns the instructions the gate has sent, to see that no BAC follows.
    """
    chip = insert(specimen(pace=PACE_AES_128))
    instructions: list[int] = []

    def transmit(raw: bytes) -> bytes:
        command = Command.parse(raw)
        instructions.append(command.ins)
        reply = chip.transmit(raw)
        if command.ins == 0x86:
            objects = tlv.read_one(command.data, 0x7C).children()
            if (objects[0].tag if objects else 0x80) == sent:
                return forge(objects[0].value if objects else b"")
        return reply

    return transmit, instructions


def answer(tag: int, value: bytes) -> bytes:
    return tlv.encode(0x7C, tlv.encode(tag, value)) + b"\x90\x00"


def mirrored(own: bytes) -> bytes:
    point = CURVE.decode(own)
    return CURVE.encode(Point(point.x, CURVE.prime - point.y))


FORGERIES: dict[str, tuple[int, Forge]] = {
    "mapping-key-reflected": (pace.MAP_TERMINAL, lambda own: answer(pace.MAP_CHIP, own)),
    "mapping-key-mirrored": (pace.MAP_TERMINAL, lambda own: answer(pace.MAP_CHIP, mirrored(own))),
    "mapping-key-off-curve": (
        pace.MAP_TERMINAL,
        lambda _: answer(pace.MAP_CHIP, b"\x04" + b"\x01" * 64),
    ),
    "mapping-key-infinity": (pace.MAP_TERMINAL, lambda _: answer(pace.MAP_CHIP, b"\x00")),
    "mapping-key-origin": (
        pace.MAP_TERMINAL,
        lambda _: answer(pace.MAP_CHIP, b"\x04" + bytes(64)),
    ),
    "session-key-reflected": (pace.KEY_TERMINAL, lambda own: answer(pace.KEY_CHIP, own)),
    "session-key-mirrored": (pace.KEY_TERMINAL, lambda own: answer(pace.KEY_CHIP, mirrored(own))),
    "session-key-off-curve": (
        pace.KEY_TERMINAL,
        lambda _: answer(pace.KEY_CHIP, b"\x04" + b"\x02" * 64),
    ),
    "session-key-compressed": (
        pace.KEY_TERMINAL,
        lambda own: answer(pace.KEY_CHIP, b"\x02" + own[1:33]),
    ),
    "session-key-too-small": (
        pace.KEY_TERMINAL,
        lambda _: answer(pace.KEY_CHIP, CURVE.encode(CURVE.base)[:-1]),
    ),
    "token-reflected": (pace.TOKEN_TERMINAL, lambda own: answer(pace.TOKEN_CHIP, own)),
    "token-of-zeros": (pace.TOKEN_TERMINAL, lambda _: answer(pace.TOKEN_CHIP, bytes(8))),
    "token-of-no-bytes": (pace.TOKEN_TERMINAL, lambda _: answer(pace.TOKEN_CHIP, b"")),
    "token-missing": (pace.TOKEN_TERMINAL, lambda _: b"\x90\x00"),
    "token-cut-off": (pace.TOKEN_TERMINAL, lambda own: answer(pace.TOKEN_CHIP, own[:4])),
    "nonce-odd-length": (pace.NONCE, lambda _: answer(pace.NONCE, bytes(15))),
    "nonce-too-long": (pace.NONCE, lambda _: answer(pace.NONCE, bytes(80))),
    "nonce-twice": (
        pace.NONCE,
        lambda _: tlv.encode(0x7C, tlv.encode(0x80, bytes(16)) * 2) + b"\x90\x00",
    ),
    "not-tlv": (pace.NONCE, lambda _: b"\xff\xff\xff\x90\x00"),
    "refused-late": (pace.TOKEN_TERMINAL, lambda _: b"\x63\xc2"),
    "broken-first": (pace.NONCE, lambda _: b"\x6f\xff"),
}


REASONS = {
    "key-reflected": "our own public key",
    "key-mirrored": "our own public key",
    "key-off-curve": "not on",
    "key-origin": "not on",
    "key-infinity": "infinity",
    "key-compressed": "not an uncompressed point",
    "key-too-small": "not an uncompressed point",
    "token-reflected": "does not know the key",
    "token-of-zeros": "does not know the key",
    "token-cut-off": "does not know the key",
    "refused-late": "does not fit",
    "broken-first": "gave up",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_pace_forgery_is_refused_and_bac_is_not_tried(name: str) -> None:
    transmit, instructions = forging(*FORGERIES[name])
    reason = next((text for part, text in REASONS.items() if name.endswith(part)), "PACE")
    with pytest.raises(AccessDenied, match=reason):
        read(transmit)
    assert not {0x84, 0x82} & set(instructions)


def test_downgrade_by_refusing_pace() -> None:
    """EF.CardAccess offers PACE, MSE:Set AT is refused, BAC would work: it is not tried."""
    chip = insert(specimen(pace=PACE_AES_128))
    instructions: list[int] = []

    def transmit(raw: bytes) -> bytes:
        instructions.append(raw[1])
        return b"\x6f\xff" if raw[1] == 0x22 else chip.transmit(raw)

    with pytest.raises(AccessDenied, match="refuses the protocol it offers"):
        read(transmit)
    assert not {0x84, 0x82} & set(instructions)


def test_nonce_of_zero() -> None:
    """s = 0 would leave the mapped base point to the mapping key alone."""
    cipher = Cipher.AES_128
    zero = cipher.encrypt(pace.nonce_key(KEY, cipher), cipher.zero_iv, bytes(16))
    transmit, _ = forging(pace.NONCE, lambda _: answer(pace.NONCE, zero))
    with pytest.raises(AccessDenied, match="infinity"):
        read(transmit)


def test_bac_answer_to_other_challenges() -> None:
    """An answer sealed with the right keys, but for another run."""
    chip = insert(specimen())
    sealed = bac.seal(*basic_access_keys(KEY), bytes(32))

    def transmit(raw: bytes) -> bytes:
        return sealed + b"\x90\x00" if raw[1] == 0x82 else chip.transmit(raw)

    with pytest.raises(AccessDenied, match="other challenges"):
        read(transmit)


@pytest.mark.parametrize("length", [0, 7, 9])
def test_bac_challenge_of_wrong_length(length: int) -> None:
    chip = insert(specimen())

    def transmit(raw: bytes) -> bytes:
        return bytes(length) + b"\x90\x00" if raw[1] == 0x84 else chip.transmit(raw)

    with pytest.raises(AccessDenied):
        read(transmit)


@pytest.mark.parametrize("length", [0, 8, 16, 39, 41, 200])
def test_bac_answer_of_wrong_length(length: int) -> None:
    chip = insert(specimen())

    def transmit(raw: bytes) -> bytes:
        return bytes(length) + b"\x90\x00" if raw[1] == 0x82 else chip.transmit(raw)

    with pytest.raises(AccessDenied):
        read(transmit)


def test_bac_answer_too_short_but_sealed() -> None:
    chip = insert(specimen())
    encryption, mac = basic_access_keys(KEY)
    short = bac.seal(encryption, mac, bytes(24))

    def transmit(raw: bytes) -> bytes:
        return short + b"\x90\x00" if raw[1] == 0x82 else chip.transmit(raw)

    with pytest.raises(AccessDenied):
        read(transmit)
