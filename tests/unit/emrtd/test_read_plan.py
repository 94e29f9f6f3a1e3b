"""The plan: how few commands a document needs, what it teaches, and what it may be told first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.quirks import Quirks
from edge.emrtd import tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
from edge.emrtd.contents import AccessProtocol, ChipContents
from edge.emrtd.dialogue import Dialogue, run, with_exact_length, with_get_response
from edge.emrtd.document_model import ReadHints
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.read import ReadPlan
from edge.emrtd.secure_messaging import SecureSession, SessionKeys, secured
from edge.errors import AccessDenied, ChipError, ChipLost
from tests.support.emrtd.specimens import (
    CA_AES_128,
    KEY,
    PACE_AES_128,
    ec_key,
    insert,
    read,
    specimen,
    without,
)
from tests.support.examples import examples

SOD, DG1, DG2, DG14, DG15 = (
    ElementaryFile.SOD,
    ElementaryFile.DG1,
    ElementaryFile.DG2,
    ElementaryFile.DG14,
    ElementaryFile.DG15,
)
ATR_INFO = ElementaryFile.ATR_INFO
SHORT_REPLY = 223
NO_LENGTHS = bytes.fromhex("3B8A80010031C173C8400000900090")
LENGTHS = bytes.fromhex("3B8A80010031C173C840E000900070")
MOST_BEYOND = 12


def whole(length: int = 65_536) -> Personalisation:
    """PACE, chip and active authentication, a portrait of 18 KB."""
    chip = specimen(
        pace=PACE_AES_128, chip_auth=CA_AES_128, active_auth_key=ec_key(), portrait_bytes=18_000
    )
    return replace(chip, max_response=length)


def stating(limit: int) -> bytes:
    """EF.ATR/INFO with this as the longest reply."""
    lengths = tlv.encode(0x02, (1_500).to_bytes(2, "big")), tlv.encode(0x02, limit.to_bytes(3))
    return bytes.fromhex("47039401E0") + tlv.encode(0x7F66, *lengths)


def with_atr_info(chip: Personalisation, content: bytes) -> Personalisation:
    return replace(chip, files={**chip.files, ATR_INFO: content})


class Line:
    """A chip, and every command that went to it."""

    def __init__(self, chip: Personalisation) -> None:
        self._chip = insert(chip)
        self.sent: list[Command] = []

    def __call__(self, command: bytes) -> bytes:
        self.sent.append(Command.parse(command))
        return self._chip.transmit(command)


def beyond(chip: Personalisation, plan: ReadPlan) -> tuple[int, ChipContents]:
    """Commands beyond those that the files need at full replies."""
    line = Line(chip)
    contents = read(line, plan=plan)
    assert contents.files[DG2] == chip.files[DG2]
    assert contents.chip_authentication is not None
    assert contents.chip_authentication.succeeded
    piece = SHORT_REPLY if chip.max_response == 256 else chip.max_response
    bulk = [chip.files[file] for file in (SOD, DG1, DG2, DG14, DG15)]
    return len(line.sent) - sum(-(-len(content) // piece) for content in bulk), contents


@pytest.mark.parametrize("length", [256, 65_536])
def test_the_fewest_commands_first_and_later(length: int) -> None:
    first, contents = beyond(whole(length), ReadPlan(atr=NO_LENGTHS))
    later, _ = beyond(whole(length), ReadPlan(atr=NO_LENGTHS, learnt=contents.learnt))
    assert first <= MOST_BEYOND
    assert later == MOST_BEYOND - 1


def test_the_fewest_commands_where_the_chip_states_its_lengths() -> None:
    count, _ = beyond(with_atr_info(whole(), stating(65_536)), ReadPlan(atr=LENGTHS))
    assert count <= MOST_BEYOND


@pytest.mark.parametrize("limit", [256, 1_000, 1_500, 30_000])
def test_stated_lengths_are_kept_from_the_first_command(limit: int) -> None:
    """Nothing is refused, so nothing can go wrong with it."""
    chip = insert(with_atr_info(whole(max(limit, 256)), stating(limit)))
    refused = []

    def transmit(raw: bytes) -> bytes:
        reply = chip.transmit(raw)
        assert len(reply) - 2 <= limit
        refused.extend([raw] * (reply[-2:] == b"\x67\x00"))
        return reply

    contents = read(transmit, plan=ReadPlan(atr=LENGTHS))
    assert contents.files[ATR_INFO] == stating(limit)
    assert contents.learnt.response_limit == limit
    assert not refused


@pytest.mark.parametrize(
    ("plan", "asked"),
    [
        (ReadPlan(), True),
        (ReadPlan(atr=LENGTHS), True),
        (ReadPlan(atr=NO_LENGTHS), False),
        (ReadPlan(atr=LENGTHS, learnt=ReadHints()), False),
        (ReadPlan(atr=LENGTHS, extended_length=False), False),
    ],
)
def test_stated_lengths_are_asked_for_once(plan: ReadPlan, asked: bool) -> None:
    contents = read(insert(with_atr_info(whole(), stating(2_000))).transmit, plan=plan)
    assert (ATR_INFO in contents.files) == asked


@pytest.mark.parametrize("content", [b"", b"\x47\x03\x94\x01\xe0", b"\xff" * 300, bytes(5_000)])
def test_lengths_that_say_nothing(content: bytes) -> None:
    contents = read(insert(with_atr_info(whole(), content)).transmit)
    assert ATR_INFO not in contents.files
    assert contents.learnt == ReadHints()


def test_what_is_asked_for_besides() -> None:
    chip = specimen(pace=PACE_AES_128)
    extra = {
        ElementaryFile.DG11: tlv.encode(0x6B, bytes(700)),
        ElementaryFile.DIR: tlv.encode(0x61, b"\x4f\x00"),
    }
    chip = replace(chip, files={**chip.files, **extra})
    plan = ReadPlan(additional=(ElementaryFile.DG11, ElementaryFile.DG12, ElementaryFile.DIR))
    told: list[str] = []
    contents = read(insert(chip).transmit, plan=plan, observe=lambda each: told.append(repr(each)))
    assert {file: contents.files[file] for file in extra} == extra
    assert ElementaryFile.DG12 not in contents.files
    assert told[-1].startswith("FileRead(DG2")


@given(
    limit=st.integers(0, 70_000),
    short_identifiers=st.booleans(),
    past_the_end=st.booleans(),
    length=st.sampled_from([256, 1_100, 65_536]),
    pace=st.booleans(),
)
@examples(60)
def test_whatever_was_learnt_weakens_nothing(
    limit: int, short_identifiers: bool, past_the_end: bool, length: int, pace: bool
) -> None:
    """A lesson from another chip may cost commands: never a file, never a protocol."""
    chip = replace(specimen(pace=PACE_AES_128 if pace else None), max_response=length)
    learnt = ReadHints(max(limit, 64), short_identifiers, past_the_end)
    contents = read(insert(chip).transmit, plan=ReadPlan(learnt=learnt))
    assert contents.files == chip.files
    assert contents.access.protocol is (AccessProtocol.PACE_GM if pace else AccessProtocol.BAC)


@pytest.mark.parametrize("cipher", Cipher)
@given(length=st.integers(256, 65_536))
@examples(50)
def test_a_reply_is_as_full_as_can_be(cipher: Cipher, length: int) -> None:
    session = SecureSession(SessionKeys.agreed(cipher, b""))
    most = session.capacity(length)
    assert session.protected_length(most) <= length
    if length not in range(257, 300):  # a byte of the header may be saved just above
        assert session.protected_length(most + 1) > length


def test_the_capacities_of_short_replies() -> None:
    def capacity(cipher: Cipher) -> int:
        return SecureSession(SessionKeys.agreed(cipher, b"")).capacity(256)

    assert (capacity(Cipher.TDES), capacity(Cipher.AES_256)) == (231, SHORT_REPLY)


def one_read() -> Dialogue[Response]:
    return (yield Command(0, 0xB0, 0, 0, le=64))


def test_an_exact_length_told_under_secure_messaging() -> None:
    """Each of the two commands and replies counts in the session."""
    keys = SessionKeys.agreed(Cipher.AES_128, b"")
    terminal, chip = SecureSession(keys), SecureSession(keys)

    def transmit(raw: bytes) -> bytes:
        command = chip.open_command(Command.parse(raw))
        reply = Response(b"abc", 0x9000) if command.le == 3 else Response(b"", 0x6C03)
        return bytes(chip.protect_response(reply, command.ins))

    dialogue = with_get_response(secured(with_exact_length(one_read()), terminal))
    assert run(dialogue, transmit) == Response(b"abc", 0x9000)


def test_an_exact_length_is_believed_once() -> None:
    reply = run(with_exact_length(one_read()), lambda _: b"\x6c\x03")
    assert reply == Response(b"", 0x6C03)


OBSERVED: list[Callable[[], Personalisation]] = [
    specimen,
    lambda: specimen(pace=PACE_AES_128),
    whole,
]


@pytest.mark.parametrize("chip", OBSERVED)
@pytest.mark.parametrize("after", range(0, 30, 3))
def test_taken_away_at_any_time(chip: Callable[[], Personalisation], after: int) -> None:
    """Also between two sessions: it is told as what it is."""
    genuine = replace(chip(), quirks=Quirks(active_auth_after_chip_auth=0x6F00), max_response=256)
    line, left = Line(genuine), iter(range(after))

    def transmit(raw: bytes) -> bytes:
        if next(left, None) is None:
            raise ChipLost("the document left the reader")
        return line(raw)

    with pytest.raises(ChipLost, match="left the reader"):
        read(transmit)


def test_a_session_that_ends_while_it_only_signs_leaves_it_unanswered() -> None:
    quirks = Quirks(active_auth_after_chip_auth=0x6F00)
    chip = insert(replace(whole(), quirks=quirks))
    signatures = 0

    def transmit(raw: bytes) -> bytes:
        nonlocal signatures
        signatures += raw[:2] == b"\x0c\x88"
        return b"\x69\x88" if signatures == 2 else chip.transmit(raw)

    contents = read(transmit)
    assert contents.active_authentication is not None
    assert contents.active_authentication.response == b""
    assert contents.files[DG2] == whole().files[DG2]


def test_error_texts_tell_what_is_wrong_apart() -> None:
    """Wrong key, PACE-only chip, damaged chip.

    That the document is gone, or the reader, the driver says: see the conformance of readers.
    """
    texts = set()
    wrong = AccessKey.of_mrz(KEY.encoded().hex()[:24].upper())
    pace_only = replace(without(specimen(), ElementaryFile.CARD_ACCESS), bac=True)
    damaged = insert(specimen())

    def breaks(raw: bytes) -> bytes:
        return b"\x6f\x00" if raw[1] in {0xB0, 0x84} else damaged.transmit(raw)

    def speaks_no_bac(raw: bytes) -> bytes:
        return b"\x6d\x00" if raw[1] == 0x84 else insert(pace_only).transmit(raw)

    for transmit, key in (
        (insert(specimen()).transmit, wrong),
        (speaks_no_bac, KEY),
        (breaks, KEY),
    ):
        with pytest.raises(AccessDenied) as caught:
            read(transmit, key=key)
        texts.add(str(caught.value))
    broken = insert(specimen(pace=PACE_AES_128))

    def breaks_later(raw: bytes) -> bytes:
        return b"\x6f\x00" if raw[:2] == b"\x0c\xb0" else broken.transmit(raw)

    with pytest.raises(ChipError, match="damaged chip"):
        read(breaks_later)
    assert len(texts) == 3
    for words in ("the key does not fit", "PACE-only chip", "it is damaged"):
        assert len([text for text in texts if words in text]) == 1
