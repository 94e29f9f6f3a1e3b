"""What status words mean to the gate (ISO/IEC 7816-4 §5.6), one by one."""

from __future__ import annotations

from edge.emrtd.refusals import is_breakdown, is_refusal_of_a_file, is_wrong_key

EVERY_STATUS = range(0x6000, 0x7000)


def test_words_that_say_that_the_key_is_wrong() -> None:
    """63Cx counts the attempts that are left (Doc 9303-11 §4.4.4.1)."""
    found = {status for status in EVERY_STATUS if is_wrong_key(status)}
    assert found == {0x6300, 0x6982, 0x6983, 0x6985, 0x6988, *range(0x63C0, 0x63D0)}


def test_words_that_say_that_the_chip_is_broken() -> None:
    found = {status for status in EVERY_STATUS if is_breakdown(status)}
    assert found == {*range(0x6400, 0x6600), *range(0x6F00, 0x7000)}


REFUSING = "6282 6700 6900 6982 6985 6986 6A81 6A82 6A83 6A86 6A88 6B00"


def test_words_that_refuse_a_file() -> None:
    found = [f"{status:04X}" for status in EVERY_STATUS if is_refusal_of_a_file(status)]
    assert " ".join(found) == REFUSING
