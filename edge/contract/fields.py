"""The values that messages are made of."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, Field

from edge.errors import printable

UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
LONGEST_WORDS = 300
"""Of one text in a payload: an event of many checks stays far below what a broker passes on."""


def _words(text: object) -> object:
    """Cut and made printable: a driver or a file name may say anything, at any length."""
    if not isinstance(text, str):
        return text
    return printable(text[:LONGEST_WORDS])


Words: TypeAlias = Annotated[str, BeforeValidator(_words), Field(max_length=LONGEST_WORDS)]
"""For an officer or a technician."""
