"""Both pages of a running daemon in a real browser, while travellers come and go."""

from __future__ import annotations

import http.client
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, ViewportSize, expect

from edge.gate.states import Sign
from edge.screen import languages
from tests.support import egated as daemon
from tests.support.browser import SIDEWAYS, chromium
from tests.support.egated import STUCK_S, Egated, Table, egated
from tools.specimen.issue import SCENARIOS, Scenario

pytestmark = pytest.mark.browser

ENGLISH = languages.load()["en"]
PHONE: ViewportSize = {"width": 390, "height": 844}
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}

NOTE = """
window.seen = [];
addEventListener("DOMContentLoaded", () => {
  const text = (selector) => document.querySelector(selector)?.textContent ?? null;
  const note = () => {
    const progress = document.querySelector("#progress:not([hidden])");
    const now = {
      sign: document.body.dataset.sign,
      words: text("h1"),
      more: text("#more"),
      progress: progress === null ? null : Number(progress.getAttribute("aria-valuenow")),
      state: text("#state"),
      reader: text("#devices li:nth-child(2) .status"),
      broker: text("#broker"),
      waiting: Number(text("#depth")),
    };
    const last = window.seen.at(-1);
    if (JSON.stringify(now) !== JSON.stringify(last)) window.seen.push(now);
  };
  new MutationObserver(note).observe(document.body, {
    subtree: true, childList: true, attributes: true, characterData: true,
  });
});
"""
"""Makes a page note everything it shows, however short."""

WAY_OF_THE_GENUINE = "wait look-here go (wait )?present-document"
WAY_TO_THE_OFFICER = "wait (look-here )?see-officer (wait )?present-document"
WAYS = {
    "genuine": WAY_OF_THE_GENUINE,
    # Sensors may have counted two before the document is read at all.
    "tailgater": "(wait )?(look-here )?see-officer (wait )?present-document",
    "reader-unplugged": "wait (look-here )?see-officer (wait )?closed present-document",
}


@dataclass(frozen=True, slots=True)
class Screens:
    """The two pages of a gate, side by side."""

    traveller: Page
    technician: Page
    complaints: list[str]
    """What went wrong in the browser, and every request to another host."""

    def expect_ready(self) -> None:
        expect(self.traveller.locator("h1")).to_have_text(ENGLISH.signs[Sign.PRESENT_DOCUMENT])
        expect(self.technician.locator("#state")).to_have_text("Ready")

    def send(self, scenario: Scenario) -> None:
        """Pick a traveller in the simulator panel, and send them."""
        page = self.technician
        page.get_by_role("radio", name=scenario.title, exact=True).check()
        expect(page.locator("#about")).to_have_text(scenario.about)
        page.get_by_role("button", name="Send traveller").click()
        expect(page.locator("#simulator-answer")).to_have_text(f"{scenario.title}: sent.")

    def pass_through(self, scenario: Scenario) -> None:
        """Send a traveller and wait until the gate is ready for the next."""
        self.expect_ready()
        newest = self.passages.first.locator("td:nth-child(2)")
        before = newest.inner_text() if self.passages.count() else ""
        self.forget()
        self.send(scenario)
        expect(newest).not_to_have_text(before)
        self.expect_ready()

    def forget(self) -> None:
        for page in (self.traveller, self.technician):
            page.evaluate("() => { window.seen = []; }")

    @property
    def passages(self) -> Locator:
        """Rows of the technician's table, newest first."""
        return self.technician.locator("#passages > tr:not(.details-row)")

    def shown(self) -> list[dict[str, Any]]:
        """Everything the traveller's page has shown."""
        return list(self.traveller.evaluate("window.seen"))

    def watched(self) -> list[dict[str, Any]]:
        """Everything the technician's page has shown."""
        return list(self.technician.evaluate("window.seen"))


