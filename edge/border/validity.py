"""How old a portrait is: from the day its document was issued.

The chip tells that day in DG12, signed by the issuer, where it has one.  Else it is computed: the
day of expiry less the years for which the state issues documents.

- The years are those of the policy for the issuing state, else `USUAL`: 10 years for adults and 5
  for children (a child is anybody under 18 on the day of issue).
- Each number of years gives one day of issue.  A day counts when it is not in the future, and when
  the holder was on that day what the years are for.
- A state that issues by other rules leaves no day, or days that disagree: then it is not known.

The picture itself may be up to some months older than the document; nothing tells by how many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from edge.mrz import MachineReadableZone

ADULT: Final = 18
"""Years of age from which states issue documents for as long as to adults."""


@dataclass(frozen=True, slots=True)
class YearsOfValidity:
    """For how many years a state issues its documents."""

    adults: frozenset[int]
    children: frozenset[int]


USUAL: Final = YearsOfValidity(adults=frozenset({10}), children=frozenset({5}))


def ages_when_issued(
    zone: MachineReadableZone, issued: date | None, today: date, validity: YearsOfValidity
) -> frozenset[int]:
    """The ages, in full years, that the holder may have had when the document was issued.

    Empty when nothing tells.  `issued` is the day that the chip names; one in the future, or after
    the day of expiry, is not believed.
    """
    expires = zone.expires(today)
    if issued is not None and issued <= (today if expires is None else min(today, expires.last)):
        age = zone.age_at(issued, today)
        return frozenset() if age is None else frozenset({age})
    if expires is None:
        return frozenset()
    found = {
        age
        for years, is_child in _every(validity)
        if (day := years_before(expires.first, years)) <= today
        and (age := zone.age_at(day, today)) is not None
        and (age < ADULT) is is_child
    }
    return frozenset(found)


def years_before(day: date, years: int) -> date:
    """The same day so many years before; 28 February for one that does not exist."""
    year = max(day.year - years, date.min.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def _every(validity: YearsOfValidity) -> list[tuple[int, bool]]:
    adults = [(years, False) for years in sorted(validity.adults)]
    return adults + [(years, True) for years in sorted(validity.children)]
