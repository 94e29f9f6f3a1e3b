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
