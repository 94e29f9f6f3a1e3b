"""Specimens of ICAO Doc 9303 parts 4 to 7 and 11, and what issuers do differently."""

from __future__ import annotations

from datetime import date

import pytest

from edge.errors import UnreadableMrz
from edge.mrz import Format, MachineReadableZone, PartialDate, parse
from tests.support.some import replaced

TD1 = (  # Doc 9303-5, Appendix A
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
TD1_LONG = (  # Doc 9303-11, Appendix D.2
    "I<UTOD23145890<7349<<<<<<<<<<<",
    "3407127M9507122UTO<<<<<<<<<<<2",
    "STEVENSON<<PETER<JOHN<<<<<<<<<",
)
TD2 = (  # Doc 9303-6, Appendix A
    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
    "D231458907UTO7408122F1204159<<<<<<<6",
)
TD2_LONG = (  # Doc 9303-11, Appendix D.2
    "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<",
    "D23145890<UTO3407127M95071227349<<<8",
)
TD3 = (  # Doc 9303-4, Appendix A
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
MRV_A = (  # Doc 9303-7, Appendix A
    "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
)
MRV_B = (
    "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
    "L8988901C4XXX4009078F9612109<<<<<<<<",
)
FRENCH_ID = (
    "IDFRABERTHIER<<<<<<<<<<<<<<<<<923255",
    "8806923102858CORINNE<<<<<<<6512068F2",
)
SWISS_LICENCE = (
    "AAA001D<<",
    "FACHE305142128097<<800126<<<<<",
    "MARCHAND<<FABIENNE<<<<<<<<<<<<",
)
ALL = (TD1, TD1_LONG, TD2, TD2_LONG, TD3, MRV_A, MRV_B, FRENCH_ID, SWISS_LICENCE)


def wrong(mrz: MachineReadableZone) -> list[str]:
    return [digit.name for digit in mrz.check_digits if not digit.ok]


@pytest.mark.parametrize("lines", ALL)
def test_every_check_digit_of_the_specimens_is_right(lines: tuple[str, ...]) -> None:
    mrz = parse(lines)
    assert wrong(mrz) == []
    assert mrz.lines == lines


def test_passport_field_by_field() -> None:
    mrz = parse(TD3)
    assert mrz.format is Format.TD3
    assert (mrz.document_code, mrz.issuing_state, mrz.nationality) == ("P", "UTO", "UTO")
    assert mrz.document_number == "L898902C3"
    assert mrz.birth_date == PartialDate("740812")
    assert mrz.sex == "F"
    assert mrz.expiry_date == PartialDate("120415")
    assert (mrz.primary_identifier, mrz.secondary_identifier) == ("ERIKSSON", "ANNA MARIA")
    assert (mrz.optional_data, mrz.optional_data_2) == ("ZE184226B", "")
    assert not mrz.names_truncated
    assert [(digit.name, digit.expected, digit.found) for digit in mrz.check_digits] == [
        ("document_number", "6", "6"),
        ("birth_date", "2", "2"),
        ("expiry_date", "9", "9"),
        ("optional_data", "1", "1"),
        ("composite", "0", "0"),
    ]


def test_card_field_by_field() -> None:
    mrz = parse(TD1)
    assert (mrz.format, mrz.document_code, mrz.document_number) == (Format.TD1, "I", "D23145890")
    assert (mrz.primary_identifier, mrz.secondary_identifier) == ("ERIKSSON", "ANNA MARIA")
    assert [digit.name for digit in mrz.check_digits] == [
        "document_number",
        "birth_date",
        "expiry_date",
        "composite",
    ]


@pytest.mark.parametrize(("lines", "format_"), [(MRV_A, Format.MRV_A), (MRV_B, Format.MRV_B)])
def test_visas_have_no_composite_check_digit(lines: tuple[str, ...], format_: Format) -> None:
    mrz = parse(lines)
    assert mrz.format is format_
    assert len(mrz.check_digits) == 3
    assert mrz.nationality == "XXX"


def test_french_card_prints_given_names_in_the_second_line_and_no_expiry_date() -> None:
    mrz = parse(FRENCH_ID)
    assert (mrz.primary_identifier, mrz.secondary_identifier) == ("BERTHIER", "CORINNE")
    assert (mrz.document_number, mrz.optional_data) == ("880692310285", "923255")
    assert mrz.expiry_date.is_unknown
    assert mrz.expires_before(date(2099, 1, 1)) is None


def test_swiss_driving_licence_has_no_check_digits() -> None:
    mrz = parse(SWISS_LICENCE)
    assert mrz.check_digits == ()
    assert (mrz.document_number, mrz.issuing_state, mrz.nationality) == ("AAA001D", "CHE", "")
    assert mrz.birth_date == PartialDate("800126")


class TestInformation:
    """Key input strings of Doc 9303-11, Appendix D.2."""

    def test_td1_with_nine_character_number(self) -> None:
        assert parse(TD1).information == "D23145890774081221204159"

    @pytest.mark.parametrize("lines", [TD1_LONG, TD2_LONG])
    def test_number_longer_than_its_field(self, lines: tuple[str, ...]) -> None:
        mrz = parse(lines)
        assert mrz.document_number == "D23145890734"
        assert mrz.optional_data == ""
        assert mrz.information == "D23145890734934071279507122"

    def test_short_number_is_padded(self) -> None:
        mrz = parse(
            (
                "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
                "L898902C<3UTO6908061F9406236ZE184226B<<<<<14",
            )
        )
        assert mrz.document_number == "L898902C"
        assert mrz.information == "L898902C<369080619406236"

    @pytest.mark.parametrize(
        ("lines", "information"),
        [
            (FRENCH_ID, "8806923102858" + "6512068"),
            (SWISS_LICENCE, "AAA001D<<" + "800126"),
        ],
    )
    def test_what_is_not_printed_is_left_out(
        self, lines: tuple[str, ...], information: str
    ) -> None:
        assert parse(lines).information == information


class TestTolerance:
    """What real documents do, and the standard allows or issuers are known for."""

    def test_german_issuer_is_one_letter(self) -> None:
        mrz = parse(
            (
                "IDD<<T220001293<<<<<<<<<<<<<<<",
                "6408125<2010315D<<<<<<<<<<<<<4",
                "MUSTERMANN<<ERIKA<<<<<<<<<<<<<",
            )
        )
        assert (mrz.issuing_state, mrz.nationality, mrz.sex) == ("D", "D", "<")
        assert wrong(mrz) == []

    def test_document_code_may_end_in_a_digit(self) -> None:
        mrz = parse(("C1USA" + TD1[0][5:], *TD1[1:]))
        assert (mrz.document_code, mrz.issuing_state) == ("C1", "USA")
        assert wrong(mrz) == []

    def test_belgian_digit_computed_over_the_filler(self) -> None:
        mrz = parse(
            (
                "IDBEL000590240<6013<<<<<<<<<<<",
                "8512017F1311048BEL851201002007",
                "REINARTZ<<ULRIKE<KATIA<E<<<<<<",
            )
        )
        assert mrz.document_number == "000590240601"
        assert wrong(mrz) == []

    def test_long_number_may_be_followed_by_optional_data(self) -> None:
        lines = ("I<UTOD23145890<7349<OPT<<<<<<<", *TD1_LONG[1:])
        mrz = parse(lines)
        assert (mrz.document_number, mrz.optional_data) == ("D23145890734", "OPT")
        assert wrong(mrz) == ["composite"]

    def test_long_number_with_a_wrong_digit(self) -> None:
        mrz = parse(("I<UTOD23145890<7340<<<<<<<<<<<", *TD1_LONG[1:]))
        assert "document_number" in wrong(mrz)

    def test_missing_digit_without_the_rest_of_a_number_is_wrong(self) -> None:
        mrz = parse(("I<UTOD23145890<<<<<<<<<<<<<<<<", *TD1[1:]))
        assert wrong(mrz) == ["document_number", "composite"]

    def test_a_rest_without_its_number_is_optional_data(self) -> None:
        mrz = parse(("I<UTO<<<<<<<<<<7349<<<<<<<<<<<", *TD1[1:]))
        assert (mrz.document_number, mrz.optional_data) == ("", "7349")
        assert wrong(mrz) == ["composite"]

    def test_either_way_to_count_the_filler_is_right_and_no_third(self) -> None:
        """Of 000590240601 the digit is 1; with the filler after the ninth character it is 3."""
        right = []
        for found in "0123456789":
            digit = parse((f"IDBEL000590240<601{found}<<<<<<<<<<<", *TD1[1:])).check_digits[0]
            assert (digit.name, digit.expected, digit.found) == ("document_number", "1", found)
            right += [found] if digit.ok else []
        assert right == ["1", "3"]

    def test_digit_of_unused_optional_data_may_be_a_filler(self) -> None:
        mrz = parse(
            (
                "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
                "D231458907UTO7408122F1204159<<<<<<<<<<<<<<<6",
            )
        )
        assert mrz.check_digits[3].found == "<"
        assert wrong(mrz) == []

    def test_filler_is_no_digit_for_used_optional_data(self) -> None:
        mrz = parse((TD3[0], TD3[1][:42] + "<" + TD3[1][43:]))
        assert "optional_data" in wrong(mrz)

    def test_expiry_date_may_be_left_out(self) -> None:
        mrz = parse(
            (
                "PNRUSZDRIL7K<<SERGEQ<ANATOL9EVI3<<<<<<<<<<<<",
                "3919353498RUS7207233M<<<<<<<4151218910003<50",
            )
        )
        assert mrz.expiry_date.is_unknown
        assert wrong(mrz) == []

    def test_surname_alone_and_given_names_alone(self) -> None:
        first = parse((*TD1[:2], "ARKFREITH<<<<<<<<<<<<<<<<<<<<<"))
        assert (first.primary_identifier, first.secondary_identifier) == ("ARKFREITH", "")
        second = parse((*TD1[:2], "<<ANNA<MARIA<<<<<<<<<<<<<<<<<<"))
        assert (second.primary_identifier, second.secondary_identifier) == ("", "ANNA MARIA")

    def test_names_that_fill_their_field_may_be_truncated(self) -> None:
        mrz = parse((*TD1[:2], "CACADOR<DE<ARAUJO<<ANDRE<ESTEV"))
        assert mrz.names_truncated
        assert mrz.primary_identifier == "CACADOR DE ARAUJO"

    def test_blanks_are_fillers_and_empty_lines_are_passed_over(self) -> None:
        spaced = ("", replaced(TD3[0], "<", " "), TD3[1], "")
        assert parse(spaced) == parse(TD3)

    @pytest.mark.parametrize("lines", [TD1, TD2, TD3])
    def test_text_of_data_group_1_has_no_line_breaks(self, lines: tuple[str, ...]) -> None:
        assert parse(["".join(lines)]) == parse(lines)


@pytest.mark.parametrize(
    "position", [number for number in range(43) if number not in {10, 11, 12, 20}]
)
def test_one_misread_character_in_the_second_line_is_noticed(position: int) -> None:
    line = TD3[1]
    other = "8" if line[position] != "8" else "9"
    assert wrong(parse((TD3[0], line[:position] + other + line[position + 1 :])))


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("",),
        ("P<UTOERIKSSON",),
        (TD3[0],),
        (TD3[0], TD2[1]),
        TD1[:2],
        (*TD3, TD3[1], TD3[1]),
        (TD3[0].lower(), TD3[1]),
        (replaced(TD3[0], "<", "«"), TD3[1]),
        ("99999999R", *TD1[:2]),
        ("A" * 89,),
    ],
)
def test_lines_without_a_known_layout(lines: tuple[str, ...]) -> None:
    with pytest.raises(UnreadableMrz) as caught:
        parse(lines)
    assert not any(line and line in str(caught.value) for line in lines)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "no known layout"),
        (TD1, None),
        ((*TD1, "", ""), None),
        ((*TD1, TD1[0]), "not the text of a machine readable zone"),
        ((*TD1[:2], TD1[2].lower()), "not the text of a machine readable zone"),
        ((TD1[0],), "no known layout"),
        ((*TD1[:2], TD1[2][:-1]), "no known layout"),
        (("".join(TD3) + "<",), "no known layout"),
        (("".join(TD3)[:-1],), "no known layout"),
        (("".join(TD3), ""), None),
        (("".join(TD3), TD3[0]), "no known layout"),
    ],
)
def test_what_is_wrong_with_lines_is_named(lines: tuple[str, ...], said: str | None) -> None:
    if said is None:
        parse(lines)
    else:
        with pytest.raises(UnreadableMrz, match=said):
            parse(lines)


@pytest.mark.parametrize("lines", ALL)
def test_nothing_personal_in_representations(lines: tuple[str, ...]) -> None:
    mrz = parse(lines)
    text = f"{mrz!r} {mrz!s} {mrz.birth_date!r} {mrz.check_digits!r}"
    for secret in (
        mrz.document_number,
        mrz.primary_identifier,
        mrz.secondary_identifier,
        mrz.birth_date.text,
        *mrz.lines,
    ):
        assert secret not in text
