"""How a file is asked for, command by command (ICAO Doc 9303-10 §3.6.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.emrtd import tlv
from edge.emrtd.apdu import Command
from edge.emrtd.dialogue import run
from edge.emrtd.document_model import LARGEST_RESPONSE, ReadHints
from edge.emrtd.file_reader import FileReader, FileRefused
from edge.emrtd.files import ElementaryFile
from edge.errors import LimitExceeded, MalformedFile

DG1, DG2, COM = ElementaryFile.DG1, ElementaryFile.DG2, ElementaryFile.COM
SELECT, READ, READ_FAR = 0xA4, 0xB0, 0xB1


class Card:
    """One file without protection; `most` bytes at a time, refused by `status` beyond."""

    def __init__(
        self,
        content: bytes,
        most: int = 65_536,
        status: int = 0x6700,
        *,
        past_the_end: int | None = None,
        short_identifiers: bool = True,
    ) -> None:
        self.content = content
        self.most = most
        self.status = status
        self.past_the_end = past_the_end
        self.short_identifiers = short_identifiers
        self.asked: list[tuple[int, int]] = []
        """Offset and length of each READ BINARY; a SELECT is (-1, 0)."""

    def __call__(self, raw: bytes) -> bytes:
        command = Command.parse(raw)
        if command.ins == SELECT:
            self.asked.append((-1, 0))
            return b"\x90\x00"
        offset, wrapped = self._offset(command)
        wanted = command.le or 0
        self.asked.append((offset, wanted))
        if command.p1 & 0x80 and command.ins == READ and not self.short_identifiers:
            return b"\x6a\x86"
        room = len(self.content) - offset
        if wanted > self.most:
            return self.status.to_bytes(2, "big")
        if wanted > room and self.past_the_end is not None:
            return self.past_the_end.to_bytes(2, "big")
        piece = self.content[offset : offset + wanted - (4 if wrapped else 0)]
        return (tlv.encode(0x53, piece) if wrapped else piece) + b"\x90\x00"

    @staticmethod
    def _offset(command: Command) -> tuple[int, bool]:
        if command.ins == READ_FAR:
            return int.from_bytes(tlv.read_one(command.data, 0x54).value, "big"), True
        return (0 if command.p1 & 0x80 else command.p1 << 8 | command.p2), False


def file(tag: int, size: int) -> bytes:
    """A file of this many bytes as a whole."""
    for value in range(size - 6, size):
        content = tlv.encode(tag, b"\xaa" * value)
        if len(content) == size:
            return content
    raise AssertionError("no such size")


def reader(
    learnt: ReadHints | None = None, told: Callable[..., None] = lambda *_: None
) -> FileReader:
    return FileReader(told, learnt or ReadHints())


def half(length: int) -> int:
    """A capacity of a protected reply."""
    return length // 2


def test_a_large_file_is_asked_for_at_once() -> None:
    card, used = Card(file(0x75, 20_000)), reader()
    assert run(used.read(DG2), card) == card.content
    assert card.asked == [(0, 65_000)]
    assert (used.largest_read, used.learnt) == (20_000, ReadHints())
    assert used.extended_length_in_doubt is False


@pytest.mark.parametrize("small", [ElementaryFile.CARD_ACCESS, COM, DG1])
def test_a_small_file_is_asked_for_by_a_short_reply(small: ElementaryFile) -> None:
    for capacity, length in ((int, 256), (half, 128)):
        card = Card(file(small.tag or 0x31, 90))
        run(reader().read(small, capacity), card)
        assert card.asked == [(0, length)]


def test_the_rest_is_asked_for_exactly() -> None:
    """In pieces as large as the first, and the last one as large as what is left."""
    card = Card(file(0x75, 700), 256)
    used = reader(ReadHints(response_limit=256))
    assert run(used.read(DG2), card) == card.content
    assert card.asked == [(0, 256), (256, 256), (512, 188)]
    assert used.learnt == ReadHints(response_limit=256)
    assert used.largest_read == 256


def test_beyond_32767_the_data_object_around_needs_room() -> None:
    """Four bytes of DO'53' (Doc 9303-10 §3.6.3.2)."""
    card, used = Card(file(0x75, 33_000), 32_768), reader(ReadHints(response_limit=32_768))
    assert run(used.read(DG2), card) == card.content
    assert card.asked == [(0, 32_768), (32_768, 236)]
    card, used = Card(file(0x75, 33_000), 32_767), reader(ReadHints(response_limit=32_767))
    assert run(used.read(DG2), card) == card.content
    assert card.asked == [(0, 32_767), (32_767, 233)]


LIMITS = [65_000, 4_096, 2_048, 1_024, 256, 223, 160, 112, 96, 64]


@pytest.mark.parametrize("status", [0x6700, 0x6B00, 0x6282, 0x9000])
@pytest.mark.parametrize("most", LIMITS)
def test_lengths_are_tried_from_the_largest_to_what_the_chip_takes(most: int, status: int) -> None:
    """First its head, to tell a length that is too large from a file that is too small."""
    card, used = Card(file(0x75, 70_000), most, status), reader()
    assert run(used.read(DG2), card) == card.content
    refused = [length for _, length in card.asked if length > most]
    assert refused == [65_000, *LIMITS[: LIMITS.index(most)]] if most < 65_000 else not refused
    assert used.learnt == ReadHints(response_limit=most)
    assert used.largest_read == most


@pytest.mark.parametrize("status", [0x6982, 0x6A82, 0x6F00, 0x6100])
def test_no_other_status_word_means_that_less_would_do(status: int) -> None:
    card = Card(file(0x75, 70_000), 100, status)
    with pytest.raises(FileRefused, match=rf"DG2 cannot be read \(SW {status:04X}\)"):
        run(reader().read(DG2), card)
    assert [length for _, length in card.asked if length] == [65_000, 65_000]


def test_a_chip_that_gives_too_little_at_a_time_is_damaged() -> None:
    with pytest.raises(FileRefused, match=r"DG2 breaks off \(SW 6700\): damaged chip"):
        run(reader().read(DG2), Card(file(0x75, 700), 63))


def test_a_chip_that_breaks_off_is_damaged() -> None:
    card = Card(file(0x75, 700), 256)
    with pytest.raises(FileRefused, match=r"DG2 breaks off \(SW 6F00\): damaged chip"):
        run(
            reader(ReadHints(response_limit=256)).read(DG2),
            lambda raw: b"\x6f\x00" if card(raw) and card.asked[-1][0] > 0 else card(raw),
        )


def test_a_refusal_past_the_end_is_not_one_of_the_length() -> None:
    """The head shows that the file is shorter than what was asked for."""
    for status in (0x6700, 0x6B00, 0x6282, 0x9000):
        card, used = Card(file(0x75, 20_000), past_the_end=status), reader()
        assert run(used.read(DG2), card) == card.content
        assert card.asked == [(0, 65_000), (0, 8), (8, 19_992)]
        assert used.learnt == ReadHints(past_the_end=False)
        # The next file begins with its head.
        card = Card(file(0x75, 900), past_the_end=status)
        assert run(used.read(DG2), card) == card.content
        assert card.asked == [(0, 8), (8, 892)]


def test_a_file_as_long_as_what_was_asked_for_is_not_shorter() -> None:
    card, used = Card(file(0x75, 65_000), 64_999), reader()
    assert run(used.read(DG2), card) == card.content
    assert used.learnt.past_the_end is True
    card, used = Card(file(0x75, 64_999), 64_998), reader()
    assert run(used.read(DG2), card) == card.content
    assert card.asked[1] == (0, 8)


def test_a_file_is_selected_where_short_identifiers_do_not_work() -> None:
    card, used = Card(file(0x75, 500), short_identifiers=False), reader()
    assert run(used.read(DG2), card) == card.content
    assert card.asked == [(0, 65_000), (-1, 0), (0, 65_000)]
    assert used.learnt == ReadHints(short_identifiers=False)
    assert run(used.read(DG2), card) == card.content
    assert card.asked[3:] == [(-1, 0), (0, 65_000)]


def test_a_file_is_not_selected_once_short_identifiers_have_worked() -> None:
    card, used = Card(file(0x75, 500)), reader()
    run(used.read(DG2), card)
    card.asked.clear()
    with pytest.raises(FileRefused, match=r"DG2 cannot be read \(SW 6A82\)"):
        run(used.read(DG2), lambda raw: (card(raw), b"\x6a\x82")[1])
    assert card.asked == [(0, 65_000)]


@pytest.mark.parametrize("size", [512 * 1024, 512 * 1024 + 1])
def test_a_file_has_512_kib_at_most(size: int) -> None:
    card = Card(file(0x75, size))
    if size <= 512 * 1024:
        assert run(reader().read(DG2), card) == card.content
    else:
        with pytest.raises(LimitExceeded, match=f"DG2 claims {size} bytes"):
            run(reader().read(DG2), card)


def test_a_file_begins_with_its_own_tag() -> None:
    with pytest.raises(MalformedFile, match="DG2 begins with tag 61"):
        run(reader().read(DG2), Card(file(0x61, 90)))
    for tag in (0x31, 0x30):
        assert run(reader().read(ElementaryFile.CARD_ACCESS), Card(file(tag, 90)))


def test_progress_is_told_with_every_piece() -> None:
    told: list[tuple[str, int, int]] = []
    card = Card(file(0x75, 700), 256)
    used = reader(
        ReadHints(response_limit=256), lambda f, done, size: told.append((f.name, done, size))
    )
    run(used.read(DG2), card)
    assert told == [("DG2", 256, 700), ("DG2", 512, 700), ("DG2", 700, 700)]


def test_more_than_was_asked_for_does_not_count() -> None:
    card = Card(file(0x75, 700), 256)

    def transmit(raw: bytes) -> bytes:
        reply = card(raw)
        return reply[:-2] + b"\xff\xff" + b"\x62\x82"

    used = reader(ReadHints(response_limit=256))
    assert run(used.read(DG2), transmit) == card.content
    assert used.largest_read == 256


def test_an_announced_length_is_begun_with_unless_less_was_learnt() -> None:
    for learnt, announced, first in ((65_000, 1_000, 1_000), (500, 1_000, 500)):
        card, used = Card(file(0x75, 20_000)), reader(ReadHints(response_limit=learnt))
        used.expect(announced)
        run(used.read(DG2), card)
        assert card.asked[0] == (0, first)


def test_a_protected_reply_holds_less() -> None:
    """Asked for is what fits; below a short reply the length is what it is."""
    card, used = Card(file(0x75, 900), 128), reader(ReadHints(response_limit=256))
    run(used.read(DG2, half), card)
    assert card.asked[0] == (0, 128)
    card, used = Card(file(0x75, 900), 64), reader(ReadHints(response_limit=64))
    run(used.read(DG2, half), card)
    assert card.asked[0] == (0, 64)


@pytest.mark.parametrize(
    ("learnt", "refused", "then"),
    [
        (ReadHints(), 0x6A82, ReadHints(short_identifiers=False)),
        (ReadHints(), 0x6B00, ReadHints(short_identifiers=False)),
        (
            ReadHints(short_identifiers=False),
            0x6B00,
            ReadHints(short_identifiers=False, past_the_end=False),
        ),
        (ReadHints(short_identifiers=False), 0x6A82, None),
        (ReadHints(short_identifiers=False, past_the_end=False), 0x6B00, None),
    ],
)
def test_what_is_left_to_try_after_a_session_ended(
    learnt: ReadHints, refused: int, then: ReadHints | None
) -> None:
    assert reader(learnt).without_the_question(refused) == then


def test_once_short_identifiers_have_worked_they_are_not_doubted() -> None:
    used = reader()
    run(used.read(DG1), Card(file(0x61, 90)))
    assert used.without_the_question(0x6A82) is None
    for status in (0x9000, 0x6282, 0x6700, 0x6B00):
        assert used.without_the_question(status) == ReadHints(past_the_end=False)


class TestSeries:
    """EF.DIR and EF.ATR/INFO: data objects side by side, to the end of the file."""

    @pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 4_095])
    def test_is_read_to_its_end(self, size: int) -> None:
        card = Card(b"\xaa" * size)
        assert run(reader().read_series(ElementaryFile.DIR), card) == card.content
        assert card.asked == [(offset, 256) for offset in range(0, size + 1, 256)]

    @pytest.mark.parametrize("size", [4_096, 5_000])
    def test_of_4096_bytes_or_more_is_none(self, size: int) -> None:
        with pytest.raises(FileRefused, match="DIR cannot be read"):
            run(reader().read_series(ElementaryFile.DIR), Card(b"\xaa" * size))

    @pytest.mark.parametrize("reply", [b"\x6a\x82", b"\x90\x00", b"\xaa\x6a\x82"])
    def test_that_is_not_there(self, reply: bytes) -> None:
        replies = iter([reply])  # it is not asked again
        with pytest.raises(FileRefused, match="DIR cannot be read"):
            run(reader().read_series(ElementaryFile.DIR), lambda _: next(replies))

    def test_more_than_was_asked_for_does_not_count(self) -> None:
        replies = iter([b"\xaa" * 300 + b"\x90\x00", b"\xbb\x62\x82"])
        found = run(reader().read_series(ElementaryFile.DIR), lambda _: next(replies))
        assert found == b"\xaa" * 256 + b"\xbb"

    def test_ends_with_any_other_status_word(self) -> None:
        replies = iter([b"\xaa" * 256 + b"\x62\x82"])
        found = run(reader().read_series(ElementaryFile.DIR), lambda _: next(replies))
        assert found == b"\xaa" * 256


def test_a_command_of_extended_length_is_in_doubt_until_something_comes() -> None:
    used = reader()

    def transmit(raw: bytes) -> bytes:
        assert used.extended_length_in_doubt is True
        return b"\x6a\x82"

    with pytest.raises(FileRefused):
        run(used.read(DG2), transmit)
    assert used.extended_length_in_doubt is True
    run(used.read(DG1), Card(file(0x61, 90)))
    assert used.extended_length_in_doubt is False


def test_the_largest_reply_that_is_asked_for() -> None:
    assert LARGEST_RESPONSE == 65_000
    assert replace(ReadHints(), response_limit=256).extended_length is False
    assert replace(ReadHints(), response_limit=257).extended_length is True
