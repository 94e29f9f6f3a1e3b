"""BAC command by command (Doc 9303-11 §4.3), and what each answer of a chip leads to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.emrtd import bac
from edge.emrtd.dialogue import run
from edge.emrtd.key_derivation import AccessKey, basic_access_keys
from edge.emrtd.secure_messaging import SessionKeys
from edge.errors import AccessDenied, WrongKey

KEY = AccessKey.of_mrz("L898902C3674081221204159")
ENC, MAC = basic_access_keys(KEY)
CHALLENGE, OURS, SECRET, THEIRS = b"\x11" * 8, b"\x22" * 8, b"\x33" * 16, b"\x44" * 16


class Chip:
    """Answers GET CHALLENGE and EXTERNAL AUTHENTICATE; takes Le of some values only."""

    def __init__(
        self, *les: int, challenge: bytes = CHALLENGE, answer: bytes | None = None
    ) -> None:
        self.les = les
        self.challenge = challenge
        self.answer = answer
        self.heard: list[str] = []

    def __call__(self, raw: bytes) -> bytes:
        self.heard.append(raw[:5].hex().upper() + f" {raw[-1]:02X}")
        if raw[1] == 0x84:
            return self.challenge + b"\x90\x00"
        if raw[-1] not in self.les:
            return b"\x67\x00"
        sent = bac.unseal(ENC, MAC, raw[5:-1])
        assert sent == OURS + CHALLENGE + SECRET
        answer = CHALLENGE + OURS + THEIRS if self.answer is None else self.answer
        return bac.seal(ENC, MAC, answer) + b"\x90\x00"


def draws() -> Callable[[int], bytes]:
    drawn = iter([OURS, SECRET] * 2)

    def random(count: int) -> bytes:
        value = next(drawn)
        assert len(value) == count
        return value

    return random


def authenticate(chip: Chip) -> SessionKeys:
    return run(bac.authenticate(KEY, draws()), chip)


def test_the_answer_is_asked_for_by_its_length() -> None:
    chip = Chip(0x28)
    keys = authenticate(chip)
    assert keys == bac.session_keys(CHALLENGE, OURS, SECRET, THEIRS)
    assert chip.heard == ["0084000008 08", "0082000028 28"]


def test_a_chip_that_takes_le_of_zero_only_gets_another_challenge() -> None:
    chip = Chip(0x00)
    authenticate(chip)
    assert chip.heard == ["0084000008 08", "0082000028 28", "0084000008 08", "0082000028 00"]


def test_a_chip_that_takes_no_length_is_asked_twice() -> None:
    chip = Chip()
    with pytest.raises(AccessDenied, match=r"BAC: the chip gave up \(SW 6700\)"):
        authenticate(chip)
    assert len(chip.heard) == 4


@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_challenge_has_eight_bytes(length: int) -> None:
    with pytest.raises(AccessDenied, match=r"does not speak BAC \(SW 9000\)"):
        authenticate(Chip(0x28, challenge=bytes(length)))


@pytest.mark.parametrize(
    "answer",
    [
        OURS + CHALLENGE + THEIRS,
        CHALLENGE + b"\x00" * 8 + THEIRS,
        b"\x00" * 8 + OURS + THEIRS,
    ],
)
def test_an_answer_to_other_challenges_is_none(answer: bytes) -> None:
    with pytest.raises(AccessDenied, match="answered to other challenges"):
        authenticate(Chip(0x28, answer=answer))


def test_a_cryptogram_of_another_key_is_none() -> None:
    chip = Chip(0x28)

    def transmit(raw: bytes) -> bytes:
        reply = chip(raw)
        return reply[:-3] + bytes((reply[-3] ^ 1,)) + reply[-2:] if raw[1] == 0x82 else reply

    with pytest.raises(AccessDenied, match="cryptogram does not verify"):
        run(bac.authenticate(KEY, draws()), transmit)
    assert bac.unseal(ENC, MAC, b"") is None


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        ("6300", WrongKey, "BAC: the key does not fit the chip (SW 6300)"),
        ("6A80", WrongKey, "BAC: the key does not fit the chip (SW 6A80)"),
        ("6A81", AccessDenied, "BAC: the chip gave up (SW 6A81)"),
        ("6581", AccessDenied, "BAC: the chip broke down (SW 6581): it is damaged"),
    ],
)
def test_why_it_fails(status: str, error: type[AccessDenied], words: str) -> None:
    chip = Chip(0x28)
    with pytest.raises(AccessDenied) as caught:
        run(
            bac.authenticate(KEY, draws()),
            lambda raw: bytes.fromhex(status) if raw[1] == 0x82 else chip(raw),
        )
    assert (type(caught.value), str(caught.value)) == (error, words)


@pytest.mark.parametrize("status", ["6400", "6F00"])
def test_a_chip_that_breaks_down_over_its_challenge(status: str) -> None:
    with pytest.raises(AccessDenied, match="it is damaged"):
        run(bac.authenticate(KEY, draws()), lambda _: bytes.fromhex(status))
