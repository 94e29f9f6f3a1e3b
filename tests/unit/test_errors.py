"""What an error says is fit for one line of a log or a terminal, whatever it quotes."""

from __future__ import annotations

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ChipLost, DeviceLost, EdgeError, first_of, printable


@given(st.text())
def test_a_printable_text_is_as_long_and_commands_no_terminal(text: str) -> None:
    found = printable(text)
    assert found.isprintable()
    assert len(found) == len(text)
    assert all(new in {old, "?"} for old, new in zip(text, found, strict=True))


def test_what_can_be_printed_stays() -> None:
    assert printable("Lector nº 1\x1b[2J\n\u202e") == "Lector nº 1?[2J??"


def test_of_many_errors_the_first_is_shown_however_deep() -> None:
    first = ChipLost("gone")
    flat: ExceptionGroup[EdgeError] = ExceptionGroup("", [first, DeviceLost("camera", "gone")])
    assert first_of(flat) is first
    assert first_of(ExceptionGroup("", cast("list[EdgeError]", [flat]))) is first
