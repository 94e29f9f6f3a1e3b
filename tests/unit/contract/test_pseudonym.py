"""A traveller's number of the day: the same for the same document, and for nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import date

from edge import mrz
from edge.contract.pseudonym import PATTERN, Pseudonyms
from tests.support.some import replaced

TODAY, TOMORROW = date(2026, 11, 24), date(2026, 11, 25)
LINES = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
ZONE = mrz.parse(LINES)


class Source:
    """Random bytes that are none: each draw is told apart."""

    def __init__(self) -> None:
        self.drawn: list[int] = []

    def __call__(self, count: int) -> bytes:
        self.drawn.append(count)
        return bytes((len(self.drawn),)) * count


def test_it_is_a_keyed_hash_of_128_bits_under_a_key_of_256() -> None:
    source = Source()
    number = Pseudonyms(source).of(ZONE, TODAY)
    digest = hmac.digest(b"\x01" * 32, b"UTO/P/L898902C3", hashlib.sha256)[:16]
    assert number == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert source.drawn == [32]
    assert re.fullmatch(PATTERN, number)


def test_it_is_the_same_all_day_and_another_on_any_other() -> None:
    source = Source()
    numbers = Pseudonyms(source)
    first, again, later = (numbers.of(ZONE, day) for day in (TODAY, TODAY, TOMORROW))
    assert first == again != later
    assert numbers.of(ZONE, TODAY) not in {first, later}  # a clock set back brings no key back
    assert source.drawn == [32, 32, 32]


def test_it_is_of_the_document_and_of_nothing_else_in_the_zone() -> None:
    numbers = Pseudonyms(Source())
    of_another_name = (replaced(LINES[0], "ERIKSSON", "ERIKSSEN"), LINES[1])
    assert numbers.of(mrz.parse(of_another_name), TODAY) == numbers.of(ZONE, TODAY)
    for lines in (
        (replaced(LINES[0], "P<UTO", "P<XOM"), LINES[1]),
        (replaced(LINES[0], "P<UTO", "PDUTO"), LINES[1]),
        (LINES[0], replaced(LINES[1], "L898902C3", "L898902C4")),
    ):
        assert numbers.of(mrz.parse(lines), TODAY) != numbers.of(ZONE, TODAY)
