"""The four checks of a zone, each verdict and its detail."""

from __future__ import annotations

from datetime import date

import pytest

from edge.checks import Check, CheckId, Result
from edge.mrz import examine, parse
from tests.support.some import replaced

TODAY = date(2012, 4, 1)
PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)


def checks(first: str, second: str, today: date = TODAY) -> dict[CheckId, Check]:
    return {check.id: check for check in examine(parse((first, second)), today)}


def test_genuine_passport() -> None:
    assert examine(parse(PASSPORT), TODAY) == (
        Check(CheckId.MRZ_READ, Result.SUCCESSFUL, "TD3"),
        Check(CheckId.MRZ_CHECK_DIGITS, Result.SUCCESSFUL),
        Check(CheckId.MRZ_CONSISTENCY, Result.SUCCESSFUL),
        Check(CheckId.DOC_EXPIRY, Result.SUCCESSFUL),
    )


def test_expired() -> None:
    check = checks(*PASSPORT, today=date(2012, 4, 16))[CheckId.DOC_EXPIRY]
    assert check == Check(CheckId.DOC_EXPIRY, Result.FAILED, "expired")


def test_wrong_check_digits_are_named() -> None:
    check = checks(PASSPORT[0], "M" + PASSPORT[1][1:])[CheckId.MRZ_CHECK_DIGITS]
    assert check == Check(CheckId.MRZ_CHECK_DIGITS, Result.FAILED, "document_number, composite")


def test_layout_without_check_digits_or_expiry() -> None:
    mrz = parse(("AAA001D<<", "FACHE305142128097<<800126<<<<<", "MARCHAND<<FABIENNE<<<<<<<<<<<<"))
    results = {check.id: check.result for check in examine(mrz, TODAY)}
    assert results == {
        CheckId.MRZ_READ: Result.SUCCESSFUL,
        CheckId.MRZ_CHECK_DIGITS: Result.NOT_SUPPORTED,
        CheckId.MRZ_CONSISTENCY: Result.SUCCESSFUL,
        CheckId.DOC_EXPIRY: Result.UNDETERMINED,
    }


@pytest.mark.parametrize(
    ("first", "second", "detail"),
    [
        ("1" + PASSPORT[0][1:], PASSPORT[1], "document_code"),
        ("P<<<<" + PASSPORT[0][5:], PASSPORT[1], "issuing_state"),
        (PASSPORT[0][:5] + "<" * 39, PASSPORT[1], "names"),
        (PASSPORT[0], "<" * 9 + PASSPORT[1][9:], "document_number"),
        (PASSPORT[0], replaced(PASSPORT[1], "F", "G", 1), "sex"),
        (PASSPORT[0], replaced(PASSPORT[1], "740812", "741312"), "birth_date"),
        (PASSPORT[0], replaced(PASSPORT[1], "120415", "12<4<5"), "expiry_date"),
    ],
)
def test_contradictions_fail(first: str, second: str, detail: str) -> None:
    check = checks(first, second)[CheckId.MRZ_CONSISTENCY]
    assert check == Check(CheckId.MRZ_CONSISTENCY, Result.FAILED, detail)


@pytest.mark.parametrize(
    ("first", "second", "detail"),
    [
        ("P<ASU" + PASSPORT[0][5:], PASSPORT[1], "unknown code: issuing_state"),
        (PASSPORT[0], replaced(PASSPORT[1], "UTO", "COU"), "unknown code: nationality"),
    ],
)
def test_unknown_codes_never_fail(first: str, second: str, detail: str) -> None:
    check = checks(first, second)[CheckId.MRZ_CONSISTENCY]
    assert check == Check(CheckId.MRZ_CONSISTENCY, Result.UNDETERMINED, detail)


@pytest.mark.parametrize("sex", ["M", "F", "X", "<"])
def test_every_printed_sex_is_fine(sex: str) -> None:
    second = PASSPORT[1][:20] + sex + PASSPORT[1][21:]
    assert checks(PASSPORT[0], second)[CheckId.MRZ_CONSISTENCY].result is Result.SUCCESSFUL
