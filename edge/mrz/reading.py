"""Reads a machine readable zone from the lines of a scanner or a chip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.errors import UnreadableMrz
from edge.mrz.dates import PartialDate
from edge.mrz.digits import ALPHABET, FILLER, CheckDigit, check_digit, verify
from edge.mrz.layouts import Guard, Layout, layout_of
from edge.mrz.zone import MachineReadableZone

CHARACTERS = frozenset(ALPHABET + FILLER)
LINES_AT_MOST = 3
JOINED = {72: 36, 88: 44, 90: 30}
"""Length of a text without line breaks, as in DG1 (Doc 9303-10 §4.7.1): width of its lines."""


def parse(lines: Sequence[str]) -> MachineReadableZone:
    """Read the lines of a machine readable zone, or the one unbroken text of DG1.

    A blank counts as a filler, an empty line does not count.  Wrong check digits, impossible dates
    and unknown codes are values of the result.

    Raises:
        UnreadableMrz: the lines have no known layout.
    """
    normal = _normalise(lines)
    layout = layout_of(normal)
    if layout is None:
        raise UnreadableMrz("the lines have no known layout")
    number = _document_number(normal, layout)
    primary, secondary = _names(normal, layout)
    return MachineReadableZone(
        format=layout.format,
        lines=normal,
        document_code=_stripped(layout.document_code.read(normal)),
        issuing_state=_stripped(layout.issuing_state.read(normal)),
        nationality=_stripped(layout.nationality.read(normal)),
        document_number=number.text,
        birth_date=PartialDate(layout.birth_date.read(normal)),
        sex=layout.sex.read(normal),
        expiry_date=PartialDate(layout.expiry_date.read(normal)),
        primary_identifier=primary,
        secondary_identifier=secondary,
        names_truncated=not layout.names.read(normal).endswith(FILLER),
        optional_data=number.optional_data,
        optional_data_2=_stripped(layout.optional_data_2.read(normal)),
        check_digits=tuple(
            number.digit if guard.name == "document_number" and number.digit else digit
            for guard, digit in ((guard, _verify(normal, guard)) for guard in layout.guards)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Number:
    """A document number; `digit` only where the layout names another one."""

    text: str
    optional_data: str
    digit: CheckDigit | None = None


def _normalise(lines: Sequence[str]) -> tuple[str, ...]:
    normal = tuple(line.replace(" ", FILLER) for line in lines if line)
    if len(normal) > LINES_AT_MOST or not all(CHARACTERS.issuperset(line) for line in normal):
        raise UnreadableMrz("this is not the text of a machine readable zone")
    if len(normal) == 1 and (width := JOINED.get(len(normal[0]))):
        text = normal[0]
        return tuple(text[start : start + width] for start in range(0, len(text), width))
    return normal


def _verify(lines: Sequence[str], guard: Guard) -> CheckDigit:
    text = "".join(field.read(lines) for field in guard.over)
    return verify(guard.name, text, guard.digit.read(lines))


def _document_number(lines: Sequence[str], layout: Layout) -> _Number:
    """Read the number, also one longer than its field (ICAO Doc 9303-5 §4.2.2, note j).

    Such a number has a filler for its check digit and continues in the optional data up to a
    filler; its last character there is the check digit.  Some issuers count the filler between the
    two parts and some do not, so both digits are right.
    """
    head = layout.document_number.read(lines)
    optional = layout.optional_data.read(lines)
    tail, _, rest = optional.partition(FILLER)
    has_filler = layout.guards and layout.guards[0].digit.read(lines) == FILLER
    if not (layout.long_numbers and has_filler and tail and head.strip(FILLER)):
        return _Number(_stripped(head), _stripped(optional))
    number, found = head + tail[:-1], tail[-1]
    expected = check_digit(number)
    ok = found in {expected, check_digit(head + FILLER + tail[:-1])}
    return _Number(number, _stripped(rest), CheckDigit("document_number", expected, found, ok))


def _names(lines: Sequence[str], layout: Layout) -> tuple[str, str]:
    """Split at the first double filler, unless the layout has a field for the given names."""
    primary, _, secondary = layout.names.read(lines).partition(FILLER * 2)
    given = layout.given_names.read(lines)
    return _spaced(primary), _spaced(given or secondary)


def _spaced(name: str) -> str:
    return " ".join(part for part in name.split(FILLER) if part)


def _stripped(field: str) -> str:
    return field.rstrip(FILLER)
