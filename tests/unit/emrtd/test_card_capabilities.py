"""What a chip says about the lengths it bears."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emrtd.card_capabilities import announces_lengths, response_limit

CAPABILITIES = "47 03 94 01 E0"


@pytest.mark.parametrize(
    ("atr", "announced"),
    [
        ("3B 8A 80 01 00 31 C1 73 C8 40 00 00 90 00 90", False),  # the virtual chip
        ("3B 8A 80 01 00 31 C1 73 C8 40 E0 00 90 00 70", True),
        ("3B 8A 80 01 00 31 C1 73 C8 40 C0 00 90 00 50", False),
        ("3B 87 80 01 80 31 C1 73 C8 40 60 1C", True),  # category 80: no status at the end
        ("3B 84 80 01 80 72 C8 40 79", None),  # two software functions only
        ("3B 88 80 01 00 00 00 00 33 81 81 00 3A", None),  # type B: what came with ATQB
        ("3B F4 11 00 FF 81 31 FE 45 80 73 C8 40", None),  # more interface bytes; cut off
        ("3B 85 80 01 80 73 C8 40 E0 00", True),
        ("3B 85 80 01 80 73 C8 40 20", True),
        ("3B 85 80 01 80 73 C8 40 DF", False),  # every function but the third
        ("3B 81 80 01 80 73 C8 40 E0", None),  # one historical byte; what follows is none
        ("3B 84 80 01 80 73 C8 40 E0", None),  # four: the object is cut off
        ("3B 05 80 73 C8 40 E0", True),  # no interface bytes
        ("3B 15 11 80 73 C8 40 E0", True),  # TA1
        ("3B F5 11 22 33 00 80 73 C8 40 E0", True),  # TA1, TB1, TC1, TD1
        ("3B 85 F0 11 22 33 00 80 73 C8 40 E0", True),  # TD1, TA2, TB2, TC2, TD2
        ("3B 08 00 73 C8 40 E0 00 90 00", True),  # the status stands behind the objects
        ("3B 07 00 73 C8 40 E0 90 00", None),
        ("3B 07 80 11 22 73 C8 40 E0", True),
        ("3B 08 80 12 22 33 73 C8 40 E0", True),
        ("3B 06 80 72 C8 40 73 E0", None),  # the first of its kind counts
        ("3B 05 10 73 C8 40 E0", None),  # another category
        ("3B 80 80 01 01", None),
        ("3B 8F 80 01 80", None),
        ("3B F0", None),
        ("3B", None),
        ("", None),
    ],
)
def test_whether_the_file_states_lengths(atr: str, announced: bool | None) -> None:
    assert announces_lengths(bytes.fromhex(atr)) is announced


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (f"{CAPABILITIES} 7F66 08 02 02 03E8 02 02 03E8", 1_000),
        ("7F66 0A 02 03 00FFFF 02 03 010000", 65_536),
        (f"43 01 B8 {CAPABILITIES} 7F66 08 02 02 0400 02 02 0100 82 02 9000", 256),
        (f"{CAPABILITIES}", None),
        ("7F66 04 02 02 03E8", None),
        ("7F66 08 02 02 03E8 02 02 00FF", None),
        ("7F66 0A 02 03 00FFFF 02 03 010001", None),
        ("7F66 08 02 02 03E8 02 05 03E8", None),
        (f"{CAPABILITIES} 00 00 00", None),
        ("7F", None),
        ("", None),
    ],
)
def test_the_longest_reply(content: str, limit: int | None) -> None:
    """Doc 9303-10 Table 29."""
    assert response_limit(bytes.fromhex(content)) == limit


@given(st.binary(max_size=64))
def test_never_an_error(hostile: bytes) -> None:
    announces_lengths(hostile)
    limit = response_limit(hostile)
    assert limit is None or 256 <= limit <= 65_536


@given(st.binary(max_size=64))
def test_never_an_error_behind_a_good_beginning(hostile: bytes) -> None:
    announces_lengths(bytes.fromhex("3B8F800180") + hostile)
    response_limit(bytes.fromhex("7F66") + hostile)
