"""Issuer codes against ISO 3166 and the codes Doc 9303 adds."""

from __future__ import annotations

import pytest

from edge.mrz.states import ALPHA2, ISO_3166, alpha2, is_known


@pytest.mark.parametrize(
    ("code", "letters"),
    [
        ("D", "DE"),
        ("D<<", "DE"),
        ("DEU", "DE"),
        ("UTO", "UT"),
        ("GBD", "GB"),
        ("GBN", "GB"),
        ("GBO", "GB"),
        ("GBP", "GB"),
        ("GBS", "GB"),
        ("GBR", "GB"),
        ("EUE", "EU"),
        ("UNO", "UN"),
        ("UNA", "UN"),
        ("XOM", "XO"),
        ("RKS", "KS"),
        ("CHE", "CH"),
        ("AUT", "AT"),
        ("AUS", "AU"),
        ("SVK", "SK"),
        ("SVN", "SI"),
    ],
)
def test_letters_of_signing_certificates(code: str, letters: str) -> None:
    assert alpha2(code) == letters


@pytest.mark.parametrize("code", ["XXA", "XXB", "XXC", "XXX", "XCE"])
def test_known_codes_without_certificates(code: str) -> None:
    assert is_known(code)
    assert alpha2(code) is None


@pytest.mark.parametrize("code", ["", "<<<", "ZZZ", "uto", "UT", "UTOO"])
def test_unknown_codes(code: str) -> None:
    assert not is_known(code)
    assert alpha2(code) is None


def test_iso_3166_is_complete_and_unambiguous() -> None:
    pairs = [pair.split(":") for pair in ISO_3166.split()]
    assert len(pairs) == 249
    assert len({three for three, _ in pairs}) == len({two for _, two in pairs}) == 249
    assert all(len(three) == 3 and len(two) == 2 for three, two in pairs)
    assert len(ALPHA2) > 249
