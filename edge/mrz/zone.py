"""A machine readable zone, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from typing_extensions import override

from edge.mrz.dates import PartialDate, Span
from edge.mrz.digits import FILLER, CheckDigit
from edge.mrz.layouts import Format

EXPIRY_HORIZON_YEARS = 50
"""No document is valid for longer, and no traveller presents one that expired longer ago."""


@dataclass(frozen=True, slots=True, repr=False)
class MachineReadableZone:
    """A machine readable zone as printed; only its check digits are verified.

    Codes, numbers and optional data have no trailing fillers; names have spaces for fillers.  `sex`
    is the printed character: M, F, X or `<`, another one is a fault; it is empty where the layout
    has none.  `lines` is the parsed text, one string a line.
    """

    format: Format
    lines: tuple[str, ...]
    document_code: str
    issuing_state: str
    nationality: str
    document_number: str
    birth_date: PartialDate
    sex: str
    expiry_date: PartialDate
    primary_identifier: str
    secondary_identifier: str
    names_truncated: bool
    optional_data: str
    optional_data_2: str
    check_digits: tuple[CheckDigit, ...]

    @override
    def __repr__(self) -> str:
        """Name the layout only: the rest is personal."""
        return f"MachineReadableZone({self.format}, <redacted>)"

    @property
    def information(self) -> str:
        """The key input of BAC and of PACE with the MRZ (ICAO Doc 9303-11 §4.3.2, §9.7.2).

        Document number padded to nine characters (a long one in full), birth date, expiry date,
        each with its printed check digit.  Personal, and a secret until the chip is open.
        """
        return (
            self.document_number.ljust(9, FILLER)
            + self._printed("document_number")
            + self.birth_date.text
            + self._printed("birth_date")
            + self.expiry_date.text
            + self._printed("expiry_date")
        )

    def born(self, today: date) -> Span | None:
        """Return the days the holder may be born on: in the past, and before the expiry date.

        A holder older than a hundred years counts as a child unless the expiry date excludes it.
        """
        expiry = self.expires(today)
        return self.birth_date.resolve(min(today, expiry.last) if expiry else today)

    def expires(self, today: date) -> Span | None:
        """Return the days on which the document may expire, None without a date."""
        horizon = min(today.year + EXPIRY_HORIZON_YEARS, date.max.year)
        return self.expiry_date.resolve(date(horizon, 12, 31))

    def age_on(self, today: date) -> int | None:
        """Return the age in full years, the lowest possible one when the birthday is not known.

        None when no year is printed, or when the date may lie in the next twelve months: a child
        that is not born yet and a person of almost a hundred years print the same digits.
        """
        return self.age_at(today, today)

    def age_at(self, day: date, today: date) -> int | None:
        """Return the age on another day, as `age_on` does for today; 0 before the birth."""
        born = self.born(today)
        if born is None or self._may_be_unborn(today):
            return None
        before_birthday = (day.month, day.day) < (born.last.month, born.last.day)
        return max(0, day.year - born.last.year - before_birthday)

    def _may_be_unborn(self, today: date) -> bool:
        coming = self.birth_date.resolve(_year_after(today))
        return coming is not None and coming.first > today

    def expires_before(self, today: date) -> bool | None:
        """Whether the document has expired; None without an expiry date.

        A document is valid to the end of that day.
        """
        expires = self.expires(today)
        return None if expires is None else expires.last < today

    def _printed(self, name: str) -> str:
        return next((digit.found for digit in self.check_digits if digit.name == name), "")


def _year_after(today: date) -> date:
    """The last day of the next twelve months."""
    return date.fromordinal(min(today.toordinal() + 365, date.max.toordinal()))
