"""How old somebody was on the day a document was issued."""

from __future__ import annotations

from datetime import date

import pytest

from edge.border.validity import USUAL, ages_when_issued, years_before
from edge.mrz import compose, parse

TODAY = date(2026, 12, 1)


def ages(birth: str, expiry: str, issued: date | None = None) -> frozenset[int]:
    lines = compose.td3("P", "UTO", "SPECIMEN", "ROBIN", "L898902C3", "UTO", birth, "<", expiry)
    return ages_when_issued(parse(lines), issued, TODAY, USUAL)


def test_the_dates_tell() -> None:
    assert ages("800506", "300505") == {39}
    assert ages("060506", "290505") == {17}
    assert ages("800506", "300505", date(2021, 5, 6)) == {41}
    assert ages("800506", "<<<<<<", TODAY) == {46}


@pytest.mark.parametrize("issued", [None, date(2021, 5, 6)])
def test_without_a_birth_date_nothing_tells(issued: date | None) -> None:
    assert ages("<<<<<<", "300505", issued) == frozenset()


def test_a_day_of_issue_after_the_expiry_is_not_believed() -> None:
    assert ages("800506", "260505", date(2026, 5, 6)) == {35}
    assert ages("800506", "260505", date(2026, 5, 5)) == {45}


def test_a_document_may_be_issued_today_and_not_tomorrow() -> None:
    """Adults get 10 years."""
    assert ages("080506", "361201") == {18}
    assert ages("080506", "361202") == frozenset()


def test_so_many_years_before() -> None:
    assert years_before(date(2036, 2, 29), 10) == date(2026, 2, 28)
    assert years_before(date(2036, 2, 29), 4) == date(2032, 2, 29)
    assert years_before(date(3, 1, 1), 10) == date(1, 1, 1)
