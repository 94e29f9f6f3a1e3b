"""Dates of the LDS in text or BCD; every part may be unknown (Doc 9303-10 §4.7.11, §4.7.12).

Nothing here can fail: an impossible date has no `moment`.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

_UNKNOWN_DIGITS: Final = frozenset("0< ")
_BCD_LENGTHS: Final = frozenset({4, 7})
_TEXT_LENGTHS: Final = frozenset({8, 14})
_LEAP_YEAR: Final = 2000


@dataclass(frozen=True, slots=True, repr=False)
class Moment:
    """A date, or a date and time of day; every part that is unknown is None."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None

    @property
    def is_possible(self) -> bool:
        """Whether such a day and time exist."""
        if not _within(self.year, 1, 9999) or not _within(self.month, 1, 12):
            return False
        year = self.year or _LEAP_YEAR
        return (
            _within(self.day, 1, 31 if self.month is None else monthrange(year, self.month)[1])
            and _within(self.hour, 0, 23)
            and _within(self.minute, 0, 59)
            and _within(self.second, 0, 59)
        )

    @property
    def display(self) -> str:
        """As in ISO 8601, unknown parts as question marks; no time of day if it has none."""
        text = f"{_padded(self.year, 4)}-{_padded(self.month)}-{_padded(self.day)}"
        if self.hour is None:
            return text
        return f"{text}T{_padded(self.hour)}:{_padded(self.minute)}:{_padded(self.second)}"

    @override
    def __repr__(self) -> str:
        """Hide the date: it is personal."""
        return "Moment(<redacted>)"


@dataclass(frozen=True, slots=True, repr=False)
class Date:
    """A date as an issuer wrote it; `raw` as read."""

    raw: bytes

    @property
    def moment(self) -> Moment | None:
        """The meaning: yyyymmdd or yyyymmddhhmmss, text or BCD; None when it is no date."""
        digits = _digits(self.raw)
        if digits is None:
            return None
        parts = (digits[0:4], digits[4:6], digits[6:8])
        if any(not (_is_number(part) or _UNKNOWN_DIGITS.issuperset(part)) for part in parts):
            return None
        times = (digits[8:10], digits[10:12], digits[12:14])
        if any(part and not _is_number(part) for part in times):
            return None
        moment = Moment(
            *(int(part) if _is_number(part) and int(part) else None for part in parts),
            *(int(part) if part else None for part in times),
        )
        return moment if moment.is_possible else None

    @override
    def __repr__(self) -> str:
        """Hide the date: it is personal."""
        return "Date(<redacted>)"


def _digits(raw: bytes) -> str | None:
    """The characters of a date: text by the standard, BCD from some issuers."""
    if len(raw) in _TEXT_LENGTHS:
        return raw.decode("ascii") if raw.isascii() else None
    return raw.hex() if len(raw) in _BCD_LENGTHS else None


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit()


def _within(number: int | None, least: int, most: int) -> bool:
    return number is None or least <= number <= most


def _padded(number: int | None, width: int = 2) -> str:
    return "?" * width if number is None else f"{number:0{width}}"
