"""Composing gives the specimens of the standard, letter for letter."""

from __future__ import annotations

import pytest

from edge.mrz import check_digit, parse
from edge.mrz.compose import td1, td2, td3


def test_check_digits_of_doc_9303_3_appendix_a() -> None:
    assert check_digit("520727") == "3"
    assert check_digit("AB2134<<<") == "5"
    assert check_digit("HA672242<658022549601086<<<<<<<<<<<<<<0") == "8"


def test_passport() -> None:
    assert td3(
        "P", "UTO", "ERIKSSON", "ANNA MARIA", "L898902C3", "UTO", "740812", "F", "120415",
        "ZE184226B",
    ) == (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    )  # fmt: skip


def test_middle_sized_document() -> None:
    assert td2(
        "I", "UTO", "ERIKSSON", "ANNA MARIA", "D23145890", "UTO", "740812", "F", "120415"
    ) == ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")


def test_card_with_a_long_number() -> None:
    assert td1(
        "I", "UTO", "STEVENSON", "PETER JOHN", "D23145890734", "UTO", "340712", "M", "950712"
    ) == (
        "I<UTOD23145890<7349<<<<<<<<<<<",
        "3407127M9507122UTO<<<<<<<<<<<2",
        "STEVENSON<<PETER<JOHN<<<<<<<<<",
    )


def test_names_with_hyphens_and_apostrophes() -> None:
    first, _ = td3(
        "P", "UTO", "VAN DER MULLER-O'CONNOR", "ANNE-MARIE", "1", "UTO", "740812", "F", "300101"
    )
    assert first == "P<UTOVAN<DER<MULLER<OCONNOR<<ANNE<MARIE<<<<<"


def test_truncation_leaves_one_letter_of_the_secondary_identifier() -> None:
    lines = td1("I", "UTO", "A" * 40, "BORIS", "1", "UTO", "740812", "M", "300101")
    assert lines[2] == "A" * 27 + "<<B"
    assert parse(lines).names_truncated


def test_primary_identifier_alone() -> None:
    assert td2("I", "UTO", "A" * 40, "", "1", "UTO", "740812", "M", "300101")[0][5:] == "A" * 31


@pytest.mark.parametrize(
    ("number", "birth", "optional"),
    [("L898902C34", "740812", ""), ("L8", "19740812", ""), ("L8", "740812", "ä"), ("l8", "", "")],
)
def test_text_no_zone_can_hold(number: str, birth: str, optional: str) -> None:
    with pytest.raises(ValueError, match=r"field|substring"):
        td3("P", "UTO", "DOE", "JANE", number, "UTO", birth, "F", "300101", optional)


TEXTS = {
    "document_code": ("P", 2),
    "issuing_state": ("UTO", 3),
    "primary": ("DOE", None),
    "secondary": ("JANE", None),
    "document_number": ("L8", 9),
    "nationality": ("UTO", 3),
    "birth_date": ("740812", 6),
    "sex": ("F", 1),
    "expiry_date": ("300101", 6),
    "optional": ("", 14),
}
"""The fields of a passport, and how long each may be; names are cut to fit."""


@pytest.mark.parametrize("name", TEXTS)
def test_every_field_of_a_passport_takes_what_fits_and_only_letters_of_a_zone(name: str) -> None:
    fine = {name: text for name, (text, _) in TEXTS.items()}
    for foreign in ("a", "ä", "/"):
        with pytest.raises(ValueError, match="substring not found"):
            td3(**{**fine, name: foreign})
    if width := TEXTS[name][1]:
        lines = td3(**{**fine, name: "A" * width})
        assert [len(line) for line in lines] == [44, 44]
        with pytest.raises(ValueError, match=f"longer than its field of {width} characters"):
            td3(**{**fine, name: "A" * (width + 1)})


@pytest.mark.parametrize(
    ("number", "optional", "optional_2", "fits"),
    [
        ("D2", "A" * 15, "B" * 11, True),
        ("D2", "A" * 16, "", False),
        ("D2", "", "B" * 12, False),
        ("D" * 22, "", "", True),  # thirteen more, the digit and the filler after it
        ("D" * 23, "", "", False),
        ("D" * 9, "A" * 15, "", True),
        ("D" * 10, "A" * 12, "", True),
        ("D" * 10, "A" * 13, "", False),
    ],
)
def test_a_card_has_room_for_so_much(
    number: str, optional: str, optional_2: str, fits: bool
) -> None:
    def composed() -> tuple[str, ...]:
        rest = ("UTO", "740812", "M", "300101", optional, optional_2)
        return td1("I", "UTO", "DOE", "JANE", number, *rest)

    if not fits:
        with pytest.raises(ValueError, match="longer than its field"):
            composed()
        return
    mrz = parse(composed())
    assert [len(line) for line in mrz.lines] == [30] * 3
    assert all(digit.ok for digit in mrz.check_digits)
    assert (mrz.document_number, mrz.optional_data) == (number, optional)
    assert mrz.optional_data_2 == optional_2


@pytest.mark.parametrize(("length", "fits"), [(7, True), (8, False)])
def test_a_middle_sized_document_has_room_for_seven_characters(length: int, fits: bool) -> None:
    names = ("DOE", "JANE")
    if fits:
        lines = td2("I", "UTO", *names, "D2", "UTO", "740812", "M", "300101", "A" * length)
        assert [len(line) for line in lines] == [36, 36]
        assert parse(lines).optional_data == "A" * length
    else:
        with pytest.raises(ValueError, match="longer than its field of 7 characters"):
            td2("I", "UTO", *names, "D2", "UTO", "740812", "M", "300101", "A" * length)


@pytest.mark.parametrize("width", [39, 31, 30])
def test_names_are_truncated_from_the_right_of_each_part(width: int) -> None:
    """Doc 9303-4 §4.2.3: a letter of the secondary identifier is left, and no room is wasted."""
    fields = ("1", "UTO", "740812", "M", "300101")

    def printed(primary: str, secondary: str) -> str:
        if width == 30:
            return td1("I", "UTO", primary, secondary, *fields)[2]
        compose = td3 if width == 39 else td2
        return compose("I", "UTO", primary, secondary, *fields)[0][5:]

    assert printed("A" * (width - 3), "BC") == "A" * (width - 3) + "<<B"
    assert printed("A" * (width - 2), "BC") == "A" * (width - 3) + "<<B"
    assert printed("A" * (width - 4), "BC") == "A" * (width - 4) + "<<BC"
    assert printed("A" * (width + 1), "") == "A" * width
    assert printed("A", "B" * width) == "A<<" + "B" * (width - 3)
