"""The four checks of a zone, each verdict and its detail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from string import ascii_uppercase

import pytest

from edge.checks import Check, CheckId, Result
from edge.mrz import Format, examine, parse
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


def test_valid_through_its_last_day() -> None:
    check = checks(*PASSPORT, today=date(2012, 4, 15))[CheckId.DOC_EXPIRY]
    assert check == Check(CheckId.DOC_EXPIRY, Result.SUCCESSFUL)


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
    details = {check.id: check.detail for check in examine(mrz, TODAY)}
    assert details[CheckId.MRZ_READ] == "CHE-DL"
    assert details[CheckId.MRZ_CHECK_DIGITS] == "the layout has none"
    assert details[CheckId.DOC_EXPIRY] == "no expiry date"


@pytest.mark.parametrize(
    ("format_", "letters"),
    [
        (Format.TD1, "ACI"),
        (Format.TD2, "ACIP"),
        (Format.TD3, "PACI"),
        (Format.MRV_A, "V"),
        (Format.MRV_B, "V"),
        (Format.FRENCH_ID, "I"),
        (Format.SWISS_DRIVING_LICENCE, "F"),
    ],
)
def test_each_layout_has_its_first_letters(format_: Format, letters: Collection[str]) -> None:
    """Doc 9303-4 to -7, §4.2.2 each; the second character is the issuer's."""
    genuine = parse(PASSPORT)
    for letter in ascii_uppercase:
        for code in (letter, letter + "D"):
            mrz = replace(genuine, format=format_, document_code=code)
            check = {check.id: check for check in examine(mrz, TODAY)}[CheckId.MRZ_CONSISTENCY]
            fits = letter in letters
            assert check.detail == ("" if fits else "document_code"), code
            assert check.result is (Result.SUCCESSFUL if fits else Result.FAILED)


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
        (
            "X<<<<" + "<" * 39,
            "<" * 20 + "A" + "<" * 23,
            "document_code, issuing_state, document_number, names, sex",
        ),
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
        (
            "P<ASU" + PASSPORT[0][5:],
            replaced(PASSPORT[1], "UTO", "COU"),
            "unknown code: issuing_state, nationality",
        ),
    ],
)
def test_unknown_codes_never_fail(first: str, second: str, detail: str) -> None:
    check = checks(first, second)[CheckId.MRZ_CONSISTENCY]
    assert check == Check(CheckId.MRZ_CONSISTENCY, Result.UNDETERMINED, detail)


@pytest.mark.parametrize("names", ["<<ANNA", "ERIKSSON"])
def test_one_name_is_enough(names: str) -> None:
    check = checks(PASSPORT[0][:5] + names.ljust(39, "<"), PASSPORT[1])[CheckId.MRZ_CONSISTENCY]
    assert check.result is Result.SUCCESSFUL


def test_no_nationality_is_no_unknown_one() -> None:
    second = PASSPORT[1][:10] + "<<<" + PASSPORT[1][13:]
    assert checks(PASSPORT[0], second)[CheckId.MRZ_CONSISTENCY].result is Result.SUCCESSFUL


@pytest.mark.parametrize("sex", ["M", "F", "X", "<"])
def test_every_printed_sex_is_fine(sex: str) -> None:
    second = PASSPORT[1][:20] + sex + PASSPORT[1][21:]
    assert checks(PASSPORT[0], second)[CheckId.MRZ_CONSISTENCY].result is Result.SUCCESSFUL
