"""Dates of two-digit years: what they may mean, and what they cannot."""

from __future__ import annotations

from datetime import date

import pytest

from edge.mrz import PartialDate, Span, parse
from edge.mrz.compose import td3

TODAY = date(2026, 3, 14)


def passport(birth: str, expiry: str) -> tuple[str, str]:
    return td3("P", "UTO", "DOE", "JANE", "L898902C3", "UTO", birth, "F", expiry)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("740812", date(1974, 8, 12), date(1974, 8, 12)),
        ("260314", date(2026, 3, 14), date(2026, 3, 14)),
        ("260315", date(1926, 3, 15), date(1926, 3, 15)),
        ("7408<<", date(1974, 8, 1), date(1974, 8, 31)),
        ("0402<<", date(2004, 2, 1), date(2004, 2, 29)),
        ("74<<<<", date(1974, 1, 1), date(1974, 12, 31)),
        ("26<<<<", date(2026, 1, 1), date(2026, 12, 31)),
        ("74<<12", date(1974, 1, 12), date(1974, 12, 12)),
        ("74<<31", date(1974, 1, 31), date(1974, 12, 31)),
        ("000229", date(2000, 2, 29), date(2000, 2, 29)),
        ("040229", date(2004, 2, 29), date(2004, 2, 29)),
        ("740101", date(1974, 1, 1), date(1974, 1, 1)),
        ("741231", date(1974, 12, 31), date(1974, 12, 31)),
        ("740930", date(1974, 9, 30), date(1974, 9, 30)),
        ("7412<<", date(1974, 12, 1), date(1974, 12, 31)),
        ("2603<<", date(2026, 3, 1), date(2026, 3, 31)),
        ("2604<<", date(1926, 4, 1), date(1926, 4, 30)),
    ],
)
def test_latest_century_in_the_past(text: str, first: date, last: date) -> None:
    assert PartialDate(text).is_possible
    assert PartialDate(text).resolve(TODAY) == Span(first, last)


@pytest.mark.parametrize("text", ["<<0812", "<<0229", "<<<<31", "<<<<<<", ""])
def test_unknown_year_is_possible_and_means_no_days(text: str) -> None:
    assert PartialDate(text).is_possible
    assert PartialDate(text).resolve(TODAY) is None


@pytest.mark.parametrize(
    "text",
    [
        "741301",
        "740001",
        "740230",
        "730229",
        "740431",
        "740800",
        "BB0911",
        "7A0812",
        "74<108",
        "7",
        "050229",
        "<<0230",
        "<<0431",
        "74<<32",
        "74<<00",
        "<<<<32",
        "74081",
        "740012",
    ],
)
def test_impossible_dates(text: str) -> None:
    assert not PartialDate(text).is_possible
    assert PartialDate(text).resolve(TODAY) is None


def test_29_february_of_a_century_without_it() -> None:
    assert PartialDate("000229").resolve(date(1999, 12, 31)) is None


def test_29_february_is_looked_for_in_the_two_centuries_before() -> None:
    """Three of four centuries begin without it."""
    leap = Span(date(2000, 2, 29), date(2000, 2, 29))
    for latest in (date(2000, 2, 29), date(2100, 12, 31), date(2200, 12, 31)):
        assert PartialDate("000229").resolve(latest) == leap
    assert PartialDate("000229").resolve(date(2000, 2, 28)) is None
    assert PartialDate("000229").resolve(date(2300, 12, 31)) is None


@pytest.mark.parametrize("day", [date.min, date(1, 12, 31), date(9999, 1, 1), date.max])
def test_the_calendar_has_days_from_its_first_to_its_last(day: date) -> None:
    assert PartialDate(f"{day.year % 100:02}{day:%m%d}").resolve(day) == Span(day, day)


@pytest.mark.parametrize(
    ("text", "parts", "unknown"),
    [
        ("740812", (74, 8, 12), False),
        ("<<0812", (None, 8, 12), False),
        ("74<<12", (74, None, 12), False),
        ("7408<<", (74, 8, None), False),
        ("A4B8C2", (None, None, None), False),
        ("<<<<<<", (None, None, None), True),
        ("", (None, None, None), True),
    ],
)
def test_each_part_is_a_number_or_not_known(
    text: str, parts: tuple[int | None, ...], unknown: bool
) -> None:
    printed = PartialDate(text)
    assert (printed.year, printed.month, printed.day) == parts
    assert printed.is_unknown is unknown


def test_years_before_the_calendar_are_no_days() -> None:
    assert PartialDate("990101").resolve(date(50, 1, 1)) is None


@pytest.mark.parametrize(
    ("birth", "today", "age"),
    [
        ("080314", TODAY, 18),
        ("080315", TODAY, 17),
        ("08<<<<", TODAY, 17),
        ("0803<<", TODAY, 17),
        ("0802<<", TODAY, 18),
        ("07<<<<", TODAY, 18),
        ("080229", date(2026, 2, 28), 17),
        ("080229", date(2026, 3, 1), 18),
        ("26<<<<", TODAY, 0),
        ("<<0812", TODAY, None),
        ("BB0911", TODAY, None),
    ],
)
def test_age_is_the_lowest_possible(birth: str, today: date, age: int | None) -> None:
    assert parse(passport(birth, "300101")).age_on(today) == age


@pytest.mark.parametrize(
    ("birth", "age"),
    [
        ("260315", None),  # tomorrow
        ("270314", None),
        ("270315", 98),
        ("27<<<<", None),
        ("260314", 0),
        ("260313", 0),
        ("2603<<", 0),
    ],
)
def test_a_birth_date_that_may_be_to_come_is_no_age_of_almost_a_hundred(
    birth: str, age: int | None
) -> None:
    assert parse(passport(birth, "300101")).age_on(TODAY) == age


def test_expiry_date_settles_the_century_of_the_birth_date() -> None:
    """A holder born in 1925 with a document that expired in 2020 is no child of 2025."""
    assert parse(passport("250101", "200101")).age_on(TODAY) == 101


@pytest.mark.parametrize(
    ("expiry", "expired"),
    [
        ("260314", False),
        ("260313", True),
        ("2603<<", False),
        ("2602<<", True),
        ("360101", False),
        ("990101", True),
        ("760101", False),
        ("761231", False),  # half a century ahead, to the end of that year
        ("770101", True),
        ("<<<<<<", None),
        ("2ZZ716", None),
    ],
)
def test_valid_through_the_day_it_names(expiry: str, expired: bool | None) -> None:
    line = passport("740812", "300101")
    mrz = parse((line[0], line[1][:21] + expiry + line[1][27:]))
    assert mrz.expires_before(TODAY) is expired


def test_a_birthday_counts_from_its_first_moment() -> None:
    mrz = parse(passport("080314", "300101"))
    assert [mrz.age_at(date(2026, 3, day), TODAY) for day in (13, 14)] == [17, 18]
    assert mrz.age_at(date(2008, 3, 14), TODAY) == 0
    assert mrz.age_at(date(2000, 1, 1), TODAY) == 0


def test_the_end_of_the_calendar_is_a_day_like_others() -> None:
    mrz = parse(passport("740812", "300101"))
    assert mrz.expires_before(date.max) is True
    assert mrz.age_on(date.max) == 125
    assert parse(passport("740812", "990101")).expires_before(date(9998, 12, 31)) is False
