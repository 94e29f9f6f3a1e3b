"""A clock is trusted when no error it may have changes the date of the lane."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.border.clock import TOLERANCE, examine_clock
from edge.checks import CheckId, Result

GUATEMALA = ZoneInfo("America/Guatemala")
NOON = datetime(2026, 12, 1, 18, tzinfo=UTC)
MIDNIGHT = datetime(2026, 12, 2, 6, tzinfo=UTC)
"""In Guatemala."""
SECOND = timedelta(seconds=1)


def result(now: datetime, known: datetime = NOON, error_s: float | None = 0.0) -> Result:
    found = examine_clock(now, GUATEMALA, known, error_s)
    assert found.id is CheckId.CLOCK_TRUSTED
    return found.result


def test_a_clock_behind_what_the_gate_knows_has_failed() -> None:
    assert result(NOON) is Result.SUCCESSFUL
    assert result(NOON - TOLERANCE) is Result.SUCCESSFUL
    assert result(NOON - TOLERANCE - SECOND) is Result.FAILED
    assert result(NOON - timedelta(days=400), error_s=None) is Result.FAILED


def test_a_correction_may_set_the_clock_back_by_two_minutes() -> None:
    assert result(NOON - 120 * SECOND) is Result.SUCCESSFUL
    assert result(NOON - 121 * SECOND) is Result.FAILED


def test_a_clock_that_nobody_synchronised_is_undetermined() -> None:
    assert result(NOON, error_s=None) is Result.UNDETERMINED


@pytest.mark.parametrize(
    ("after_s", "expected"),
    [
        (-30, Result.SUCCESSFUL),
        (-29, Result.UNDETERMINED),
        (0, Result.UNDETERMINED),
        (28, Result.UNDETERMINED),
        (29, Result.SUCCESSFUL),
    ],
)
def test_an_error_matters_around_midnight_of_the_lane(after_s: int, expected: Result) -> None:
    assert result(MIDNIGHT + after_s * SECOND, error_s=29.0) is expected


@given(
    st.integers(0, 365 * 86_400).map(lambda s: MIDNIGHT + s * SECOND),
    st.floats(0, 200_000),
    st.floats(-1, 1),
)
def test_what_is_trusted_has_one_date_whatever_the_error(
    now: datetime, error_s: float, share: float
) -> None:
    if result(now, error_s=error_s) is Result.SUCCESSFUL:
        true = now + timedelta(seconds=error_s * share)
        assert true.astimezone(GUATEMALA).date() == now.astimezone(GUATEMALA).date()
