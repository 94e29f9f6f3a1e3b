"""The technician's page, and the simulator panel on it, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PageError

from edge.border.reasons import WORDS
from edge.checks import Reason
from edge.gate.states import Door, Sign
from edge.screen.views import DeviceView, DoorView, LaneView, OutboxView, RateView, ShareView
from tests.support.browser import SIDEWAYS, chromium, contrasts
from tests.support.served_pages import LANE, Recorder, Served, passage, scene, served

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>{{7*7}}"
LEAST_CONTRAST = 4.5
FULL = LANE.model_copy(
    update={
        "simulated": True,
        "devices": (
            *LANE.devices,
            DeviceView(role="camera", driver="v4l", status="lost", detail="plug it in again"),
            DeviceView(role="gate", driver="virtual-gate", status="starting"),
        ),
        "passages": (
            passage("tx-2", Reason.FACE_NOMATCH, Reason.CHIP_CLONE),
            passage("tx-1", detail="pace-gm"),
        ),
    }
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def simulator() -> Recorder:
    return Recorder()


@pytest.fixture
def pages(simulator: Recorder) -> Iterator[Served]:
    with served(simulator) as here:
        yield here


@pytest.fixture
def page(browser: Browser, pages: Served) -> Iterator[Page]:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{pages.url}/technician")
        yield page
        assert complaints == []


def lane(**changes: object) -> LaneView:
    return FULL.model_copy(update=changes)


def test_what_a_technician_should_do_is_said(page: Page, pages: Served) -> None:
    pages.show(scene(lane=lane(notices=("the picture lies on its side: turn it", HOSTILE))))
    expect(page.locator("#notices li")).to_have_text(
        ["the picture lies on its side: turn it", HOSTILE]
    )
    assert min(contrasts(page).values()) >= LEAST_CONTRAST
    assert page.evaluate(SIDEWAYS) == []
    pages.show(scene(lane=FULL))
    expect(page.locator("#notices")).to_be_hidden()


def test_how_often_faces_are_refused_is_shown_once_there_is_something(
    page: Page, pages: Served
) -> None:
    pages.show(scene(lane=FULL))
    expect(page.locator("#rates-card")).to_be_hidden()
    some = ShareView(part=3, whole=120, low=0.0086, high=0.0709)
    none = ShareView(part=0, whole=0, low=0.0, high=1.0)
    rates = (
        RateView(group="all", travellers=124, not_matched=some, refused=some, strangers=none),
        RateView(group=HOSTILE, travellers=5, not_matched=none, refused=none, strangers=some),
    )
    pages.show(scene(lane=lane(rates=rates)))
    first = page.locator("#rates li").first
    expect(first).to_contain_text("124 travellers")
    expect(first).to_contain_text("not matched: 3 of 120 (0.86 % to 7.1 %)")
    expect(page.locator("#rates b").last).to_have_text(HOSTILE)
    assert min(contrasts(page).values()) >= LEAST_CONTRAST
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate(SIDEWAYS) == []


def test_the_lane_is_shown_and_follows(page: Page, pages: Served) -> None:
    pages.show(scene(lane=FULL))
    expect(page.get_by_role("heading", level=1)).to_have_text("lane-3 utopia-north")
    expect(page.locator("#state")).to_have_text("Ready")
    expect(page.locator("#doors")).to_contain_text("held")
    freed = {Door.EXIT: DoorView(free=True, position="moving")}
    pages.show(scene(Sign.GO, lane(state="Authorised", doors=freed)))
    expect(page.locator("#state")).to_have_text("Authorised")
    expect(page.locator("#doors")).to_contain_text("free")
    expect(page.locator("#doors")).to_contain_text("moving")
    expect(page).to_have_title("lane-3: Authorised")


def test_devices_say_how_they_are(page: Page, pages: Served) -> None:
    pages.show(scene(lane=FULL))
    devices = page.locator("#devices > li")
    expect(devices).to_have_count(4)
    expect(devices.nth(0)).to_contain_text("ready")
    expect(devices.nth(2)).to_contain_text("lost")
    expect(devices.nth(2)).to_contain_text("plug it in again")
    expect(devices.nth(3)).to_contain_text("starting")


def test_the_outbox_fills_while_the_broker_is_away(page: Page, pages: Served) -> None:
    pages.show(scene(lane=FULL))
    expect(page.locator("#broker")).to_contain_text("connected")
    outbox = OutboxView(depth=41, oldest_age_s=125.0)
    pages.show(scene(lane=lane(outbox=outbox)))
    expect(page.locator("#broker")).to_contain_text("away")
    expect(page.locator("#depth")).to_have_text("41")
    expect(page.locator("#oldest")).to_have_text("2 min 5 s")


def test_the_event_that_all_others_wait_behind_is_named(page: Page, pages: Served) -> None:
    pages.show(scene(lane=FULL))
    expect(page.locator("#broker")).to_contain_text("connected")
    expect(page.locator("#stall")).to_be_hidden()
    words = "the central system does not take event 7 (delivered 8 times)"
    outbox = OutboxView(depth=41, oldest_age_s=125.0, connected=True, detail=words)
    pages.show(scene(lane=lane(outbox=outbox)))
    expect(page.locator("#stall")).to_have_text(words)


def test_passages_fill_the_table_and_open_to_their_checks(page: Page, pages: Served) -> None:
    expect(page.get_by_text("Nobody has passed")).to_be_visible()
    pages.show(scene(lane=FULL))
    rows = page.locator("#passages > tr:not(.details-row)")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("referred")
    expect(rows.nth(0)).to_contain_text("R-FACE-NOMATCH")
    expect(rows.nth(0)).to_contain_text(WORDS[Reason.FACE_NOMATCH])
    expect(rows.nth(1)).to_contain_text("opened")
    expect(rows.nth(1)).to_contain_text("3.12 s")
    page.get_by_role("button", name="Checks and timings of tx-1").click()
    details = page.locator("#details-tx-1")
    expect(details).to_contain_text("chip.access")
    expect(details).to_contain_text("pace-gm")
    expect(details).to_contain_text("undetermined")
    expect(details).to_contain_text("2.89 s")


def test_an_open_row_stays_open_when_the_next_passage_comes(page: Page, pages: Served) -> None:
    pages.show(scene(lane=FULL))
    expander = page.get_by_role("button", name="Checks and timings of tx-1")
    expander.focus()
    page.keyboard.press("Enter")
    expect(expander).to_have_attribute("aria-expanded", "true")
    pages.show(scene(lane=lane(passages=(passage("tx-3"), *FULL.passages))))
    expect(page.locator("#passages > tr:not(.details-row)")).to_have_count(3)
    expect(page.locator("#passages code").first).to_have_text("tx-3")
    expect(page.locator("#details-tx-1")).to_be_visible()
    expect(expander).to_be_focused()


def test_old_passages_leave_the_table(page: Page, pages: Served) -> None:
    pages.show(scene(lane=FULL))
    expect(page.locator("#passages > tr")).to_have_count(4)
    pages.show(scene(lane=lane(passages=(passage("tx-3"), FULL.passages[0]))))
    expect(page.get_by_text("tx-1", exact=True)).to_have_count(0)
    expect(page.locator("#passages > tr")).to_have_count(4)


def test_a_hostile_text_is_only_text(page: Page, pages: Served) -> None:
    """What a document, a device or a name says must never run."""
    device = DeviceView(role=HOSTILE, driver=HOSTILE, status="lost", detail=HOSTILE)
    hostile = lane(
        site=HOSTILE,
        state=HOSTILE,
        version=HOSTILE,
        devices=(device,),
        passages=(passage(HOSTILE, detail=HOSTILE),),
    )
    pages.show(scene(lane=hostile))
    expect(page.locator("#state")).to_have_text(HOSTILE)
    expect(page.locator("#devices .detail")).to_have_text(HOSTILE)
    expect(page.locator("#passages > tr code").first).to_have_text(HOSTILE)
    expect(page.locator("main img, main script")).to_have_count(0)
    expect(page).to_have_title(f"lane-3: {HOSTILE}")


@pytest.mark.parametrize(
    "script",
    [
        "document.body.innerHTML = '<b>x</b>'",
        "document.write('x')",
        "new DOMParser().parseFromString('x', 'text/html')",
    ],
)
def test_markup_from_text_is_forbidden_by_the_page_itself(page: Page, script: str) -> None:
    with pytest.raises(PageError, match="TrustedHTML"):
        page.evaluate(script)


def test_a_dead_daemon_is_told(page: Page, pages: Served) -> None:
    pages.show(scene(lane=FULL))
    expect(page.locator("#state")).to_have_text("Ready")
    pages.stop()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#state")).to_have_text("Unknown")
    pages.start()
    pages.show(scene(lane=FULL))
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#state")).to_have_text("Ready")


def test_the_panel_sends_a_traveller(page: Page, pages: Served, simulator: Recorder) -> None:
    pages.show(scene(lane=FULL))
    page.get_by_role("radio", name="Impostor").check()
    expect(page.locator("#about")).to_have_text("Another person's passport.")
    page.get_by_role("button", name="Send traveller").click()
    expect(page.locator("#simulator-answer")).to_have_text("Impostor: sent.")
    assert simulator.ran == ["impostor"]


def test_the_panel_works_by_keyboard(page: Page, pages: Served, simulator: Recorder) -> None:
    pages.show(scene(lane=FULL))
    page.get_by_role("radio", name="Genuine traveller").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#simulator-answer")).to_have_text("Impostor: sent.")
    page.get_by_role("switch", name="Keep the broker away").focus()
    page.keyboard.press("Space")
    expect(page.locator("#simulator-answer")).to_have_text("The broker is away: events wait.")
    assert simulator.ran == ["impostor"]
    assert simulator.away == [True]


def test_the_panel_says_why_it_is_refused(page: Page, pages: Served) -> None:
    pages.show(scene(lane=FULL))
    page.get_by_role("radio", name="Reader unplugged").check()
    page.get_by_role("button", name="Send traveller").click()
    answer = page.locator("#simulator-answer")
    expect(answer).to_have_text("Refused: somebody is in the lane: wait until it is empty")
    expect(page.get_by_role("button", name="Send traveller")).to_be_enabled()


def test_the_switch_stays_where_the_broker_is(
    page: Page, pages: Served, simulator: Recorder
) -> None:
    pages.show(scene(lane=FULL))
    switch = page.get_by_role("switch", name="Keep the broker away")
    expect(switch).not_to_be_checked()
    simulator.away.append(True)
    switch.click()
    expect(page.locator("#simulator-answer")).to_contain_text("Refused")
    expect(switch).not_to_be_checked()


def test_in_live_operation_there_is_no_panel(browser: Browser) -> None:
    with served() as live, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{live.url}/technician")
        live.show(scene(lane=LANE))
        expect(page.locator("#state")).to_have_text("Ready")
        expect(page.locator("#simulator")).to_be_hidden()
        expect(page.get_by_text("TRAINING")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_by_day_and_night(
    browser: Browser, pages: Served, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(color_scheme=scheme, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{pages.url}/technician")
        pages.show(scene(lane=FULL))
        page.get_by_role("button", name="Checks and timings of tx-2").click()
        expect(page.get_by_role("radio")).to_have_count(3)
        found = contrasts(page)
        assert len(found) > 20
        assert min(found.values()) >= LEAST_CONTRAST, found


@pytest.mark.parametrize("width", [320, 768, 1280, 3840])
def test_it_fits_every_screen(page: Page, pages: Served, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    pages.show(scene(lane=FULL))
    page.get_by_role("button", name="Checks and timings of tx-2").click()
    expect(page.locator("#details-tx-2")).to_be_visible()
    assert page.evaluate(SIDEWAYS) == []
