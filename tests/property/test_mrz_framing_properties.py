"""Properties of framing: how the bytes are cut never matters, and no bytes do harm."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivers.mrz_framing import LONGEST_FRAME, LONGEST_LINE, Framing, Lines, framer_for

PASSPORT = (
    b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\rL898902C36UTO7408122F1204159ZE184226B<<<<<10\r"
)
CARD = (
    b"I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\n"
    b"ERIKSSON<<ANNA<MARIA<<<<<<<<<<\n"
)
pieces = st.sampled_from(
    [PASSPORT, CARD, b"\x02", b"\x03", b"\x02" + PASSPORT + b"\x03", PASSPORT[:60], b"A" * 200]
) | st.binary(max_size=40)
streams = st.lists(pieces, max_size=8).map(b"".join)
framings = st.sampled_from(Framing)


def documents(framing: Framing, chunks: list[bytes]) -> tuple[list[Lines], int]:
    framer = framer_for(framing)
    found = [lines for chunk in chunks for lines in framer.feed(chunk)]
    found += framer.silence()
    assert not framer.unfinished
    return found, framer.dropped


@given(framings, streams, st.lists(st.integers(0, 1000), max_size=20))
def test_any_chunking_gives_the_same_documents(
    framing: Framing, stream: bytes, cuts: list[int]
) -> None:
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    chunks = [stream[start:stop] for start, stop in pairwise(edges)]
    assert documents(framing, chunks) == documents(framing, [stream])


@given(framings, streams)
def test_documents_are_bounded_and_made_of_mrz_characters(framing: Framing, stream: bytes) -> None:
    found, _ = documents(framing, [stream])
    for lines in found:
        assert lines
        assert sum(map(len, lines)) <= LONGEST_FRAME
        for line in lines:
            assert 0 < len(line) <= LONGEST_LINE
            assert set(line) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")


@given(framings, streams)
def test_a_silence_restores_any_framer(framing: Framing, stream: bytes) -> None:
    framer = framer_for(framing)
    list(framer.feed(stream))
    list(framer.silence())
    frame = b"\x02" + PASSPORT + b"\x03" if framing is Framing.STX_ETX else PASSPORT
    expected = tuple(line.decode() for line in PASSPORT.splitlines())
    assert list(framer.feed(frame)) == [expected]
