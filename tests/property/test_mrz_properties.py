"""Properties of the machine readable zone: hostile text, and writing then reading."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.errors import UnreadableMrz
from edge.mrz import MachineReadableZone, PartialDate, check_digit, examine, parse
from edge.mrz.compose import td1, td2, td3

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
SHAPES = [(30, 30, 30), (36, 36), (44, 44), (9, 30, 30), (72,), (88,), (90,)]

days = st.dates(min_value=date(1, 1, 1))
codes = st.sampled_from(["UTO", "D", "FRA", "XXX", "GBD"])
words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=5)
names = st.lists(words, min_size=1, max_size=2).map(" ".join)
printed = st.dates(date(1970, 1, 1), date(2069, 12, 31)).map(lambda day: f"{day:%y%m%d}")
numbers = st.text("ABCDEFGHJKLMNPRTVWXYZ0123456789", min_size=1, max_size=9)
long_numbers = st.text("ABCDEFGHJKLMNPRTVWXYZ0123456789", min_size=10, max_size=13)


def lines_of(shape: tuple[int, ...]) -> st.SearchStrategy[list[str]]:
    first = st.sampled_from(["", "V", "IDFRA", "FACHE"])
    text = st.tuples(*(st.text(ALPHABET, min_size=width, max_size=width) for width in shape))
    return st.tuples(first, text).map(
        lambda pair: [(pair[0] + line)[: len(line)] for line in pair[1]]
    )


def use_everything(mrz: MachineReadableZone, today: date) -> None:
    assert "<redacted>" in repr(mrz)
    examine(mrz, today)
    age = mrz.age_on(today)
    assert age is None or age >= 0
    mrz.expires_before(today)
    assert isinstance(mrz.information, str)


@given(st.lists(st.text(max_size=100), max_size=5), days)
def test_any_text_is_read_or_unreadable(lines: list[str], today: date) -> None:
    with suppress(UnreadableMrz):
        use_everything(parse(lines), today)


@given(st.sampled_from(SHAPES).flatmap(lines_of), days)
def test_any_lines_of_the_right_width_can_be_used(lines: list[str], today: date) -> None:
    with suppress(UnreadableMrz):
        use_everything(parse(lines), today)


@given(st.text(ALPHABET, min_size=6, max_size=6), days)
def test_a_date_means_nothing_later_than_asked_for(text: str, latest: date) -> None:
    span = PartialDate(text).resolve(latest)
    if span:
        assert span.first <= span.last
        assert span.first <= latest
        assert latest - span.first < timedelta(days=201 * 366)
        assert f"{span.first.year % 100:02}" == text[:2]


@given(days)
def test_every_day_is_found_again(day: date) -> None:
    span = PartialDate(f"{day.year % 100:02}{day:%m%d}").resolve(day)
    assert span is not None
    assert span.first == span.last == day


@given(codes, names, names | st.just(""), numbers, printed, printed)
def test_passport_written_then_read(  # noqa: PLR0913, PLR0917 - one argument a field
    code: str, primary: str, secondary: str, number: str, birth: str, expiry: str
) -> None:
    mrz = parse(td3("P", code, primary, secondary, number, code, birth, "X", expiry, "OPT1"))
    assert_fields(mrz, code, primary, secondary, number)
    assert (mrz.birth_date.text, mrz.expiry_date.text) == (birth, expiry)
    assert mrz.optional_data == "OPT1"


@given(codes, names, names | st.just(""), numbers | long_numbers, printed)
def test_card_written_then_read(
    code: str, primary: str, secondary: str, number: str, birth: str
) -> None:
    lines = td1("I", code, primary, secondary, number, code, birth, "M", "300101", "1", "B")
    mrz = parse(lines)
    assert_fields(mrz, code, primary, secondary, number)
    assert (mrz.optional_data, mrz.optional_data_2) == ("1", "B")
    assert mrz.information == (
        number.ljust(9, "<") + check_digit(number.ljust(9, "<"))
        + birth + check_digit(birth) + "300101" + check_digit("300101")
    )  # fmt: skip


@given(codes, names, names | st.just(""), numbers | long_numbers, printed)
def test_middle_sized_document_written_then_read(
    code: str, primary: str, secondary: str, number: str, birth: str
) -> None:
    mrz = parse(td2("I", code, primary, secondary, number, code, birth, "F", "300101"))
    assert_fields(mrz, code, primary, secondary, number)


def assert_fields(
    mrz: MachineReadableZone, code: str, primary: str, secondary: str, number: str
) -> None:
    assert all(digit.ok for digit in mrz.check_digits)
    assert (mrz.issuing_state, mrz.nationality) == (code, code)
    assert (mrz.primary_identifier, mrz.secondary_identifier) == (primary, secondary)
    assert mrz.document_number == number
