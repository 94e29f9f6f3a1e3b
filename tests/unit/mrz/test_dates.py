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
    ],
)
def test_latest_century_in_the_past(text: str, first: date, last: date) -> None:
    assert PartialDate(text).is_possible
    assert PartialDate(text).resolve(TODAY) == Span(first, last)


@pytest.mark.parametrize("text", ["<<0812", "<<<<<<", ""])
def test_unknown_year_is_possible_and_means_no_days(text: str) -> None:
    assert PartialDate(text).is_possible
    assert PartialDate(text).resolve(TODAY) is None


@pytest.mark.parametrize(
    "text",
    ["741301", "740001", "740230", "730229", "740431", "740800", "BB0911", "7A0812", "74<108", "7"],
)
def test_impossible_dates(text: str) -> None:
    assert not PartialDate(text).is_possible
    assert PartialDate(text).resolve(TODAY) is None


def test_29_february_of_a_century_without_it() -> None:
    assert PartialDate("000229").resolve(date(1999, 12, 31)) is None


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
        ("<<<<<<", None),
        ("2ZZ716", None),
    ],
)
def test_valid_through_the_day_it_names(expiry: str, expired: bool | None) -> None:
    line = passport("740812", "300101")
    mrz = parse((line[0], line[1][:21] + expiry + line[1][27:]))
    assert mrz.expires_before(TODAY) is expired
