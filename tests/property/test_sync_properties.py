"""Whatever arrives on `sync/` is refused in words of the gate's own, or is exactly what it says."""

from __future__ import annotations

import json
import re
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import sync
from edge.contract.sync import Acknowledgement, Replay
from tests.support.some import replaced

NAMES = st.sampled_from(["ack", "replay"]) | st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
KEYS = st.sampled_from(["sequence", "journal", "hash", "from", "to", "other"])
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "sequence": st.integers(0, 2**66),
        "journal": st.uuids().map(str),
        "hash": st.sampled_from(["ab" * 32, "AB" * 32]),
        "from": st.integers(0, 9),
        "to": st.integers(0, 9) | st.just(9.0),
    },
) | st.dictionaries(KEYS, st.integers(-(2**70), 2**70) | st.text(max_size=80) | JSON, max_size=5)
REFUSALS = {
    "retained", "too large", "not JSON", "not an object", "no such order",
    "a member that the contract does not have",
    *(f"`{name}` is not as the contract says" for name in ("sequence", "journal", "hash")),
    *(f"`{name}` is not as the contract says" for name in ("from", "to")),
}  # fmt: skip
WHOLE: Final[dict[str, Any]] = {
    "sequence": 41,
    "journal": "0e9b1c52-0000-4000-8000-000000000000",
    "hash": "ab" * 32,
}


def judged(name: str, payload: bytes, *, retained: bool = False) -> Acknowledgement | Replay | str:
    try:
        return sync.read(name, payload, retained=retained)
    except ValueError as error:
        why = str(error)
    assert why in REFUSALS  # nothing of what arrived is quoted
    return why


@given(NAMES, st.binary(max_size=200))
def test_bytes_never_crash_it(name: str, payload: bytes) -> None:
    judged(name, payload)


@given(NAMES, NEARLY | JSON)
def test_json_is_taken_for_what_it_says_or_refused(name: str, content: Any) -> None:
    found = judged(name, json.dumps(content).encode())
    match found:
        case Acknowledgement():
            assert name == "ack"
            assert content == found.model_dump()
            assert 0 <= found.sequence < 10**20
            assert str(UUID(found.journal)) == found.journal
            assert re.fullmatch(r"[0-9a-f]{64}", found.hash)
        case Replay():
            assert name == "replay"
            assert content == {"from": found.first, "to": found.last}
            assert min(found.first, found.last) > 0
        case _:
            assert found in REFUSALS


@given(NAMES, NEARLY)
def test_nothing_retained_is_obeyed(name: str, content: Any) -> None:
    assert judged(name, json.dumps(content).encode(), retained=True) == "retained"


@pytest.mark.parametrize("depth", [1, 10, 1000, 4000])
def test_nesting_is_refused_and_breaks_no_parser(depth: int) -> None:
    assert judged("ack", b"[" * depth) in {"not JSON", "too large"}
    assert judged("ack", b'{"a":' * (depth + 1)) in {"not JSON", "too large"}
    assert judged("ack", b'{"a":' + b"[" * depth + b"]" * depth + b"}") in REFUSALS


def test_numbers_without_end_are_refused() -> None:
    for number in (b"9" * 3800, b"9" * 21, b"1e20", b"1e999", b"NaN", b"-1", b"1.5", b"true"):
        body = replaced(json.dumps(WHOLE).encode(), b"41", number)
        assert judged("ack", body) in {"`sequence` is not as the contract says", "not JSON"}


def test_a_number_is_what_it_says_however_it_is_written() -> None:
    """To JSON Schema 41.0 and 4.1e1 are the integer 41."""
    for number in (b"41.0", b"4.1e1"):
        body = replaced(json.dumps(WHOLE).encode(), b"41", number)
        assert judged("ack", body) == Acknowledgement.model_validate(WHOLE)


def test_a_megabyte_is_refused_unread() -> None:
    assert judged("ack", b" " * 2**20) == "too large"


def test_an_order_has_4096_bytes_at_most() -> None:
    assert judged("ack", b" " * 4096) == "not JSON"
    assert judged("ack", b" " * 4097) == "too large"


def test_what_the_contract_says_is_understood() -> None:
    assert judged("ack", json.dumps(WHOLE).encode()) == Acknowledgement.model_validate(WHOLE)
    assert judged("replay", b'{"from": 7, "to": 12}') == Replay.between(7, 12)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"journal": "not-a-uuid"}, "`journal` is not as the contract says"),
        ({"journal": WHOLE["journal"].upper()}, "`journal` is not as the contract says"),
        ({"hash": "AB" * 32}, "`hash` is not as the contract says"),
        ({"hash": "ab" * 31}, "`hash` is not as the contract says"),
        ({"hash": f"{'ab' * 32}\n"}, "`hash` is not as the contract says"),
        ({"sequence": "41"}, "`sequence` is not as the contract says"),
        ({"until": 5}, "a member that the contract does not have"),
    ],
)
def test_what_the_contract_does_not_say_is_not_obeyed(wrong: dict[str, Any], why: str) -> None:
    """Obeyed is what is understood whole: an addition might limit what the rest says."""
    assert judged("ack", json.dumps(WHOLE | wrong).encode()) == why


@pytest.mark.parametrize("missing", WHOLE)
def test_an_acknowledgement_is_whole(missing: str) -> None:
    body = json.dumps({name: value for name, value in WHOLE.items() if name != missing}).encode()
    assert judged("ack", body) == f"`{missing}` is not as the contract says"


def test_a_range_that_ends_before_it_begins_is_well_said_and_asks_for_nothing() -> None:
    """JSON Schema cannot compare two members: schema and model accept it, and the outbox knows."""
    assert judged("replay", b'{"from": 9, "to": 3}') == Replay.between(9, 3)
