"""Which signer may sign for which state, over all the states there are (Doc 9303-3 §5)."""

from __future__ import annotations

import pytest

from edge.mrz.states import ALPHA2
from edge.trust.countries import may_issue, normalised

TERRITORIES = {
    "AIA": "AI",
    "BMU": "BM",
    "FLK": "FK",
    "GIB": "GI",
    "IOT": "IO",
    "CYM": "KY",
    "MSR": "MS",
    "PCN": "PN",
    "SHN": "SH",
    "TCA": "TC",
    "VGB": "VG",
}
"""British overseas territories with passports of their own."""
SIGNERS = sorted({normalised(letters) for letters in ALPHA2.values() if letters})


def signers_of(state: str) -> set[str]:
    return {signer for signer in SIGNERS if may_issue(signer, state)}


def test_a_state_signs_for_itself_and_for_nobody_else() -> None:
    others = {"GBD", "CHN", "HKG", "MAC", *TERRITORIES}
    for code, letters in ALPHA2.items():
        if code not in others and letters:
            assert signers_of(code) == {letters}, code


def test_a_british_territory_signs_for_itself_and_the_united_kingdom_for_it() -> None:
    for code, letters in TERRITORIES.items():
        assert signers_of(code) == {letters, "GB"}, code
    assert signers_of("GBD") == {"GB", *TERRITORIES.values()}
    assert signers_of("GBR") == {"GB"}


def test_hong_kong_and_macao_sign_for_china_and_china_for_them() -> None:
    assert signers_of("CHN") == {"CN", "HK", "MO"}
    assert signers_of("HKG") == {"CN", "HK"}
    assert signers_of("MAC") == {"CN", "MO"}


@pytest.mark.parametrize(
    ("signer", "state"), [("", "DEU"), ("DE", "XXA"), ("DE", "ZZZ"), ("DE", "")]
)
def test_where_one_of_both_is_not_known_nothing_is(signer: str, state: str) -> None:
    assert may_issue(signer, state) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("UK", "GB"),
        ("XK", "KS"),
        ("RKS", "KS"),
        ("GBR", "GB"),
        ("D", "DE"),
        ("d", "DE"),
        ("deu", "DE"),
        ("E", "E"),
        ("", ""),
        ("DEUX", "DEUX"),
        (" gb ", "GB"),
    ],
)
def test_names_of_states_in_certificates(written: str, meant: str) -> None:
    assert normalised(written) == meant
