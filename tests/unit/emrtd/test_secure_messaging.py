"""Secure messaging: every cipher, both sides, and what ends a session."""

from __future__ import annotations

import pytest

from edge.emrtd import tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher, pad, unpad
from edge.emrtd.dialogue import run
from edge.emrtd.secure_messaging import (
    LARGEST_SHORT_DATA,
    SecureSession,
    SessionEnded,
    SessionKeys,
)
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


class TestBytes:
    """Messages byte by byte (Doc 9303-11 §9.8.4): terminal and chip could be wrong together."""

    @pytest.mark.parametrize("cipher", Cipher)
    @pytest.mark.parametrize(
        ("command", "tags"),
        [
            (Command(0, 0xA4, 2, 12, b"\x01\x1e"), [0x87, 0x8E]),
            (Command(0, 0xB0, 0, 0, le=8), [0x97, 0x8E]),
            (Command(0, 0x88, 0, 0, bytes(8), 256), [0x87, 0x97, 0x8E]),
            (Command(0, 0xB1, 0, 0, b"\x54\x01\x00", 4), [0x85, 0x97, 0x8E]),
            (Command(0, 0xA4, 0, 12), [0x8E]),
        ],
    )
    def test_a_command(self, cipher: Cipher, command: Command, tags: list[int]) -> None:
        held, block = keys(cipher), cipher.block_length
        counter = (1).to_bytes(block, "big")
        iv = (
            bytes(block)
            if cipher is Cipher.TDES
            else cipher.encrypt(held.encryption, bytes(block), counter)
        )
        objects = []
        if command.data:
            blocks = cipher.encrypt(held.encryption, iv, pad(command.data, block))
            objects.append(tlv.encode(tags[0], b"" if tags[0] == 0x85 else b"\x01", blocks))
        if command.le is not None:
            objects.append(tlv.encode(0x97, bytes((command.le % 256,))))
        header = bytes((0x0C, command.ins, command.p1, command.p2))
        body = b"".join(objects)
        mac = cipher.checksum(held.mac, pad(counter + pad(header, block) + body, block))
        sent = SecureSession(held).protect_command(command)
        assert bytes(sent) == bytes(
            Command(0x0C, command.ins, command.p1, command.p2, body + b"\x8e\x08" + mac, 256)
        )
        assert [each.tag for each in tlv.read_all(sent.data)] == tags

    @pytest.mark.parametrize(
        ("le", "field"),
        [
            (1, "970101"),
            (256, "970100"),
            (257, "97020101"),
            (65_535, "9702FFFF"),
            (65_536, "97020000"),
        ],
    )
    def test_a_length_of_one_byte_or_two(self, le: int, field: str) -> None:
        """And the reply to a long one may be long."""
        sent = SecureSession(keys()).protect_command(Command(0, 0xB0, 0, 0, le=le))
        assert sent.data.startswith(bytes.fromhex(field))
        assert sent.le == (256 if le <= 256 else 65_536)

    @pytest.mark.parametrize("cipher", Cipher)
    def test_the_most_that_a_short_command_carries(self, cipher: Cipher) -> None:
        """223 bytes, under every cipher; a long command asks for a long reply."""
        assert LARGEST_SHORT_DATA == 223
        for length, extended in ((223, False), (223 + 16, True)):
            command = Command(0, 0x86, 0, 0, bytes(length), 256)
            assert SecureSession(keys(cipher)).protect_command(command).extended is extended
        long = SecureSession(keys(cipher)).protect_command(Command(0, 0x86, 0, 0, bytes(256), 256))
        assert long.le == 65_536

    @pytest.mark.parametrize("cipher", Cipher)
    def test_a_reply(self, cipher: Cipher) -> None:
        held, block = keys(cipher), cipher.block_length
        counter = (1).to_bytes(block, "big")
        status = b"\x99\x02\x6a\x82"
        mac = cipher.checksum(held.mac, pad(counter + status, block))
        reply = Response(status + b"\x8e\x08" + mac, 0x6A82)
        assert SecureSession(held).open_response(reply) == Response(b"", 0x6A82)
        assert SecureSession(held).protect_response(Response(b"", 0x6A82), 0xB0) == reply

    def test_lengths_of_replies(self) -> None:
        """DO'99' and DO'8E' take 14 bytes; a cryptogram its padding, its tag and its length."""
        lengths = {
            Cipher.TDES: {0: 14, 1: 25, 7: 25, 8: 33, 231: 250},
            Cipher.AES_128: {0: 14, 1: 33, 15: 33, 16: 49, 223: 242},
        }
        for cipher, expected in lengths.items():
            session = SecureSession(keys(cipher))
            assert {n: session.protected_length(n) for n in expected} == expected
            for length in expected:
                chip = SecureSession(keys(cipher))
                reply = chip.protect_response(Response(bytes(length), 0x9000), 0xB0)
                assert len(reply.data) == expected[length]

    def test_capacities_of_replies(self) -> None:
        """256 bytes: a tag and a length of 3; more: of 4 (§9.8.4)."""
        for cipher, lengths in {
            Cipher.TDES: {256: 231, 257: 231, 258: 231, 1_000: 975, 65_536: 65_511},
            Cipher.AES_256: {256: 223, 257: 223, 258: 223, 1_000: 975, 65_536: 65_503},
        }.items():
            session = SecureSession(keys(cipher))
            assert {n: session.capacity(n) for n in lengths} == lengths


