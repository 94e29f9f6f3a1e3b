"""One value, one form: RFC 8785, whoever writes it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.canonical import canonical, parse
from tests.support.examples import examples

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
NUMBERS = st.one_of(
    INTEGERS,
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1.0, 90.0, 1e16, 1e21, 1e-6, 1e-7, 5e-324, 123456.789]),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)


@examples(200)
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_it_is_what_the_reference_writes(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@examples(200)
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_what_was_written_is_read(value: dict[str, Any]) -> None:
    try:
        read = parse(canonical(value))
    except ValueError:
        # Python reads 1e20 back as an integer, which is beyond what is exact.
        assert any(abs(n) >= 2**53 for n in numbers(value))
        return
    assert read == value


def numbers(value: object) -> list[float]:
    match value:
        case dict():
            return [n for inner in value.values() for n in numbers(inner)]
        case list():
            return [n for inner in value for n in numbers(inner)]
        case bool():
            return []
        case int() | float():
            return [value]
        case _:
            return []


def test_the_worked_example_of_rfc_8785() -> None:
    """§3.2.2 and §3.2.4."""
    text = (
        '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        r' "string": "\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/",'
        ' "literals": [null, true, false]}'
    )
    assert canonical(json.loads(text)).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_sorted_by_utf_16() -> None:
    """§3.2.3: an emoji sorts before U+FB33."""
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert list(json.loads(canonical(value)).values()) == [2, 4, 6, 7, 1, 5, 3]


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, -(2**53), "\ud800"])
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical({"a": value})


def test_keys_that_are_no_text_are_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical({"\ud800": 1})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{}{}",
        b'{"a":' + b"9" * 5000,
    ],
)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not (JSON|an object)$"):
        parse(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a":1.0}', b'{"a":1e2}', b'{"a":-0}',
        b'{"a":"\\u0041"}', b'{"a":"\\ud800"}', b'{"a":9007199254740992}', b'{"a":NaN}', b" {}",
        b'{"\xed\xa0\x80":1}', b'{"a":1e400}',
    ],
)  # fmt: skip
def test_another_form_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"not (canonical JSON|JSON)"):
        parse(body)
