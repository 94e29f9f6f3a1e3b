"""The fields of each layout of the machine readable zone, by position.

Positions are counted from 0, ends excluded; the standards count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """The layouts that travellers present at a border."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"
    MRV_A = "MRV-A"
    MRV_B = "MRV-B"
    FRENCH_ID = "FRA-ID"
    SWISS_DRIVING_LICENCE = "CHE-DL"


@dataclass(frozen=True, slots=True)
class Field:
    """A run of characters in one line."""

    line: int
    start: int
    stop: int

    def read(self, lines: Sequence[str]) -> str:
        """Cut the field out of the lines."""
        return lines[self.line][self.start : self.stop]


NOWHERE = Field(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Guard:
    """A check digit and the fields it is computed over, in this order."""

    name: str
    digit: Field
    over: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout; a field that it does not have is `NOWHERE`.

    `given_names` is used only where they are apart from the surname.
    `long_numbers`: a filler instead of the number's check digit means that the number continues in
    the optional data (ICAO Doc 9303-5 §4.2.2, Doc 9303-6 §4.2.2).
    """

    format: Format
    document_code: Field
    issuing_state: Field
    document_number: Field
    names: Field
    birth_date: Field
    guards: tuple[Guard, ...]
    nationality: Field = NOWHERE
    sex: Field = NOWHERE
    expiry_date: Field = NOWHERE
    given_names: Field = NOWHERE
    optional_data: Field = NOWHERE
    optional_data_2: Field = NOWHERE
    long_numbers: bool = False


def _two_lines(
    format_: Format, width: int, optional_stop: int, guards: tuple[Guard, ...]
) -> Layout:
    """Build a layout of TD2, TD3 or a visa."""
    return Layout(
        format=format_,
        document_code=Field(0, 0, 2),
        issuing_state=Field(0, 2, 5),
        names=Field(0, 5, width),
        document_number=Field(1, 0, 9),
        nationality=Field(1, 10, 13),
        birth_date=Field(1, 13, 19),
        sex=Field(1, 20, 21),
        expiry_date=Field(1, 21, 27),
        optional_data=Field(1, 28, optional_stop),
        guards=(
            Guard("document_number", Field(1, 9, 10), (Field(1, 0, 9),)),
            Guard("birth_date", Field(1, 19, 20), (Field(1, 13, 19),)),
            Guard("expiry_date", Field(1, 27, 28), (Field(1, 21, 27),)),
            *guards,
        ),
        long_numbers=format_ is Format.TD2,
    )


TD1 = Layout(  # ICAO Doc 9303-5 §4.2.2
    format=Format.TD1,
    document_code=Field(0, 0, 2),
    issuing_state=Field(0, 2, 5),
    document_number=Field(0, 5, 14),
    optional_data=Field(0, 15, 30),
    birth_date=Field(1, 0, 6),
    sex=Field(1, 7, 8),
    expiry_date=Field(1, 8, 14),
    nationality=Field(1, 15, 18),
    optional_data_2=Field(1, 18, 29),
    names=Field(2, 0, 30),
    guards=(
        Guard("document_number", Field(0, 14, 15), (Field(0, 5, 14),)),
        Guard("birth_date", Field(1, 6, 7), (Field(1, 0, 6),)),
        Guard("expiry_date", Field(1, 14, 15), (Field(1, 8, 14),)),
        Guard(
            "composite",
            Field(1, 29, 30),
            (Field(0, 5, 30), Field(1, 0, 7), Field(1, 8, 15), Field(1, 18, 29)),
        ),
    ),
    long_numbers=True,
)

TD2 = _two_lines(  # ICAO Doc 9303-6 §4.2.2
    Format.TD2,
    36,
    35,
    (Guard("composite", Field(1, 35, 36), (Field(1, 0, 10), Field(1, 13, 20), Field(1, 21, 35))),),
)

TD3 = _two_lines(  # ICAO Doc 9303-4 §4.2.2
    Format.TD3,
    44,
    42,
    (
        Guard("optional_data", Field(1, 42, 43), (Field(1, 28, 42),)),
        Guard("composite", Field(1, 43, 44), (Field(1, 0, 10), Field(1, 13, 20), Field(1, 21, 43))),
    ),
)

MRV_A = _two_lines(Format.MRV_A, 44, 44, ())  # ICAO Doc 9303-7 §4.2
MRV_B = _two_lines(Format.MRV_B, 36, 36, ())  # ICAO Doc 9303-7 §5.2

FRENCH_ID = Layout(  # the laminated card of 1988 to 2021; it prints no expiry date
    format=Format.FRENCH_ID,
    document_code=Field(0, 0, 2),
    issuing_state=Field(0, 2, 5),
    names=Field(0, 5, 30),
    optional_data=Field(0, 30, 36),
    document_number=Field(1, 0, 12),
    given_names=Field(1, 13, 27),
    birth_date=Field(1, 27, 33),
    sex=Field(1, 34, 35),
    guards=(
        Guard("document_number", Field(1, 12, 13), (Field(1, 0, 12),)),
        Guard("birth_date", Field(1, 33, 34), (Field(1, 27, 33),)),
        Guard("composite", Field(1, 35, 36), (Field(0, 0, 36), Field(1, 0, 35))),
    ),
)

SWISS_DRIVING_LICENCE = Layout(  # no check digits, no expiry date
    format=Format.SWISS_DRIVING_LICENCE,
    document_number=Field(0, 0, 9),
    document_code=Field(1, 0, 2),
    issuing_state=Field(1, 2, 5),
    optional_data=Field(1, 5, 17),
    birth_date=Field(1, 19, 25),
    names=Field(2, 0, 30),
    guards=(),
)


def layout_of(lines: Sequence[str]) -> Layout | None:
    """Choose the layout by number and width of the lines, then by the document code."""
    match tuple(len(line) for line in lines):
        case (30, 30, 30):
            return TD1
        case (44, 44):
            return MRV_A if lines[0].startswith("V") else TD3
        case (36, 36) if lines[0].startswith("IDFRA"):
            return FRENCH_ID
        case (36, 36):
            return MRV_B if lines[0].startswith("V") else TD2
        case (9, 30, 30) if lines[1].startswith(("FACHE", "FALIE")):
            return SWISS_DRIVING_LICENCE
        case _:
            return None
