"""Writes machine readable zones for specimens: the inverse of `edge.mrz.parse`.

Dates are YYMMDD as printed, names are A-Z with spaces, hyphens or apostrophes between their parts.
Every function raises ValueError for text that no machine readable zone can hold.
"""

from __future__ import annotations

from edge.mrz.digits import FILLER, check_digit

NUMBER_WIDTH = 9
SHORTEST_SECONDARY = 3
"""The double filler and one letter: truncation keeps this much of the secondary identifier."""


def td1(  # noqa: PLR0913, PLR0917 - one argument a field
    document_code: str,
    issuing_state: str,
    primary: str,
    secondary: str,
    document_number: str,
    nationality: str,
    birth_date: str,
    sex: str,
    expiry_date: str,
    optional: str = "",
    optional_2: str = "",
) -> tuple[str, str, str]:
    """Compose the three lines of a card (ICAO Doc 9303-5 §4.2.2)."""
    number, optional = _number(document_number, optional)
    first = _code(document_code, issuing_state) + number + _filled(optional, 15)
    birth, expiry = _dated(birth_date), _dated(expiry_date)
    second = birth + _filled(sex, 1) + expiry + _filled(nationality, 3) + _filled(optional_2, 11)
    composite = check_digit(first[5:] + birth + expiry + second[18:])
    return first, second + composite, _names(primary, secondary, 30)


def td2(  # noqa: PLR0913, PLR0917 - one argument a field
    document_code: str,
    issuing_state: str,
    primary: str,
    secondary: str,
    document_number: str,
    nationality: str,
    birth_date: str,
    sex: str,
    expiry_date: str,
    optional: str = "",
) -> tuple[str, str]:
    """Compose the two lines of a middle-sized document (ICAO Doc 9303-6 §4.2.2)."""
    number, optional = _number(document_number, optional)
    birth, expiry, rest = _dated(birth_date), _dated(expiry_date), _filled(optional, 7)
    second = number + _filled(nationality, 3) + birth + _filled(sex, 1) + expiry + rest
    composite = check_digit(number + birth + expiry + rest)
    return _code(document_code, issuing_state) + _names(primary, secondary, 31), second + composite


def td3(  # noqa: PLR0913, PLR0917 - one argument a field
    document_code: str,
    issuing_state: str,
    primary: str,
    secondary: str,
    document_number: str,
    nationality: str,
    birth_date: str,
    sex: str,
    expiry_date: str,
    optional: str = "",
) -> tuple[str, str]:
    """Compose the two lines of a passport (ICAO Doc 9303-4 §4.2.2)."""
    number = _guarded(_filled(document_number, NUMBER_WIDTH))
    birth, expiry, rest = _dated(birth_date), _dated(expiry_date), _guarded(_filled(optional, 14))
    second = number + _filled(nationality, 3) + birth + _filled(sex, 1) + expiry + rest
    composite = check_digit(number + birth + expiry + rest)
    return _code(document_code, issuing_state) + _names(primary, secondary, 39), second + composite


def _code(document_code: str, issuing_state: str) -> str:
    return _filled(document_code, 2) + _filled(issuing_state, 3)


def _number(document_number: str, optional: str) -> tuple[str, str]:
    """Return the number field with its check digit, and the optional data with the rest of it."""
    if len(document_number) <= NUMBER_WIDTH:
        return _guarded(_filled(document_number, NUMBER_WIDTH)), optional
    spilled = document_number[NUMBER_WIDTH:] + check_digit(document_number)
    return document_number[:NUMBER_WIDTH] + FILLER, FILLER.join([spilled, optional])


def _names(primary: str, secondary: str, width: int) -> str:
    """Join and truncate the names (ICAO Doc 9303-4 §4.2.3)."""
    first, second = _joined(primary), _joined(secondary)
    if second:
        first = first[: width - SHORTEST_SECONDARY] + FILLER * 2 + second
    return _filled(first[:width], width)


def _joined(name: str) -> str:
    """Put fillers for blanks and hyphens, leave apostrophes out (ICAO Doc 9303-3 §4.6)."""
    return FILLER.join(name.replace("'", "").replace("-", " ").split())


def _dated(text: str) -> str:
    return _guarded(_filled(text, 6))


def _guarded(text: str) -> str:
    return text + check_digit(text)


def _filled(text: str, width: int) -> str:
    if len(text) > width:
        raise ValueError(f"longer than its field of {width} characters")
    check_digit(text)  # refuses characters no machine readable zone has
    return text.ljust(width, FILLER)
