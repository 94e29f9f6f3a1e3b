"""Frames of document scanners: line ends, marks, noise, halves, floods."""

from __future__ import annotations

import pytest

from drivers.mrz_framing import LONGEST_FRAME, Framer, Framing, Lines, framer_for
from tests.support.some import replaced

TD1 = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
TD3 = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
LAYOUTS = (TD1, TD2, TD3)


def sent(lines: Lines, end: bytes = b"\r") -> bytes:
    return b"".join(line.encode() + end for line in lines)


def framed(lines: Lines, end: bytes = b"\r") -> bytes:
    return b"\x02" + sent(lines, end) + b"\x03"


def heard(framer: Framer, *parts: bytes) -> list[Lines]:
    """What the framer makes of each part, with a silence after it."""
    documents: list[Lines] = []
    for part in parts:
        documents += framer.feed(part)
        documents += framer.silence()
    return documents


@pytest.fixture
def plain() -> Framer:
    return framer_for(Framing.PLAIN)


@pytest.fixture
def stx() -> Framer:
    return framer_for(Framing.STX_ETX)


@pytest.mark.parametrize("lines", LAYOUTS)
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r"])
class TestLineEnds:
    def test_plain(self, plain: Framer, lines: Lines, end: bytes) -> None:
        assert list(plain.feed(sent(lines, end))) == [lines]
        assert not plain.unfinished

    def test_plain_without_the_last(self, plain: Framer, lines: Lines, end: bytes) -> None:
        data = sent(lines, end).rstrip(b"\r\n")
        assert list(plain.feed(data)) == []
        assert plain.unfinished
        assert list(plain.silence()) == [lines]
        assert plain.dropped == 0

    def test_stx_etx(self, stx: Framer, lines: Lines, end: bytes) -> None:
        assert list(stx.feed(framed(lines, end))) == [lines]

    def test_stx_etx_without_the_last(self, stx: Framer, lines: Lines, end: bytes) -> None:
        data = b"\x02" + sent(lines, end).rstrip(b"\r\n") + b"\x03"
        assert list(stx.feed(data)) == [lines]


@pytest.mark.parametrize("framing", Framing)
@pytest.mark.parametrize("mark", [b"_", b"?", b" ", b"*", b"~", b"e"])
def test_marks_of_unknown_characters(framing: Framing, mark: bytes) -> None:
    wrap = framed if framing is Framing.STX_ETX else sent
    data = replaced(wrap(TD3), b"ERIKSSON", b"ERIK" + mark * 2 + b"ON")
    assert heard(framer_for(framing), data) == [(replaced(TD3[0], "SS", "<<"), TD3[1])]


@pytest.mark.parametrize("framing", Framing)
@pytest.mark.parametrize("noise", [b"\x00", b"\xff\xfe", b"\x00\x80\x1b"])
def test_noise_is_left_out(framing: Framing, noise: bytes) -> None:
    wrap = framed if framing is Framing.STX_ETX else sent
    data = noise.join(bytes([byte]) for byte in noise + wrap(TD1) + noise)
    assert heard(framer_for(framing), data) == [TD1]


@pytest.mark.parametrize("framing", Framing)
def test_documents_back_to_back(framing: Framing) -> None:
    wrap = framed if framing is Framing.STX_ETX else sent
    data = b"".join(wrap(lines) for lines in LAYOUTS)
    assert list(framer_for(framing).feed(data)) == list(LAYOUTS)


def test_bottom_line_always_third(plain: Framer, stx: Framer) -> None:
    """Readers of the RTE family send an empty first line for a passport."""
    assert list(plain.feed(b"\r" + sent(TD3))) == [TD3]
    assert list(stx.feed(b"\x02\r" + sent(TD3) + b"\x03")) == [TD3]


class TestPlain:
    def test_half_a_document_is_forgotten_in_the_silence(self, plain: Framer) -> None:
        assert heard(plain, sent(TD3)[:60], sent(TD1)) == [TD1]
        assert plain.dropped == 1

    def test_a_line_cut_short_does_not_spoil_the_next_document(self, plain: Framer) -> None:
        assert list(plain.feed(b"ERIKSSON\r" + sent(TD3))) == [TD3]
        assert plain.dropped == 1

    def test_more_lines_than_a_document_has(self, plain: Framer) -> None:
        assert list(plain.feed(b"A\rB\rC\rD\r" + sent(TD1))) == [TD1]

    def test_overlong_line_is_passed_over(self, plain: Framer) -> None:
        assert list(plain.feed(b"A" * 100_000 + b"\r" + sent(TD2))) == [TD2]

    def test_silence_with_nothing_begun_means_nothing(self, plain: Framer) -> None:
        assert list(plain.silence()) == []
        assert plain.dropped == 0


class TestStxEtx:
    def test_bytes_outside_frames_are_not_documents(self, stx: Framer) -> None:
        assert list(stx.feed(sent(TD3) + b"\x03" + framed(TD1) + sent(TD3))) == [TD1]
        assert not stx.unfinished

    def test_stx_begins_anew(self, stx: Framer) -> None:
        assert list(stx.feed(framed(TD3)[:50] + framed(TD1))) == [TD1]
        assert stx.dropped == 1

    def test_half_a_frame_is_forgotten_in_the_silence(self, stx: Framer) -> None:
        data = framed(TD3)
        assert heard(stx, data[:50], data[50:], framed(TD1)) == [TD1]
        assert stx.dropped == 1

    def test_frame_without_lines(self, stx: Framer) -> None:
        assert list(stx.feed(b"\x02\r\r\x03")) == []
        assert stx.dropped == 1

    def test_frame_no_layout_fits_is_still_a_document_seen(self, stx: Framer) -> None:
        assert list(stx.feed(framed(("P<UTO", "L89")))) == [("P<UTO", "L89")]

    def test_oversized_frame_is_given_up(self, stx: Framer) -> None:
        flood = b"\x02" + b"A" * (LONGEST_FRAME + 1)
        assert list(stx.feed(flood)) == []
        assert not stx.unfinished
        assert list(stx.feed(b"A" * 10_000 + b"\x03" + framed(TD1))) == [TD1]
        assert stx.dropped == 1
