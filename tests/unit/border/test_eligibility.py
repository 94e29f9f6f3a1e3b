"""Who may use the gate, and whose face may be compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from edge.border import eligibility
from edge.border.floor import YoungerFaces
from edge.border.policy import Policy
from edge.border.validity import YearsOfValidity
from edge.checks import Check, CheckId, Result
from edge.emrtd.files import ElementaryFile
from edge.mrz import MachineReadableZone, compose, parse
from tests.support.plain_policy import POLICY

TODAY = date(2026, 12, 1)
FROM_16 = replace(
    POLICY,
    minimum_age=16,
    younger_faces=YoungerFaces(16, 3e-3, "report of 2026-11", "Utopia, act 1 of 2026"),
)
FIVE_OR_TEN = YearsOfValidity(adults=frozenset({5, 10}), children=frozenset({5}))
UTOPIA_ISSUES_FOR_FIVE_TOO = replace(POLICY, validity={"UTO": FIVE_OR_TEN})


def page(birth: str, expiry: str, code: str = "P") -> MachineReadableZone:
    lines = compose.td3(code, "UTO", "SPECIMEN", "ROBIN", "L898902C3", "UTO", birth, "<", expiry)
    return parse(lines)


def age(zone: MachineReadableZone, issued: date | None = None, policy: Policy = POLICY) -> Check:
    found = eligibility.examine(zone, issued, TODAY, policy)
    (check,) = (each for each in found if each.id is CheckId.ELIG_AGE)
    assert eligibility.may_be_compared(found) is (check.result is Result.SUCCESSFUL)
    return check


@pytest.mark.parametrize(
    ("birth", "result"),
    [
        ("081201", Result.SUCCESSFUL),  # 18 today
        ("081202", Result.FAILED),  # tomorrow
        ("08<<<<", Result.FAILED),  # on some day of this year
        ("<<<<<<", Result.UNDETERMINED),
        ("270401", Result.UNDETERMINED),  # almost a hundred, or not born yet
    ],
)
def test_the_age_today(birth: str, result: Result) -> None:
    """The document was issued today: only the age of the holder is in question."""
    assert age(page(birth, "361201"), TODAY).result is result


@pytest.mark.parametrize("minimum", [0, 15, 17])
def test_a_policy_cannot_ask_for_less_than_the_floor(minimum: int) -> None:
    policy = replace(POLICY, minimum_age=minimum)
    assert policy.least_age == 18
    for live in (True, False):
        assert age(page("100101", "310101"), TODAY, replace(policy, live=live)) == Check(
            CheckId.ELIG_AGE, Result.FAILED
        )


def test_a_policy_may_ask_for_more() -> None:
    adults_of_21 = replace(POLICY, minimum_age=21)
    assert age(page("070101", "370101"), TODAY, adults_of_21).result is Result.FAILED
    assert age(page("051201", "331201"), None, adults_of_21).result is Result.SUCCESSFUL  # at 18


def test_an_authority_may_accept_what_a_calibration_shows() -> None:
    assert age(page("101201", "361201"), TODAY, FROM_16).result is Result.SUCCESSFUL
    assert age(page("101202", "361201"), TODAY, FROM_16).result is Result.FAILED
    # The portrait counts by the same age: here 16 and 15 years.
    assert age(page("051201", "361201"), date(2021, 12, 1), FROM_16).result is Result.SUCCESSFUL
    assert age(page("051201", "361201"), date(2020, 12, 1), FROM_16).result is Result.FAILED


# The portrait.  The holder is of age everywhere below.


@pytest.mark.parametrize(
    ("issued", "result"),
    [
        (date(2022, 5, 6), Result.SUCCESSFUL),  # the 18th birthday
        (date(2022, 5, 5), Result.FAILED),
        (TODAY, Result.SUCCESSFUL),
        (date(2026, 12, 2), Result.UNDETERMINED),  # tomorrow is not believed
    ],
)
def test_the_day_of_issue_counts_where_it_is_known(issued: date, result: Result) -> None:
    zone = page("040506", "290505")  # valid for 7 years, as by nobody's rule
    assert age(zone, issued).result is result


@pytest.mark.parametrize(
    ("birth", "expiry", "result", "detail"),
    [
        # 10 years before the expiry: 18, and a day less than 18 (no adult was issued this).
        ("060506", "340506", Result.SUCCESSFUL, ""),
        ("060506", "340505", Result.UNDETERMINED, eligibility.UNDATED_PORTRAIT),
        # 5 years before the expiry: 17 and 18.
        ("060506", "290505", Result.FAILED, eligibility.YOUNG_PORTRAIT),
        ("060506", "290506", Result.UNDETERMINED, eligibility.UNDATED_PORTRAIT),
        ("800101", "300101", Result.SUCCESSFUL, ""),
        ("060506", "<<<<<<", Result.UNDETERMINED, eligibility.UNDATED_PORTRAIT),
        ("060506", "34<<<<", Result.UNDETERMINED, eligibility.UNDATED_PORTRAIT),
    ],
)
def test_else_the_expiry_less_the_years_of_validity(
    birth: str, expiry: str, result: Result, detail: str
) -> None:
    assert age(page(birth, expiry)) == Check(CheckId.ELIG_AGE, result, detail)


def test_years_that_the_policy_names_tell_more() -> None:
    """Issued for 5 years at 20: no child gets 10 years, so nothing else fits."""
    zone = page("050101", "300101")
    assert age(zone).result is Result.UNDETERMINED
    assert age(zone, None, UTOPIA_ISSUES_FOR_FIVE_TOO).result is Result.SUCCESSFUL


def test_years_that_fit_a_child_as_well_as_an_adult_do_not_tell() -> None:
    to_all = YearsOfValidity(adults=frozenset({5, 10}), children=frozenset({5, 10}))
    zone = page("050101", "300101")  # at 20 for 5 years, or at 15 for 10
    assert age(zone, None, replace(POLICY, validity={"UTO": to_all})).result is Result.UNDETERMINED


def test_no_document_was_issued_in_the_future() -> None:
    """For 5 years it would be issued in 2029: so it was for 10, at 23."""
    zone = page("010101", "340101")
    of_children = YearsOfValidity(adults=frozenset({10}), children=frozenset({5, 15}))
    assert age(zone).result is Result.SUCCESSFUL
    policy = replace(POLICY, validity={"UTO": of_children})
    zone = page("010101", "311231")  # for 10 years at 20, or for 15 at 15
    assert age(zone, None, policy).result is Result.UNDETERMINED


def test_a_birthday_and_an_expiry_on_29_february() -> None:
    assert age(page("060228", "340228")).result is Result.SUCCESSFUL
    assert age(page("060301", "360229"), None).result is Result.SUCCESSFUL


@pytest.mark.parametrize(
    ("birth", "expiry", "files"),
    [
        ("800101", "300101", ()),
        ("060506", "290506", (ElementaryFile.DG12,)),
        ("060506", "290505", (ElementaryFile.DG12,)),
        ("100101", "300101", ()),  # a minor is not compared, whatever DG12 says
    ],
)
def test_the_day_of_issue_is_read_where_it_may_help(
    birth: str, expiry: str, files: tuple[ElementaryFile, ...]
) -> None:
    assert eligibility.files_to_read(page(birth, expiry), TODAY, POLICY) == files


def test_without_an_age_check_nobody_is_compared() -> None:
    assert not eligibility.may_be_compared(())
    both = (Check(CheckId.ELIG_AGE, Result.SUCCESSFUL), Check(CheckId.ELIG_AGE, Result.FAILED))
    assert not eligibility.may_be_compared(both)


def test_nothing_but_the_age_forbids_the_comparison() -> None:
    """A traveller of another nationality is referred, and the officer reads how the faces agree."""
    foreign = Check(CheckId.ELIG_NATIONALITY, Result.FAILED)
    assert eligibility.may_be_compared((foreign, Check(CheckId.ELIG_AGE, Result.SUCCESSFUL)))
    assert not eligibility.may_be_compared((Check(CheckId.ELIG_NATIONALITY, Result.SUCCESSFUL),))


# The document.


@pytest.mark.parametrize("code", ["P", "P<", "PM"])
def test_the_first_letter_says_what_type_a_document_is(code: str) -> None:
    found = eligibility.examine(page("800101", "300101", code), None, TODAY, POLICY)
    assert Check(CheckId.ELIG_DOCUMENT_TYPE, Result.SUCCESSFUL) in found
    assert Check(CheckId.ELIG_NATIONALITY, Result.SUCCESSFUL) in found


def test_a_document_type_or_nationality_the_lane_does_not_take() -> None:
    policy = replace(POLICY, document_codes=frozenset("I"), nationalities=frozenset({"XOM"}))
    found = eligibility.examine(page("800101", "300101"), None, TODAY, policy)
    assert Check(CheckId.ELIG_DOCUMENT_TYPE, Result.FAILED) in found
    assert Check(CheckId.ELIG_NATIONALITY, Result.FAILED) in found


# The specimen of Doc 9303-4 Appendix B: a passport of Utopia, of a holder born on 12 August 1974.
SPECIMEN = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
DAY_BEFORE_18, BIRTHDAY_18 = date(1992, 8, 11), date(1992, 8, 12)


@pytest.mark.parametrize(
    ("policy", "today", "failed"),
    [
        (POLICY, BIRTHDAY_18, None),
        (POLICY, DAY_BEFORE_18, CheckId.ELIG_AGE),
        (replace(POLICY, nationalities=frozenset({"UTO"})), BIRTHDAY_18, None),
        (replace(POLICY, nationalities=frozenset({"GTM"})), BIRTHDAY_18, CheckId.ELIG_NATIONALITY),
        (replace(POLICY, document_codes=frozenset("I")), BIRTHDAY_18, CheckId.ELIG_DOCUMENT_TYPE),
    ],
)
def test_the_holder_is_examined_by_what_the_chips_mrz_says(
    policy: Policy, today: date, failed: CheckId | None
) -> None:
    found = eligibility.examine(parse(SPECIMEN), today, today, policy)
    asked = (CheckId.ELIG_DOCUMENT_TYPE, CheckId.ELIG_NATIONALITY, CheckId.ELIG_AGE)
    results = {each: Result.FAILED if each is failed else Result.SUCCESSFUL for each in asked}
    assert {check.id: check.result for check in found} == results
