"""Vectors collected from the tests of other libraries (shared data): verdicts and fields."""

from __future__ import annotations

import json

import pytest

from edge.errors import UnreadableMrz
from edge.mrz import MachineReadableZone, parse
from tests.support.shared_data import shared

pytestmark = pytest.mark.shared

NO_VERDICT = {"FRA-ID", "CHE-DL"}

OTHER_NUMBER_VERDICT = {
    "IDBEL000590240<6013<<<<<<<<<<<",  # Belgian digit, computed over the filler
    "I<UTOSTEVENSON<<PETER<<JOHN<<<<<<<<<",  # long number in a TD2: Doc 9303-11 D.2
    "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<",
}
"""First lines whose document number we call right and the collection, knowing less, wrong."""

NAMES = {
    "documentCode": "document_code",
    "issuingState": "issuing_state",
    "nationality": "nationality",
    "lastName": "primary_identifier",
    "firstName": "secondary_identifier",
    "personalNumber": "optional_data",
    "optional2": "optional_data_2",
}
DIGITS = {
    "birthDateCheckDigit": "birth_date",
    "expirationDateCheckDigit": "expiry_date",
    "personalNumberCheckDigit": "optional_data",
    "compositeCheckDigit": "composite",
}


def test_check_digit_verdicts() -> None:
    compared = 0
    for vector in json.loads(shared("mrz/vectors.json").read_text()):
        if vector["format"] in NO_VERDICT:
            continue
        mrz = parse(vector["lines"])
        verdicts = [digit.ok for digit in mrz.check_digits]
        expected = vector["check_digits_ok"]
        if vector["lines"][0] in OTHER_NUMBER_VERDICT:
            expected = [True, *expected[1:]]
        assert verdicts == expected, vector["sources"]
        assert mrz.format.replace("-", "") == vector["format"]
        compared += 1
    assert compared == 79


def test_vectors_without_verdicts_parse_or_have_no_layout() -> None:
    formats = []
    for vector in json.loads(shared("mrz/vectors.json").read_text()):
        if vector["format"] == "FRA-ID":
            formats.append(parse(vector["lines"]).format)
        elif vector["format"] == "CHE-DL":  # lines of two documents, not a licence
            with pytest.raises(UnreadableMrz):
                parse(vector["lines"])
    assert formats == ["FRA-ID"] * 7


def test_fields() -> None:
    compared = 0
    for case in json.loads(shared("mrz/expected_fields.json").read_text()):
        if not case["fields"] or len(case["lines"]) == 1:
            continue
        mrz = parse(case["lines"])
        for name, value in case["fields"].items():
            if value is not None:
                assert field(mrz, name) == value, (case["name"], name)
                compared += 1
        if case["valid"]:
            assert all(digit.ok for digit in mrz.check_digits), case["name"]
    assert compared == 108


def test_lines_called_wrong_format_have_no_layout() -> None:
    cases = json.loads(shared("mrz/expected_fields.json").read_text())
    wrong = [case["lines"] for case in cases if case["name"] == "Wrong format"]
    assert wrong
    for lines in wrong:
        with pytest.raises(UnreadableMrz):
            parse(lines)


def test_pages_read_by_eye_have_right_check_digits() -> None:
    pages = json.loads(shared("mrz/pages.json").read_text())
    valid = [page for page in pages.values() if "all check digits valid" in page["how"]]
    assert valid
    for page in valid:
        assert all(digit.ok for digit in parse(page["lines"]).check_digits)


def field(mrz: MachineReadableZone, name: str) -> str:
    """One of our fields in the words of the collection."""
    found = {digit.name: digit.found for digit in mrz.check_digits}
    if name in DIGITS:
        return found[DIGITS[name]]
    if name in NAMES:
        return str(getattr(mrz, NAMES[name]))
    return special(mrz, name, found)


def special(mrz: MachineReadableZone, name: str, found: dict[str, str]) -> str:
    """Fields we keep in another type, or in one piece.

    The collection counts the rest of a long number and its check digit as optional data.
    """
    number = mrz.document_number
    spilled = number[9:] + found["document_number"] if mrz.format == "TD1" and number[9:] else ""
    return {
        "birthDate": mrz.birth_date.text,
        "expirationDate": mrz.expiry_date.text,
        "sex": {"M": "male", "F": "female"}.get(mrz.sex, ""),
        "optional1": spilled + mrz.optional_data,
        "documentNumber": number[7:] if mrz.format == "FRA-ID" else number,
        "documentNumberCheckDigit": found.get("document_number", ""),
        "issueDate": number[:4],
        "administrativeCode2": number[4:7],
        "administrativeCode": mrz.optional_data,
        "languageCode": number[6:7],
        "pinCode": mrz.optional_data[:9],
        "versionNumber": mrz.optional_data[9:],
    }[name]
