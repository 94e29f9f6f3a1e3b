"""Text as issuers write it, dates in text and in BCD."""

from __future__ import annotations

import pytest

from edge.emrtd.lds.dates import Date, Moment
from edge.emrtd.lds.text import Name, Text


def test_text_is_shown_as_written() -> None:
    text = Text("Łódź 北京 شناسنامه‌ها".encode())  # noqa: RUF001  # names in their own scripts
    assert text.display == "Łódź 北京 شناسنامه‌ها"  # noqa: RUF001


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x1b[2J\x1b[31mOPEN", "\ufffd[2J\ufffd[31mOPEN"),
        (b"a\r\nb\x00c\x7f", "a\ufffd\ufffdb\ufffdc\ufffd"),
        ("a\u202eb\u2028c\u200bd".encode(), "a\ufffdb\ufffdc\ufffdd"),
        ("a\u2029b".encode(), "a\ufffdb"),
        ("a\x9bb\ue000c\ufffe".encode(), "a\ufffdb\ufffdc\ufffd"),
        (b"M\xfcller", "M\ufffdller"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b'"},{"decision":"open', '"},{"decision":"open'),
    ],
    ids=["ansi", "lines", "direction", "paragraph", "controls", "latin-1", "surrogate", "json"],
)
def test_what_could_act_is_replaced(raw: bytes, shown: str) -> None:
    text = Text(raw)
    assert text.display == shown
    assert text.raw == raw


def test_long_text_is_cut() -> None:
    assert Text(b"x" * 100_000).display == "x" * 999
    assert Text("🀄".encode() * 100_000).display == "🀄" * 999
    mixed = "é" + "🀄" * 998 + "y"
    assert Text(mixed.encode()).display == mixed[:999]


def test_fields() -> None:
    """FR writes leading and repeated fillers."""
    assert Text(b"123 MAPLE RD<ANYTOWN<MN").fields == ("123 MAPLE RD", "ANYTOWN", "MN")
    assert Text(b"<<PARIS< <<FRANCE<").fields == ("PARIS", "FRANCE")
    assert Text(b"").fields == ()


@pytest.mark.parametrize(
    ("raw", "primary", "secondary"),
    [
        ("SMITH<<JOHN<J", "SMITH", "JOHN J"),
        ("VAN<DER<STEEN<<MARIANNE<LOUISE", "VAN DER STEEN", "MARIANNE LOUISE"),
        ("張<<偉", "張", "偉"),
        ("SUKARNO", "SUKARNO", ""),
        ("<<SMITH<<JOHN<<", "SMITH", "JOHN"),
        ("", "", ""),
    ],
)
def test_names(raw: str, primary: str, secondary: str) -> None:
    name = Name(raw.encode())
    assert (name.primary, name.secondary) == (primary, secondary)


def test_nothing_is_shown_unasked() -> None:
    assert repr(Text(b"secret")) == "Text(<redacted> 6 bytes)"
    assert repr(Name(b"SMITH")) == "Name(<redacted> 5 bytes)"
    assert repr(Date(b"19421012")) == "Date(<redacted>)"
    assert repr(Moment(1942, 10, 12)) == "Moment(<redacted>)"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"19421012", "1942-10-12"),
        (bytes.fromhex("19421012"), "1942-10-12"),
        (b"20240229", "2024-02-29"),
        (b"20171115013612", "2017-11-15T01:36:12"),
        (bytes.fromhex("20171115000000"), "2017-11-15T00:00:00"),
        (b"19420000", "1942-??-??"),
        (b"00001012", "????-10-12"),
        (b"00000229", "????-02-29"),
        (b"1942<<<<", "1942-??-??"),
        (b"1942    ", "1942-??-??"),
        (b"19420012", "1942-??-12"),
        (bytes(4), "????-??-??"),
        (b"19421012<<<<<<", None),
        (b"19421312", None),
        (b"19421032", None),
        (b"20230229", None),
        (b"20171115240000", None),
        (b"20171115006000", None),
        (b"20171115000060", None),
        (b"19 21012", None),
        (b"194210 2", None),
        ("19421\u0661\u0661".encode(), None),
        (b"+9421012", None),
        (bytes.fromhex("1942101A"), None),
        (b"421012", None),
        (b"", None),
    ],
)
def test_dates(raw: bytes, shown: str | None) -> None:
    moment = Date(raw).moment
    assert (moment and moment.display) == shown


@pytest.mark.parametrize(
    ("part", "least", "most"),
    [
        ("year", 1, 9999),
        ("month", 1, 12),
        ("day", 1, 31),
        ("hour", 0, 23),
        ("minute", 0, 59),
        ("second", 0, 59),
    ],
)
def test_the_parts_of_a_moment_have_limits(part: str, least: int, most: int) -> None:
    for number in (least - 1, least, most, most + 1):
        assert Moment(**{part: number}).is_possible is (least <= number <= most)


def test_a_day_is_one_of_its_month_and_in_an_unknown_year_of_a_leap_year() -> None:
    for year, month, longest in ((2023, 2, 28), (2024, 2, 29), (None, 2, 29), (None, 4, 30)):
        assert Moment(year, month, longest).is_possible
        assert not Moment(year, month, longest + 1).is_possible
