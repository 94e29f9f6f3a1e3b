"""A technician aligns the camera of a real daemon, in a real browser; then a traveller comes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import egated as daemon
from tests.support.browser import SIDEWAYS, chromium, contrasts
from tests.support.egated import Egated, Table, egated
from tests.support.face import faces
from tests.support.real_lane import order

pytestmark = pytest.mark.browser

LEAST_CONTRAST = 4.5
DRAWN = """() => {
    const canvas = document.getElementById("camera-picture");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, place) => place % 4 !== 3 && value !== 0);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@contextmanager
def gate_with_a_face(folder: Path, specimens: Path) -> Iterator[tuple[Egated, Table]]:
    """A virtual lane whose camera plays the picture of a person."""
    table = daemon.lane(folder, specimens) | {"policy": daemon.policy_for_stills(folder)}
    (folder / "camera").mkdir()
    faces.live().save(folder / "camera/face.png")
    table["devices"]["camera"] = {"driver": "camera-files", "folder": str(folder / "camera")}
    with egated(daemon.write(folder / "gate.toml", table), folder) as gate:
        gate.until_ready()
        yield gate, table


def technician(browser: Browser, table: Table, width: int = 1280) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"http://127.0.0.1:{table['screen']['port']}/technician")
    return page


def test_the_picture_comes_on_request_and_ends_when_a_document_is_presented(
    browser: Browser, tmp_path: Path, specimens: Path
) -> None:
    with gate_with_a_face(tmp_path, specimens) as (gate, table):
        page = technician(browser, table)
        button = page.get_by_role("button", name="live picture")
        expect(button).to_be_visible()
        assert not page.evaluate(DRAWN)
        button.click()
        expect(page.locator("#camera-measures")).to_contain_text("sharpness")
        expect(page.locator("#camera-facts")).to_contain_text("1 face, eyes")
        assert page.evaluate(DRAWN)
        assert min(contrasts(page).values()) >= LEAST_CONTRAST
        assert page.evaluate(SIDEWAYS) == []
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate(SIDEWAYS) == []
        gate.until_said("preview_opened")

        order(table, "/simulator/run", {"scenario": "genuine"})
        assert gate.until_said("preview_ended")["cause"] == "a traveller is being served"
        expect(page.locator("#camera-answer")).to_contain_text("Ended")
        expect(page.locator("#camera-measures")).to_be_empty()
        assert not page.evaluate(DRAWN), "nothing of the picture stays on the page"
        assert gate.until_said("transaction_closed")["decision"] == "open"
        page.close()
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert gate.errors == ""


def test_a_camera_that_gives_no_picture_is_not_left_as_a_black_square(
    browser: Browser, tmp_path: Path, specimens: Path
) -> None:
    table = daemon.lane(tmp_path, specimens)  # before its camera is somebody only now and then
    with egated(daemon.write(tmp_path / "gate.toml", table), tmp_path) as gate:
        gate.until_ready()
        page = technician(browser, table)
        page.get_by_role("button", name="Show live picture").click()
        expect(page.locator("#camera-answer")).to_have_text("The camera gives no picture.")
        page.close()


def test_it_is_shown_again_when_asked_again_and_ends_with_the_button(
    browser: Browser, tmp_path: Path, specimens: Path
) -> None:
    with gate_with_a_face(tmp_path, specimens) as (gate, table):
        page = technician(browser, table)
        for _ in range(2):
            page.get_by_role("button", name="Show live picture").click()
            expect(page.locator("#camera-measures")).to_contain_text("yaw")
            page.get_by_role("button", name="End live picture").click()
            expect(page.locator("#camera-measures")).to_be_empty()
            gate.until_said("preview_opened")
            assert gate.until_said("preview_ended")["cause"] == "the page ended it"
        page.close()


def test_a_gate_that_is_told_to_shows_none(
    browser: Browser, tmp_path: Path, specimens: Path
) -> None:
    table = daemon.lane(tmp_path, specimens)
    table["screen"]["preview"] = "off"
    with egated(daemon.write(tmp_path / "gate.toml", table), tmp_path) as gate:
        gate.until_ready()
        page = technician(browser, table)
        expect(page.locator("#state")).to_have_text("Ready")
        expect(page.locator("#camera")).to_be_hidden()
        page.close()
