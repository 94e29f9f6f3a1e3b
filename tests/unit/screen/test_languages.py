"""The catalogues: complete in every language, and short."""

from __future__ import annotations

import pytest

from edge.errors import SettingsError
from edge.gate.states import Sign
from edge.screen import languages
from edge.screen.languages import Catalogue

CATALOGUES = languages.load()
LONGEST_WORDS = 5


def test_the_languages_of_the_region_are_there() -> None:
    assert set(CATALOGUES) == {"en", "es", "fr", "ht", "nl", "pt"}


@pytest.mark.parametrize("code", CATALOGUES)
def test_every_sign_has_its_words(code: str) -> None:
    assert set(CATALOGUES[code].signs) == set(Sign)


@pytest.mark.parametrize("code", CATALOGUES)
def test_every_language_says_as_much_as_english(code: str) -> None:
    one, english = CATALOGUES[code], CATALOGUES["en"]
    assert set(one.more) == set(english.more)
    assert set(one.hints) == set(english.hints)


def phrases(one: Catalogue) -> list[str]:
    texts = [one.name, one.choose, one.training, one.keep, one.otherwise]
    return [*texts, *one.signs.values(), *one.more.values(), *one.hints.values()]


@pytest.mark.parametrize("code", CATALOGUES)
def test_nobody_reads_more_than_five_words(code: str) -> None:
    for phrase in phrases(CATALOGUES[code]):
        assert phrase.strip() == phrase
        words = [word for word in phrase.split() if any(map(str.isalnum, word))]
        assert 1 <= len(words) <= LONGEST_WORDS, phrase


@pytest.mark.parametrize("code", CATALOGUES)
def test_signs_differ_from_one_another(code: str) -> None:
    signs = list(CATALOGUES[code].signs.values())
    assert len(set(signs)) == len(signs)


def test_an_unknown_language_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"'esp'.*did you mean 'es'"):
        languages.require("esp", CATALOGUES)


def test_a_language_like_no_other_names_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"there are en, es, fr, ht, nl, pt$"):
        languages.require("zz", CATALOGUES)
