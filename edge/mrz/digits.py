"""The alphabet of the machine readable zone and its check digits (ICAO Doc 9303-3 §4.3, §4.9)."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

FILLER = "<"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WEIGHTS = (7, 3, 1)


@dataclass(frozen=True, slots=True, repr=False)
class CheckDigit:
    """One check digit: the field it protects, the computed digit, the printed character."""

    name: str
    expected: str
    found: str
    ok: bool

    @override
    def __repr__(self) -> str:
        """Show the verdict, not the digits: they are part of the document."""
        return f"CheckDigit({self.name}, {'ok' if self.ok else 'wrong'})"


def check_digit(text: str) -> str:
    """Compute the check digit of fields made of A-Z, 0-9 and `<`; ValueError for other text."""
    total = sum(
        0 if character == FILLER else ALPHABET.index(character) * WEIGHTS[position % 3]
        for position, character in enumerate(text)
    )
    return str(total % 10)


def verify(name: str, text: str, found: str) -> CheckDigit:
    """Compare a printed check digit with the field it protects.

    The digit of an empty field may be a filler (ICAO Doc 9303-4 §4.2.2).
    """
    expected = check_digit(text)
    left_out = found == FILLER and not text.strip(FILLER)
    return CheckDigit(name, expected, found, ok=left_out or found == expected)
