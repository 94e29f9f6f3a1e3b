"""Secure messaging: every cipher, both sides, and what ends a session."""

from __future__ import annotations

import pytest

from edge.emrtd import tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher, pad, unpad
from edge.emrtd.dialogue import run
from edge.emrtd.secure_messaging import SecureSession, SessionEnded, SessionKeys
from edge.errors import ChipError
from tests.support.emrtd.exchange import exchange

COMMANDS = [
    Command(0, 0xA4, 2, 12, b"\x01\x1e"),
    Command(0, 0xA4, 0, 12),
    Command(0, 0xB0, 0, 0, le=8),
    Command(0, 0xB0, 0, 0, le=256),
    Command(0, 0xB0, 0, 0, le=257),
    Command(0, 0xB0, 0, 0, le=65536),
    Command(0, 0xB1, 0, 0, b"\x54\x02\x80\x00", 231),
    Command(0, 0x86, 0, 0, bytes(300), 256),
    Command(0x10, 0x86, 0, 0, bytes(16), 256),
]
RESPONSES = [
    Response(b"", 0x9000),
    Response(b"\x80", 0x9000),
    Response(bytes(15), 0x9000),
    Response(bytes(16), 0x6282),
    Response(bytes(5000), 0x9000),
    Response(b"", 0x6A82),
]


def keys(cipher: Cipher = Cipher.AES_128, counter: int = 0) -> SessionKeys:
    return SessionKeys.agreed(cipher, b"a shared secret", counter)


def pair(cipher: Cipher = Cipher.AES_128) -> tuple[SecureSession, SecureSession]:
    return SecureSession(keys(cipher)), SecureSession(keys(cipher))


@pytest.mark.parametrize("cipher", Cipher)
def test_terminal_and_chip_understand_each_other(cipher: Cipher) -> None:
    terminal, chip = pair(cipher)
    for command in COMMANDS:
        for response in RESPONSES:
            protected = Command.parse(bytes(terminal.protect_command(command)))
            assert protected.cla & 0x0C == 0x0C
            assert chip.open_command(protected) == command
            answer = chip.protect_response(response, command.ins)
            spare = chip.protected_length(len(response.data)) - len(answer.data)
            assert spare in ({0, 1} if command.ins % 2 else {0})
            assert terminal.open_response(answer) == response


def test_odd_instructions_use_do_85() -> None:
    terminal, _ = pair()
    protected = terminal.protect_command(Command(0, 0xB1, 0, 0, b"\x54\x01\x00", 4))
    assert [each.tag for each in tlv.read_all(protected.data)] == [0x85, 0x97, 0x8E]


def test_the_counter_wraps_within_its_block() -> None:
    last = (1 << 64) - 1
    terminal = SecureSession(keys(Cipher.TDES, last))
    chip = SecureSession(keys(Cipher.TDES, last))
    assert chip.open_command(terminal.protect_command(COMMANDS[0])) == COMMANDS[0]


def answered() -> tuple[SecureSession, bytes]:
    """A terminal that waits, and the genuine answer it should get."""
    terminal, chip = pair()
    chip.open_command(terminal.protect_command(COMMANDS[2]))
    return terminal, chip.protect_response(Response(b"genuine", 0x9000), 0xB0).data


def test_any_flipped_bit_ends_the_session() -> None:
    _, genuine = answered()
    for bit in range(8 * len(genuine)):
        terminal, answer = answered()
        tampered = bytearray(answer)
        tampered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SessionEnded):
            terminal.open_response(Response(bytes(tampered), 0x9000))
        with pytest.raises(SessionEnded, match="has ended"):
            terminal.protect_command(COMMANDS[0])


def forged(*objects: bytes, cipher: Cipher = Cipher.AES_128) -> bytes:
    """An answer with these data objects and the checksum that only the chip can make."""
    body = b"".join(objects)
    counter = (2).to_bytes(cipher.block_length, "big")
    mac = cipher.checksum(keys(cipher).mac, pad(counter + body, cipher.block_length))
    return body + tlv.encode(0x8E, mac)


