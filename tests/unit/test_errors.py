"""What an error says may quote anything: it is made fit for a line of a log or a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.errors import printable


@given(st.text())
def test_a_printable_text_is_as_long_and_commands_no_terminal(text: str) -> None:
    found = printable(text)
    assert found.isprintable()
    assert len(found) == len(text)
    assert all(new in {old, "?"} for old, new in zip(text, found, strict=True))


def test_what_can_be_printed_stays() -> None:
    assert printable("Lector nº 1\x1b[2J\n\u202e") == "Lector nº 1?[2J??"