class TestEnds:
    """A session ends with the first thing that is wrong, and says what it was."""

    @pytest.mark.parametrize(
        ("answer", "words", "bare"),
        [
            (Response(b"", 0x6A82), r"outside the session \(SW 6A82\)$", 0x6A82),
            (Response(b"", 0x6F00), r"outside the session \(SW 6F00\): damaged chip$", 0x6F00),
            (Response(b"plain data", 0x9000), "without its checksum", None),
            (Response(STATUS + b"\x8e\x08" + bytes(8), 0x9000), "checksum is wrong", None),
            (Response(forged(STATUS, STATUS), 0x9000), "a data object twice", None),
            (Response(forged(STATUS), 0x6A82), "not the protected one", None),
            (Response(forged(), 0x9000), "not the protected one", None),
            (
                Response(forged(STATUS, tlv.encode(0x97, b"\x00")), 0x9000),
                "a data object of a command",
                None,
            ),
            (Response(forged(STATUS, CLEAR), 0x9000), "unknown data objects", None),
            (Response(forged(tlv.encode(0x87, b"\x01"), STATUS), 0x9000), "broken blocks", None),
            (
                Response(forged(tlv.encode(0x85, bytes(15)), STATUS), 0x9000),
                "broken blocks",
                None,
            ),
            (
                Response(forged(tlv.encode(0x85, bytes(16)), STATUS), 0x9000),
                "without its padding",
                None,
            ),
        ],
    )
    def test_and_why(self, answer: Response, words: str, bare: int | None) -> None:
        terminal, _ = answered()
        with pytest.raises(SessionEnded, match=words) as caught:
            terminal.open_response(answer)
        assert caught.value.bare_status == bare
        with pytest.raises(SessionEnded, match="the secure session has ended") as after:
            terminal.open_response(Response(forged(STATUS), 0x9000))
        assert after.value.bare_status is None

    def test_a_refused_extended_length_is_told_as_uncounted(self) -> None:
        terminal, _ = pair()
        found = run(exchange(terminal, COMMANDS[5]), lambda _: b"\x67\x00")
        assert found == Response(b"", 0x6700, uncounted=True)

    @pytest.mark.parametrize("cipher", Cipher)
    def test_the_counter_is_as_long_as_a_block(self, cipher: Cipher) -> None:
        last = (1 << 8 * cipher.block_length) - 1
        terminal, chip = (SecureSession(keys(cipher, counter)) for counter in (last, -1))
        assert chip.open_command(terminal.protect_command(COMMANDS[0])) == COMMANDS[0]