def enciphered(data: bytes) -> bytes:
    """What only the chip can make of the data of an answer."""
    cipher, key = Cipher.AES_128, keys().encryption
    iv = cipher.encrypt(key, cipher.zero_iv, (2).to_bytes(cipher.block_length, "big"))
    return cipher.encrypt(key, iv, pad(data, cipher.block_length))


STATUS = tlv.encode(0x99, b"\x90\x00")
GENUINE = tlv.encode(0x87, b"\x01", enciphered(b"genuine"))
GENUINE_OF_ODD_INS = tlv.encode(0x85, enciphered(b"genuine"))
CLEAR = tlv.encode(0x81, b"clear")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"plain data",
        STATUS,
        forged(),
        forged(tlv.encode(0x99, b"\x6a\x82")),
        forged(STATUS, STATUS),
        forged(STATUS, tlv.encode(0x97, b"\x00")),
        forged(STATUS, CLEAR),
        forged(GENUINE, CLEAR, STATUS),
        forged(GENUINE_OF_ODD_INS, CLEAR, STATUS),
        forged(tlv.encode(0x87, b"\x00", enciphered(b"genuine")), STATUS),
        forged(tlv.encode(0x87, enciphered(b"genuine")), STATUS),
        forged(tlv.encode(0x87, b"\x01"), STATUS),
        forged(tlv.encode(0x87, b"\x01" + bytes(15)), STATUS),
        forged(GENUINE, GENUINE_OF_ODD_INS, STATUS),
        forged(tlv.encode(0x85, bytes(16)), STATUS),
        forged(STATUS) + STATUS,
        forged(STATUS)[:-1],
    ],
    ids=[
        "nothing",
        "plain",
        "no-checksum",
        "no-status",
        "other-status",
        "status-twice",
        "le-in-answer",
        "clear-data",
        "clear-data-beside-a-cryptogram",
        "clear-data-beside-an-odd-cryptogram",
        "another-padding-indicator",
        "no-padding-indicator",
        "no-blocks",
        "broken-blocks",
        "two-cryptograms",
        "no-padding",
        "behind-the-checksum",
        "cut-off",
    ],
)
def test_answers_that_end_the_session(answer: bytes) -> None:
    terminal, _ = answered()
    with pytest.raises(SessionEnded):
        terminal.open_response(Response(answer, 0x9000))


@pytest.mark.parametrize(
    ("objects", "data"),
    [((), b""), ((GENUINE,), b"genuine"), ((GENUINE_OF_ODD_INS,), b"genuine")],
)
def test_a_forged_answer_is_well_made_otherwise(objects: tuple[bytes, ...], data: bytes) -> None:
    terminal, _ = answered()
    answer = Response(forged(*objects, STATUS), 0x9000)
    assert terminal.open_response(answer) == Response(data, 0x9000)


def test_a_refused_extended_length_leaves_the_session_as_it_was() -> None:
    """CN: refused in clear and not counted."""
    terminal, chip = pair()
    long, short = COMMANDS[5], COMMANDS[2]
    assert run(exchange(terminal, long), lambda _: b"\x67\x00").sw == 0x6700

    def transmit(raw: bytes) -> bytes:
        opened = chip.open_command(Command.parse(raw))
        return bytes(chip.protect_response(Response(b"good", 0x9000), opened.ins))

    assert run(exchange(terminal, short), transmit) == Response(b"good", 0x9000)


@pytest.mark.parametrize(
    ("command", "reply"),
    [(COMMANDS[2], "6700"), (COMMANDS[5], "6982"), (COMMANDS[5], "AA6700")],
)
def test_no_other_plain_answer_is_borne(command: Command, reply: str) -> None:
    terminal, _ = pair()
    with pytest.raises(SessionEnded):
        run(exchange(terminal, command), lambda _: bytes.fromhex(reply))


@pytest.mark.parametrize("hostile", [b"", b"\x01\x00", b"no padding", b"\x80\x01"])
def test_messages_without_padding(hostile: bytes) -> None:
    with pytest.raises(ChipError):
        unpad(hostile)


def test_keys_are_not_shown() -> None:
    assert repr(keys()) == "SessionKeys(aes-128, <redacted>)"
