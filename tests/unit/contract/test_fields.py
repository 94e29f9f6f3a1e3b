"""Values are read as JSON Schema says, and built as Python does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from edge.contract.fields import (
    LONGEST_WORDS,
    Integer,
    Moment,
    NotNegative,
    Number,
    Omittable,
    Positive,
    Text,
    Words,
)


class Values(BaseModel):
    integer: Integer = 0
    natural: NotNegative = 0
    positive: Positive = 1
    number: Number = 0.0
    moment: Moment = datetime(2026, 11, 24, tzinfo=UTC)
    words: Words = ""
    text: Text = ""
    omittable: Omittable[str] = None


def read(**members: Any) -> Values:
    return Values.model_validate_json(json.dumps(members), strict=True)


def refused(**members: Any) -> bool:
    try:
        read(**members)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("value", [7, 7.0])
def test_a_number_without_a_fraction_is_an_integer(value: float) -> None:
    found = read(integer=value).integer
    assert (found, type(found)) == (7, int)


@pytest.mark.parametrize("value", [True, "7", 7.5, None, [7], float("nan"), float("inf")])
def test_nothing_else_is(value: object) -> None:
    assert refused(integer=value)


def test_bounds_hold_however_a_number_is_written() -> None:
    assert read(natural=0.0, positive=1.0) == read()
    for members in ({"natural": -1}, {"natural": -1.0}, {"positive": 0}, {"positive": 0.0}):
        assert refused(**members)


@pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("inf"), -float("inf")])
def test_what_json_cannot_write_is_no_number(value: object) -> None:
    assert refused(number=value)
    assert read(number=1).number == 1.0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T12:00:00Z", datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ("2026-11-24t12:00:00z", datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ("2026-11-24T12:00:00.5-00:00", datetime(2026, 11, 24, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-24T12:00:00.1234567Z", datetime(2026, 11, 24, 12, 0, 0, 123_456, tzinfo=UTC)),
        (
            "2026-11-24T06:00:00-06:00",
            datetime(2026, 11, 24, 6, tzinfo=timezone(timedelta(hours=-6))),
        ),
    ],
)
def test_a_moment_is_written_by_rfc_3339(text: str, moment: datetime) -> None:
    assert read(moment=text).moment == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24", "2026-11-24T12:00:00", "2026-11-24 12:00:00Z", "2026-11-24T12:00Z",
        "2026-11-24T12:00:00+0000", "2026-11-24T12:00:60Z", "2026-02-30T12:00:00Z",
        "2026-11-24T24:00:00Z", "2026-11-24T12:00:00\N{MINUS SIGN}01:00", "1764000000", "",
        1764000000, 1764000000.5, None, True,
    ],
)  # fmt: skip
def test_nothing_else_is_a_moment(text: object) -> None:
    assert refused(moment=text)


def test_what_is_built_is_cut_and_what_is_read_is_not() -> None:
    """A text that is too long was not made by this contract: it does not count as if it were."""
    long = "x" * (LONGEST_WORDS + 1)
    assert Values(words=f"\n{long}").words == "?" + long[: LONGEST_WORDS - 1]
    assert refused(words=long)
    assert read(words=long[1:]).words == long[1:]


def test_free_text_is_built_printable_and_read_as_it_is() -> None:
    assert Values(text="a\udcffb\x1b[2J").text == "a?b?[2J"
    assert read(text="a\x1b").text == "a\x1b"


def test_what_is_left_out_is_not_null() -> None:
    assert Values(omittable=None) == read() == Values()
    assert refused(omittable=None)


def test_only_what_may_be_absent_in_python_can_be_left_out() -> None:
    _, never_null = get_args(Omittable)
    with pytest.raises(TypeError, match="None"):
        TypeAdapter(Annotated[str, never_null])
