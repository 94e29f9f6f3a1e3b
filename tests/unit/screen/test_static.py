"""The pages' files: nothing from elsewhere, nothing inline, nothing that makes markup of text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.gate.states import Sign
from edge.screen import languages
from edge.screen.resources import STATIC

FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())
PAGES = [path for path in FILES if path.suffix == ".html"]
SCRIPTS = [path for path in FILES if path.suffix == ".js"]


def name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", FILES, ids=name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text(encoding="utf-8"))
    assert set(addresses) <= {"http://www.w3.org"}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_scripts_and_styles_have_files_of_their_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_no_text_becomes_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    makers = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser"
    )
    assert not re.search(makers, text)


def test_every_sign_has_a_pictogram() -> None:
    text = (STATIC / "traveller.html").read_text(encoding="utf-8")
    drawn = re.findall(r'data-scene="([^"]+)"', text)
    assert sorted(drawn) == sorted(sign.value for sign in Sign)


def test_every_guide_that_is_drawn_has_its_words() -> None:
    text = (STATIC / "traveller.html").read_text(encoding="utf-8")
    hints = {hint.removeprefix("take-off-") for hint in languages.load()["en"].hints}
    assert set(re.findall(r'data-guide="([^"]+)"', text)) <= hints
