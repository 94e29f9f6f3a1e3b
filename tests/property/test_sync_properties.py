"""Whatever arrives on `sync/` is refused in words of the gate's own, or is exactly what it says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import sync
from edge.contract.sync import Acknowledgement, Replay

NAMES = st.sampled_from(["ack", "replay"]) | st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
KEYS = st.sampled_from(["sequence", "journal", "hash", "from", "to", "other"])
NEARLY = st.dictionaries(
    KEYS, st.integers(-(2**70), 2**70) | st.text(max_size=80) | JSON, max_size=5
)
REFUSALS = {
    "retained", "too large", "nested", "not JSON", "not an object", "no such order",
    "asks for an impossible range", "`sequence` is not a sequence", "`from` is not a sequence",
    "`to` is not a sequence", "`journal` is not the id of a journal",
    "`hash` is not the hash of an event",
}  # fmt: skip


def judged(name: str, payload: bytes, *, retained: bool = False) -> sync.Order | str:
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
        case Acknowledgement(sequence, journal, digest):
            assert name == "ack"
            assert sequence == content["sequence"] >= 0
            assert journal == content["journal"]
            assert digest == content["hash"]
            assert re.fullmatch(r"[0-9a-f]{64}", digest)
        case Replay(first, last):
            assert name == "replay"
            assert 0 < content["from"] == first <= last == content["to"]
        case _:
            assert found in REFUSALS


@given(NAMES, NEARLY)
def test_nothing_retained_is_obeyed(name: str, content: Any) -> None:
    assert judged(name, json.dumps(content).encode(), retained=True) == "retained"


@pytest.mark.parametrize("depth", [1, 10, 1000, 4000])
def test_nesting_is_refused_before_anybody_goes_down_into_it(depth: int) -> None:
    assert judged("ack", b"[" * depth) in {"nested", "too large"}
    assert judged("ack", b'{"a":' * (depth + 1)) in {"nested", "too large"}


def test_numbers_without_end_are_refused() -> None:
    assert judged("ack", b'{"sequence": ' + b"9" * 4000 + b"}") == "`sequence` is not a sequence"
    assert judged("ack", b'{"sequence": 1e999}') == "`sequence` is not a sequence"
    assert judged("ack", b'{"sequence": NaN}') == "`sequence` is not a sequence"


def test_a_megabyte_is_refused_unread() -> None:
    assert judged("ack", b" " * 2**20) == "too large"


def test_what_the_contract_says_is_understood() -> None:
    assert judged("ack", b'{"sequence": 41}') == "`journal` is not the id of a journal"
    named = {"journal": "0e9b1c52-0000-4000-8000-000000000000", "sequence": 41}
    for wrong in ({}, {"hash": "AB" * 32}, {"hash": "ab" * 31}, {"hash": f"{'ab' * 32}\n"}):
        body = json.dumps(named | wrong).encode()
        assert judged("ack", body) == "`hash` is not the hash of an event"
    whole = json.dumps(named | {"hash": "ab" * 32}).encode()
    assert judged("ack", whole) == Acknowledgement(41, str(named["journal"]), "ab" * 32)
    assert judged("replay", b'{"from": 7, "to": 12}') == Replay(7, 12)
