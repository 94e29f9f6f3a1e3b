"""Dates of the machine readable zone: years have two digits, and every part may be unknown."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date

from typing_extensions import override

UNKNOWN = "<<"


@dataclass(frozen=True, slots=True)
class Span:
    """The earliest and the latest day a date may mean; the same day when it is complete."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, repr=False)
class PartialDate:
    """A date as printed, YYMMDD, unknown parts as fillers (ICAO Doc 9303-3 §4.8).

    `text` is six characters of the MRZ, or empty where a layout has no such date.
    """

    text: str

    @override
    def __repr__(self) -> str:
        """Hide the date: it is personal."""
        return "PartialDate(<redacted>)"

    @property
    def year(self) -> int | None:
        """Year of an unnamed century, 0..99; None when unknown or not a number."""
        return _number(self.text[0:2])

    @property
    def month(self) -> int | None:
        """Month as printed; None when unknown or not a number."""
        return _number(self.text[2:4])

    @property
    def day(self) -> int | None:
        """Day of the month as printed; None when unknown or not a number."""
        return _number(self.text[4:])

    @property
    def is_unknown(self) -> bool:
        """Nothing is printed at all."""
        return not self.text.strip("<")

    @property
    def is_possible(self) -> bool:
        """Every part is a number or unknown, and the numbers can be a day of some century."""
        parts = (self.text[0:2], self.text[2:4], self.text[4:])
        if any(part not in {"", UNKNOWN} and _number(part) is None for part in parts):
            return False
        if self.month is not None and not 1 <= self.month <= 12:
            return False
        return self.day is None or 1 <= self.day <= self._longest_month()

    def resolve(self, latest: date) -> Span | None:
        """Return the days it may mean, in the latest century that begins no day after `latest`.

        None when the year is unknown or no such day exists.
        """
        if self.year is None or not self.is_possible:
            return None
        century = latest.year - latest.year % 100
        for base in (century, century - 100, century - 200):
            span = self._in(base + self.year)
            if span is not None and span.first <= latest:
                return span
        return None

    def _in(self, year: int) -> Span | None:
        if not MINYEAR <= year <= MAXYEAR:
            return None
        first, last = (1, 12) if self.month is None else (self.month, self.month)
        if self.day is None:
            return Span(date(year, first, 1), date(year, last, monthrange(year, last)[1]))
        if self.day > monthrange(year, first)[1]:
            return None  # 29 February of another century
        return Span(date(year, first, self.day), date(year, last, self.day))

    def _longest_month(self) -> int:
        if self.month is None:
            return 31
        if self.month == 2 and self.year is not None and self.year % 4:
            return 28
        return monthrange(2000, self.month)[1]


def _number(part: str) -> int | None:
    return int(part) if len(part) == 2 and part.isascii() and part.isdigit() else None