@contextmanager
def screens(browser: Browser, table: Table, host: str = "127.0.0.1") -> Iterator[Screens]:
    """Open both pages of a gate; at the end nothing may have gone wrong in them."""
    address = f"{host}:{table['screen']['port']}"
    complaints: list[str] = []

    def hear(kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            complaints.append(text)

    def watch(asked: Request) -> None:
        if urlsplit(asked.url).netloc != address:
            complaints.append(asked.url)

    with browser.new_context(reduced_motion="reduce") as context:
        context.add_init_script(NOTE)
        context.on("console", lambda message: hear(message.type, message.text))
        context.on("weberror", lambda error: hear("error", str(error.error)))
        context.on("request", watch)
        found = Screens(context.new_page(), context.new_page(), complaints)
        found.traveller.goto(f"http://{address}/")
        found.technician.goto(f"http://{address}/technician")
        found.expect_ready()
        yield found
        assert complaints == []


def lane(folder: Path, specimens: Path) -> Table:
    """A virtual lane whose chips take as long as those of `make run`."""
    table = daemon.lane(folder, specimens)
    chip = {"apdu_latency_s": 0.02, "computing_s": 0.15, "bit_rate": 424000}
    table["devices"]["chip-reader"] |= chip
    return table


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def table(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, specimens: Path
) -> Iterator[Table]:
    """A lane that runs while the tests of this file do."""
    folder = tmp_path_factory.mktemp("lane")
    found = lane(folder, specimens)
    with egated(daemon.write(folder / "gate.toml", found), folder) as gate:
        gate.until_ready()
        yield found


@pytest.fixture
def pages(browser: Browser, table: Table) -> Iterator[Screens]:
    with screens(browser, table) as found:
        yield found


@pytest.mark.parametrize("name", BY_NAME)
def test_the_traveller_is_led_to_the_gate_or_an_officer_and_the_technician_sees_why(
    pages: Screens, name: str
) -> None:
    pages.pass_through(BY_NAME[name])
    check_way(pages, WAYS.get(name, WAY_TO_THE_OFFICER))
    check_passage(pages, BY_NAME[name])


def check_way(pages: Screens, expected: str) -> None:
    """The traveller was shown these signs in this order, each in its words."""
    shown = pages.shown()
    signs = [view["sign"] for view in shown]
    way = [sign for at, sign in enumerate(signs) if sign != signs[at - 1] or at == 0]
    assert re.fullmatch(expected, " ".join(way)), way
    for view in shown:
        assert view["words"] in words_of(Sign(view["sign"]))


def words_of(sign: Sign) -> set[str]:
    """What may be read under a sign; who is in doubt is asked to turn the head."""
    turns = {ENGLISH.hints[turn] for turn in ("turn-left", "turn-right")}
    return {ENGLISH.signs[sign], *(turns if sign is Sign.LOOK_HERE else ())}


@pytest.mark.parametrize("name", ["genuine", "impostor"])
def test_the_reading_of_the_chip_is_shown_from_its_beginning_to_its_end(
    pages: Screens, name: str
) -> None:
    pages.pass_through(BY_NAME[name])
    shown = pages.shown()
    signs = [view["sign"] for view in shown]
    reading = shown[: signs.index("look-here")]
    progress = [view["progress"] for view in reading]
    assert None not in progress
    assert progress == sorted(progress)
    assert progress[0] < progress[-1]
    assert all(view["more"] == ENGLISH.keep for view in reading)
    assert all(view["progress"] is None for view in shown[len(reading) :])


def check_passage(pages: Screens, scenario: Scenario) -> None:
    """The technician saw the gate's states, and sees the passage with its checks and timings."""
    states = {view["state"] for view in pages.watched()}
    assert states & {"Authorised", "Referred"} == (
        {"Referred"} if scenario.reasons else {"Authorised"}
    )
    row = pages.passages.first
    expect(row).to_contain_text("referred" if scenario.reasons else "opened")
    for reason in scenario.reasons:
        expect(row).to_contain_text(reason.value)
    row.get_by_role("button").click()
    details = pages.technician.locator(".details-row:visible")
    expect(details).to_contain_text("mrz.read")
    expect(details.locator(".timings tr", has_text="decision").first).to_contain_text("s")


def test_an_unplugged_reader_is_lost_and_then_ready_again(pages: Screens) -> None:
    pages.pass_through(BY_NAME["reader-unplugged"])
    readers = [view["reader"] for view in pages.watched()]
    assert any("lost" in reader for reader in readers)
    expect(pages.technician.locator("#devices li:nth-child(2)")).to_contain_text("ready")
    expect(pages.technician.locator("#devices .detail")).to_have_count(0)


def test_events_wait_while_the_broker_dies_under_a_traveller(pages: Screens) -> None:
    pages.pass_through(BY_NAME["broker-away"])
    expect(pages.technician.locator("#broker")).to_contain_text("connected")
    expect(pages.technician.locator("#depth")).to_have_text("0")
    away = [view["waiting"] for view in pages.watched() if "away" in view["broker"]]
    assert max(away) > 0


def test_travellers_pass_while_the_broker_is_kept_away_and_their_events_follow(
    pages: Screens,
) -> None:
    page = pages.technician
    broker = page.locator("#broker")
    depth = page.locator("#depth")
    page.get_by_role("switch", name="Keep the broker away").click()
    expect(broker).to_contain_text("away")
    pages.pass_through(BY_NAME["genuine"])
    expect(pages.passages.first).to_contain_text("opened")
    expect(broker).to_contain_text("away")
    expect(depth).not_to_have_text("0")
    page.reload()
    switch = page.get_by_role("switch", name="Keep the broker away")
    expect(switch).to_be_checked()
    switch.click()
    expect(broker).to_contain_text("connected")
    expect(depth).to_have_text("0")


def test_the_technician_works_from_a_phone(pages: Screens) -> None:
    pages.technician.set_viewport_size(PHONE)
    pages.pass_through(BY_NAME["cloned-chip"])
    pages.passages.first.get_by_role("button").click()
    expect(pages.technician.locator(".details-row:visible")).to_contain_text("2 failed")
    assert pages.technician.evaluate(SIDEWAYS) == []


def test_who_is_sent_while_the_doors_still_shut_is_served_as_well(
    browser: Browser, tmp_path: Path, specimens: Path
) -> None:
    table = lane(tmp_path, specimens)
    table["devices"]["gate"]["door_travel_s"] = 1.0
    with ExitStack() as stack:
        config = daemon.write(tmp_path / "gate.toml", table)
        stack.enter_context(egated(config, tmp_path)).until_ready()
        pages = stack.enter_context(screens(browser, table))
        pages.send(BY_NAME["genuine"])
        expect(pages.technician.locator("#state")).to_have_text("Closing")
        pages.send(BY_NAME["genuine"])
        expect(pages.passages).to_have_count(2)


def test_both_pages_come_back_by_themselves_when_the_daemon_does(
    browser: Browser, tmp_path: Path, specimens: Path
) -> None:
    table = lane(tmp_path, specimens)
    config = daemon.write(tmp_path / "gate.toml", table)
    with ExitStack() as stack:
        first = stack.enter_context(egated(config, tmp_path, "first"))
        first.until_ready()
        pages = stack.enter_context(screens(browser, table))
        pages.pass_through(BY_NAME["impostor"])
        pages.technician.get_by_role("switch").click()
        expect(pages.technician.locator("#broker")).to_contain_text("away")
        end(first)
        expect(pages.traveller.locator("h1")).to_have_text(ENGLISH.signs[Sign.CLOSED])
        expect(pages.technician.get_by_role("alert")).to_be_visible()
        pages.technician.get_by_role("button", name="Send traveller").click()
        expect(pages.technician.locator("#simulator-answer")).to_have_text(
            "Refused: the gate does not answer"
        )
        # That nobody is there is all a browser may complain of.
        assert all("net::ERR_" in complaint for complaint in pages.complaints)
        second = stack.enter_context(egated(config, tmp_path, "second"))
        second.until_ready()
        pages.expect_ready()
        pages.complaints.clear()
        expect(pages.technician.get_by_role("alert")).to_be_hidden()
        expect(pages.technician.get_by_role("switch")).not_to_be_checked()
        expect(pages.technician.get_by_role("radio", name="Impostor")).to_be_checked()
        expect(pages.passages).to_have_count(0)
        pages.pass_through(BY_NAME["genuine"])
        expect(pages.passages.first).to_contain_text("opened")


def end(gate: Egated) -> None:
    gate.send(signal.SIGTERM)
    assert gate.ended() == 0


def test_a_gate_on_the_network_is_found_by_its_address_and_its_name_and_no_other(
    browser: Browser, tmp_path: Path, specimens: Path
) -> None:
    table = lane(tmp_path, specimens)
    table["screen"]["host"] = "0.0.0.0"  # noqa: S104  # that is what this is about
    with egated(daemon.write(tmp_path / "gate.toml", table), tmp_path) as gate:
        gate.until_ready()
        with screens(browser, table, host="127.0.0.2") as pages:
            pages.pass_through(BY_NAME["genuine"])
        port = table["screen"]["port"]
        assert status_for(port, f"{socket.gethostname()}:{port}") == 200
        assert status_for(port, "evil.example") == 400
        assert status_for(port, "127.0.0.3") == 400


def status_for(port: int, host: str) -> int:
    """Ask 127.0.0.2 for a page in the name of a host."""
    connection = http.client.HTTPConnection("127.0.0.2", port, timeout=STUCK_S)
    try:
        connection.request("GET", "/technician", headers={"Host": host})
        return connection.getresponse().status
    finally:
        connection.close()
