"""What is printed on a specimen document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from edge.errors import SettingsError
from edge.mrz import Format, compose

_COMPOSE: Final[dict[Format, Callable[..., tuple[str, ...]]]] = {
    Format.TD1: compose.td1,
    Format.TD2: compose.td2,
    Format.TD3: compose.td3,
}


@dataclass(frozen=True, slots=True, repr=False)
class Holder:
    """The data page of a specimen; the names are specimen names, the state is Utopia."""

    born: date
    expires: date
    surname: str = "SPECIMEN"
    given: str = "ROBIN"
    number: str = "L898902C3"
    format: Format = Format.TD3
    code: str = "P"
    nationality: str = "UTO"
    sex: str = "<"

    def lines(self) -> tuple[str, ...]:
        """The MRZ; SettingsError when no MRZ can hold the text."""
        try:
            return _COMPOSE[self.format](
                document_code=self.code,
                issuing_state="UTO",
                primary=self.surname,
                secondary=self.given,
                document_number=self.number,
                nationality=self.nationality,
                birth_date=self.born.strftime("%y%m%d"),
                sex=self.sex,
                expiry_date=self.expires.strftime("%y%m%d"),
            )
        except ValueError as error:
            raise SettingsError(f"the data page does not fit {self.format}: {error}") from error


def adult(now: datetime) -> Holder:
    """A holder of 34 years whose document is valid for five more."""
    return Holder(born=years_before(now, 34), expires=years_before(now, -5))


def minor(now: datetime) -> Holder:
    """A holder of 15 years."""
    return replace(adult(now), born=years_before(now, 15))


def expired(now: datetime) -> Holder:
    """A document that expired a month ago."""
    return replace(adult(now), expires=(now - timedelta(days=30)).date())


def years_before(now: datetime, years: int) -> date:
    """A day so many years and a month before now; negative years are after it."""
    return (now - timedelta(days=round(365.25 * years) + 30)).date()
