"""The traveller's page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.gate.states import Sign
from edge.screen import languages
from edge.screen.views import TravellerView
from tests.support.browser import ANIMATIONS, SIDEWAYS, chromium, contrasts
from tests.support.served_pages import Served, scene, served

pytestmark = pytest.mark.browser

CATALOGUES = languages.load()
ENGLISH = CATALOGUES["en"]
SIZES = [(320, 568), (720, 1280), (1280, 720), (1080, 1920), (3840, 2160)]
LEAST_CONTRAST = 7.0
LEAST_TARGET_PX = 44


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def pages() -> Iterator[Served]:
    with served() as here:
        yield here


@pytest.fixture
def page(browser: Browser, pages: Served) -> Iterator[Page]:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(pages.url)
        yield page


def expect_sign(page: Page, sign: Sign, words: str | None = None) -> None:
    """Words, picture and colour say the same."""
    expect(page.locator("h1")).to_have_text(words or ENGLISH.signs[sign])
    expect(page.locator("body")).to_have_attribute("data-sign", sign.value)
    shown = page.locator("[data-scene]:visible")
    expect(shown).to_have_count(1)


def test_it_is_closed_until_the_gate_says_otherwise(page: Page) -> None:
    expect_sign(page, Sign.CLOSED)


def test_every_sign_is_shown_as_it_comes(page: Page, pages: Served) -> None:
    for sign in [*Sign, *reversed(Sign)]:
        pages.show(scene(TravellerView(sign=sign, hint=None)))
        words = ENGLISH.hints["look-here"] if sign is Sign.LOOK_HERE else None
        expect_sign(page, sign, words)
        expect(page.locator(f"[data-scene={sign.value}]")).to_be_visible()


def test_the_chip_fills_the_ring(page: Page, pages: Served) -> None:
    ring = page.get_by_role("progressbar")
    for percent in (0, 40, 100):
        pages.show(scene(TravellerView(sign=Sign.WAIT, progress=percent)))
        expect(ring).to_have_attribute("aria-valuenow", str(percent))
        expect(page.get_by_text(ENGLISH.keep)).to_be_visible()
    pages.show(scene(Sign.WAIT))
    expect(ring).to_have_count(0)
    expect(page.get_by_text(ENGLISH.keep)).to_have_count(0)


def test_the_document_stays_while_the_chip_is_read_and_the_camera_guides(
    page: Page, pages: Served
) -> None:
    pages.show(scene(TravellerView(sign=Sign.LOOK_HERE, hint="hold-still", progress=30)))
    expect_sign(page, Sign.LOOK_HERE, ENGLISH.hints["hold-still"])
    expect(page.get_by_text(ENGLISH.keep)).to_be_visible()


@pytest.mark.parametrize("sign", [Sign.WAIT, Sign.LOOK_HERE])
def test_the_camera_guides(page: Page, pages: Served, sign: Sign) -> None:
    for hint, words in ENGLISH.hints.items():
        pages.show(scene(TravellerView(sign=sign, hint=hint)))
        expect_sign(page, sign, words)
        expect(page.locator("[data-scene=look-here]")).to_be_visible()


def test_who_cannot_read_sees_what_to_do(page: Page, pages: Served) -> None:
    like = {"look-straight": "look-here"}
    for hint in ENGLISH.hints:
        pages.show(scene(TravellerView(sign=Sign.LOOK_HERE, hint=hint)))
        expect_sign(page, Sign.LOOK_HERE, ENGLISH.hints[hint])
        guide = page.locator("[data-guide]:visible")
        expect(guide).to_have_count(1)
        drawn = like.get(hint, hint).removeprefix("take-off-")
        expect(guide).to_have_attribute("data-guide", drawn)


def test_an_unknown_hint_reads_look_here(page: Page, pages: Served) -> None:
    pages.show(scene(TravellerView(sign=Sign.WAIT, hint='"]<img src=x onerror=alert(1)>')))
    expect_sign(page, Sign.WAIT, ENGLISH.hints["look-here"])
    expect(page.locator("[data-scene=look-here]")).to_have_attribute("data-guided", "look-here")


def test_training_is_plain_to_see(page: Page, pages: Served) -> None:
    band = page.get_by_text(ENGLISH.training)
    pages.show(scene(TravellerView(sign=Sign.GO, simulated=True)))
    expect(band).to_be_visible()
    pages.show(scene(Sign.GO))
    expect(band).to_be_hidden()


def test_the_traveller_chooses_a_language_and_the_next_one_again(page: Page, pages: Served) -> None:
    pages.show(scene())
    expect_sign(page, Sign.PRESENT_DOCUMENT)
    page.get_by_role("button", name="Kreyòl").click()
    expect_sign(page, Sign.PRESENT_DOCUMENT, CATALOGUES["ht"].signs[Sign.PRESENT_DOCUMENT])
    expect(page.locator("html")).to_have_attribute("lang", "ht")
    expect(page.get_by_role("button", pressed=True)).to_have_text("Kreyòl")
    pages.show(scene(TravellerView(sign=Sign.GO, language="pt")))
    expect_sign(page, Sign.GO, CATALOGUES["ht"].signs[Sign.GO])
    pages.show(scene())
    expect_sign(page, Sign.PRESENT_DOCUMENT)


def test_the_document_suggests_a_language(page: Page, pages: Served) -> None:
    pages.show(scene(TravellerView(sign=Sign.WAIT, language="fr")))
    expect_sign(page, Sign.WAIT, CATALOGUES["fr"].signs[Sign.WAIT])
    pages.show(scene(TravellerView(sign=Sign.GO, language="constructor")))
    expect_sign(page, Sign.GO)


def test_the_keyboard_reaches_every_language(page: Page, pages: Served) -> None:
    pages.show(scene())
    expect_sign(page, Sign.PRESENT_DOCUMENT)
    for one in CATALOGUES.values():
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=one.name)).to_be_focused()
    page.keyboard.press("Enter")
    last = CATALOGUES[list(CATALOGUES)[-1]]
    expect_sign(page, Sign.PRESENT_DOCUMENT, last.signs[Sign.PRESENT_DOCUMENT])


def test_a_dead_daemon_never_leaves_a_stale_go(page: Page, pages: Served) -> None:
    pages.show(scene(Sign.GO))
    expect_sign(page, Sign.GO)
    pages.stop()
    expect_sign(page, Sign.CLOSED)
    pages.start()
    pages.show(scene())
    expect_sign(page, Sign.PRESENT_DOCUMENT)


def test_a_daemon_back_without_a_scene_shows_nothing_of_before(page: Page, pages: Served) -> None:
    pages.show(scene(Sign.GO))
    expect_sign(page, Sign.GO)
    pages.stop()
    expect_sign(page, Sign.CLOSED)
    with page.expect_response(lambda answer: "/live/" in answer.url):
        pages.start()
    expect_sign(page, Sign.CLOSED)


def test_a_hanging_daemon_never_leaves_a_stale_go(page: Page, pages: Served) -> None:
    pages.show(scene(Sign.GO))
    expect_sign(page, Sign.GO)
    with pages.frozen():
        expect_sign(page, Sign.CLOSED)
    expect_sign(page, Sign.GO)


@pytest.mark.parametrize(
    ("before", "after"), [(Sign.EVACUATE, Sign.EVACUATE), (Sign.GO, Sign.CLOSED)]
)
def test_an_evacuation_outlives_the_daemon(
    page: Page, pages: Served, before: Sign, after: Sign
) -> None:
    page.clock.install()
    page.goto(pages.url)
    pages.show(scene(before))
    expect_sign(page, before)
    pages.stop()
    page.clock.fast_forward(60_000)
    expect_sign(page, after)
    pages.start()
    pages.show(scene())
    expect_sign(page, Sign.PRESENT_DOCUMENT)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_fits_every_screen(page: Page, pages: Served, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for sign in Sign:
        pages.show(scene(TravellerView(sign=sign, simulated=True)))
        expect(page.locator("body")).to_have_attribute("data-sign", sign.value)
        assert page.evaluate(SIDEWAYS) == []
        for part in (page.locator("h1"), page.locator("[data-scene]:visible")):
            expect(part).to_be_in_viewport(ratio=1)


def test_words_stand_out_and_targets_are_large(page: Page, pages: Served) -> None:
    for sign in Sign:
        pages.show(scene(TravellerView(sign=sign, simulated=True)))
        expect(page.locator("body")).to_have_attribute("data-sign", sign.value)
        expect(page.get_by_text(ENGLISH.training)).to_be_visible()
        found = contrasts(page)
        assert found
        assert min(found.values()) >= LEAST_CONTRAST, found
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= LEAST_TARGET_PX


def test_a_referral_is_not_red(page: Page, pages: Served) -> None:
    pages.show(scene(Sign.SEE_OFFICER))
    expect_sign(page, Sign.SEE_OFFICER)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, _, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    assert blue > 2 * red


def test_the_words_are_announced_and_the_picture_is_not(page: Page) -> None:
    expect(page.get_by_role("status")).to_have_attribute("aria-live", "assertive")
    expect(page.get_by_role("status").get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_accessible_name(ENGLISH.choose)
    expect(page.locator(".pictograms")).to_have_attribute("aria-hidden", "true")


@pytest.mark.parametrize(("wish", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_who_asked_for_stillness(
    browser: Browser, pages: Served, wish: Literal["reduce", "no-preference"], moves: bool
) -> None:
    with browser.new_context(reduced_motion=wish) as context:
        page = context.new_page()
        page.goto(pages.url)
        pages.show(scene())
        expect_sign(page, Sign.PRESENT_DOCUMENT)
        assert bool(page.evaluate(ANIMATIONS)) is moves
