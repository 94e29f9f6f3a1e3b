"""Where each field stands and what each check digit covers, counted from 1 as the standards do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import pairwise
from string import ascii_uppercase

import pytest

from edge.mrz import Format, parse
from edge.mrz.layouts import (
    FRENCH_ID,
    MRV_A,
    MRV_B,
    NOWHERE,
    SWISS_DRIVING_LICENCE,
    TD1,
    TD2,
    TD3,
    Field,
    Layout,
    layout_of,
)

Place = tuple[int, int, int]
"""Line, first and last character, all counted from 1."""

WIDTHS: Mapping[Format, tuple[int, ...]] = {
    Format.TD1: (30, 30, 30),
    Format.TD2: (36, 36),
    Format.TD3: (44, 44),
    Format.MRV_A: (44, 44),
    Format.MRV_B: (36, 36),
    Format.FRENCH_ID: (36, 36),
    Format.SWISS_DRIVING_LICENCE: (9, 30, 30),
}
BEGINNINGS: Mapping[Format, tuple[str, ...]] = {
    Format.TD1: ("I",),
    Format.TD2: ("I",),
    Format.TD3: ("P",),
    Format.MRV_A: ("V",),
    Format.MRV_B: ("V",),
    Format.FRENCH_ID: ("IDFRA",),
    Format.SWISS_DRIVING_LICENCE: ("", "FACHE"),
}
SECOND_LINE: Mapping[str, Place] = {  # Doc 9303-4 §4.2.2, -6 §4.2.2, -7 §4.2 and §5.2 agree on it
    "document_code": (1, 1, 2),
    "issuing_state": (1, 3, 5),
    "document_number": (2, 1, 9),
    "nationality": (2, 11, 13),
    "birth_date": (2, 14, 19),
    "sex": (2, 21, 21),
    "expiry_date": (2, 22, 27),
}
FIELDS: Mapping[Format, Mapping[str, Place]] = {
    Format.TD1: {  # Doc 9303-5 §4.2.2
        "document_code": (1, 1, 2),
        "issuing_state": (1, 3, 5),
        "document_number": (1, 6, 14),
        "optional_data": (1, 16, 30),
        "birth_date": (2, 1, 6),
        "sex": (2, 8, 8),
        "expiry_date": (2, 9, 14),
        "nationality": (2, 16, 18),
        "optional_data_2": (2, 19, 29),
        "primary_identifier": (3, 1, 30),
    },
    Format.TD2: {**SECOND_LINE, "primary_identifier": (1, 6, 36), "optional_data": (2, 29, 35)},
    Format.TD3: {**SECOND_LINE, "primary_identifier": (1, 6, 44), "optional_data": (2, 29, 42)},
    Format.MRV_A: {**SECOND_LINE, "primary_identifier": (1, 6, 44), "optional_data": (2, 29, 44)},
    Format.MRV_B: {**SECOND_LINE, "primary_identifier": (1, 6, 36), "optional_data": (2, 29, 36)},
    Format.FRENCH_ID: {
        "document_code": (1, 1, 2),
        "issuing_state": (1, 3, 5),
        "primary_identifier": (1, 6, 30),
        "optional_data": (1, 31, 36),
        "document_number": (2, 1, 12),
        "secondary_identifier": (2, 14, 27),
        "birth_date": (2, 28, 33),
        "sex": (2, 35, 35),
    },
    Format.SWISS_DRIVING_LICENCE: {
        "document_number": (1, 1, 9),
        "document_code": (2, 1, 2),
        "issuing_state": (2, 3, 5),
        "optional_data": (2, 6, 17),
        "birth_date": (2, 20, 25),
        "primary_identifier": (3, 1, 30),
    },
}
EVERY_FIELD = sorted({name for each in FIELDS.values() for name in each})

OF_TWO_LINES: Mapping[str, tuple[Place, ...]] = {
    "document_number": ((2, 10, 10), (2, 1, 9)),
    "birth_date": ((2, 20, 20), (2, 14, 19)),
    "expiry_date": ((2, 28, 28), (2, 22, 27)),
}
DIGITS: Mapping[Format, Mapping[str, tuple[Place, ...]]] = {
    Format.TD1: {
        "document_number": ((1, 15, 15), (1, 6, 14)),
        "birth_date": ((2, 7, 7), (2, 1, 6)),
        "expiry_date": ((2, 15, 15), (2, 9, 14)),
        "composite": ((2, 30, 30), (1, 6, 30), (2, 1, 7), (2, 9, 15), (2, 19, 29)),
    },
    Format.TD2: {
        **OF_TWO_LINES,
        "composite": ((2, 36, 36), (2, 1, 10), (2, 14, 20), (2, 22, 35)),
    },
    Format.TD3: {
        **OF_TWO_LINES,
        "optional_data": ((2, 43, 43), (2, 29, 42)),
        "composite": ((2, 44, 44), (2, 1, 10), (2, 14, 20), (2, 22, 43)),
    },
    Format.MRV_A: OF_TWO_LINES,
    Format.MRV_B: OF_TWO_LINES,
    Format.FRENCH_ID: {
        "document_number": ((2, 13, 13), (2, 1, 12)),
        "birth_date": ((2, 34, 34), (2, 28, 33)),
        "composite": ((2, 36, 36), (1, 1, 36), (2, 1, 35)),
    },
    Format.SWISS_DRIVING_LICENCE: {},
}
"""Each check digit: its place, then what it covers."""

SPECIMENS: Mapping[Format, tuple[str, ...]] = {  # every check digit of them is right
    Format.TD1: (
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    ),
    Format.TD2: (
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
        "D231458907UTO7408122F1204159<<<<<<<6",
    ),
    Format.TD3: (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ),
    Format.MRV_A: (
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
    ),
    Format.MRV_B: (
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
        "L8988901C4XXX4009078F9612109<<<<<<<<",
    ),
    Format.FRENCH_ID: (
        "IDFRABERTHIER<<<<<<<<<<<<<<<<<923255",
        "8806923102858CORINNE<<<<<<<6512068F2",
    ),
}
VALUES = "0123456789" + ascii_uppercase + "0"
OTHER = {"<": "1", **dict(pairwise(VALUES))}  # another value by any weight (Doc 9303-3 §4.9)
LAYOUTS = (TD1, TD2, TD3, MRV_A, MRV_B, FRENCH_ID, SWISS_DRIVING_LICENCE)


def lettered(format_: Format) -> tuple[str, ...]:
    """Lines without a filler, in which neighbours differ, as do the lines."""
    lines = [
        "".join(ascii_uppercase[(9 * line + place) % 26] for place in range(width))
        for line, width in enumerate(WIDTHS[format_])
    ]
    for line, beginning in enumerate(BEGINNINGS[format_]):
        lines[line] = beginning + lines[line][len(beginning) :]
    return tuple(lines)


def places(format_: Format) -> Iterator[tuple[int, int]]:
    """Line and character, counted from 1, of all that the layout does not depend on."""
    for line, width in enumerate(WIDTHS[format_]):
        beginning = BEGINNINGS[format_][line] if line < len(BEGINNINGS[format_]) else ""
        yield from ((line + 1, place) for place in range(len(beginning) + 1, width + 1))


@pytest.mark.parametrize("format_", Format)
def test_every_field_is_read_from_its_place_and_one_that_a_layout_lacks_is_empty(
    format_: Format,
) -> None:
    lines = lettered(format_)
    mrz = parse(lines)
    assert mrz.format is format_
    for name in EVERY_FIELD:
        line, first, last = FIELDS[format_].get(name, (1, 1, 0))
        found = getattr(mrz, name)
        assert getattr(found, "text", found) == lines[line - 1][first - 1 : last], name


@pytest.mark.parametrize("format_", SPECIMENS)
def test_a_changed_character_makes_the_digits_wrong_that_cover_it_and_no_others(
    format_: Format,
) -> None:
    lines = SPECIMENS[format_]
    assert {digit.name: digit.ok for digit in parse(lines).check_digits} == dict.fromkeys(
        DIGITS[format_], True
    )
    for line, place in places(format_):
        known = lines[line - 1]
        other = OTHER[known[place - 1]]
        changed = (
            *lines[: line - 1],
            known[: place - 1] + other + known[place:],
            *lines[line:],
        )
        wrong = {digit.name for digit in parse(changed).check_digits if not digit.ok}
        covering = {
            name
            for name, covered in DIGITS[format_].items()
            if any(at == line and first <= place <= last for at, first, last in covered)
        }
        assert wrong == covering, (line, place)


@pytest.mark.parametrize("format_", Format)
def test_a_composite_digit_counts_as_the_parts_do(format_: Format) -> None:
    assert [digit.name for digit in parse(lettered(format_)).check_digits] == list(DIGITS[format_])


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda each: each.format)
def test_no_field_leaves_its_line(layout: Layout) -> None:
    widths = WIDTHS[layout.format]
    used = [getattr(layout, each.name) for each in fields(layout)]
    used = [each for each in used if isinstance(each, Field)]
    used += [place for guard in layout.guards for place in (guard.digit, *guard.over)]
    assert len(used) >= len(FIELDS[layout.format])
    for place in used:
        assert 0 <= place.start <= place.stop <= widths[place.line]


def test_what_a_layout_lacks_is_nothing_of_any_line() -> None:
    assert NOWHERE.read(["A"]) == ""


@pytest.mark.parametrize("format_", Format)
def test_a_filler_for_the_digit_lengthens_only_the_numbers_of_cards(format_: Format) -> None:
    """Doc 9303-5 §4.2.2 and Doc 9303-6 §4.2.2 alone let a number go on in the optional data."""
    lines = list(lettered(format_))
    for line, first, last in DIGITS[format_].get("document_number", ())[:1]:
        lines[line - 1] = lines[line - 1][: first - 1] + "<" + lines[line - 1][last:]
    mrz = parse(lines)
    line, first, last = FIELDS[format_]["document_number"]
    printed = lines[line - 1][first - 1 : last]
    line, first, last = FIELDS[format_]["optional_data"]
    optional = lines[line - 1][first - 1 : last]
    if format_ in {Format.TD1, Format.TD2}:
        assert (mrz.document_number, mrz.optional_data) == (printed + optional[:-1], "")
    else:
        assert (mrz.document_number, mrz.optional_data) == (printed, optional)


@pytest.mark.parametrize(
    ("widths", "beginning", "expected"),
    [
        ((30, 30, 30), "V", TD1),
        ((44, 44), "P", TD3),
        ((44, 44), "V", MRV_A),
        ((44, 44), "IDFRA", TD3),
        ((36, 36), "I", TD2),
        ((36, 36), "V", MRV_B),
        ((36, 36), "IDFRA", FRENCH_ID),
        ((36, 36), "IDFRB", TD2),
        ((30, 30), "I", None),
        ((30, 30, 29), "I", None),
        ((45, 44), "P", None),
        ((36, 36, 36), "I", None),
        ((36,), "I", None),
        ((), "", None),
    ],
)
def test_the_layout_follows_from_the_widths_and_the_document_code(
    widths: tuple[int, ...], beginning: str, expected: Layout | None
) -> None:
    lines = [beginning.ljust(width, "A") for width in widths]
    assert layout_of(lines) is expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("FACHE", SWISS_DRIVING_LICENCE),
        ("FALIE", SWISS_DRIVING_LICENCE),
        ("FADEU", None),
        ("FBCHE", None),
    ],
)
def test_only_swiss_licences_and_those_of_liechtenstein_have_a_short_line(
    second: str, expected: Layout | None
) -> None:
    assert layout_of(["A" * 9, second.ljust(30, "<"), "A" * 30]) is expected


def test_layouts_have_the_names_of_the_standard() -> None:
    assert [format_.value for format_ in Format] == [
        "TD1",
        "TD2",
        "TD3",
        "MRV-A",
        "MRV-B",
        "FRA-ID",
        "CHE-DL",
    ]
