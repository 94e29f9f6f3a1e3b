"""The application over a real connection: pages, health, orders, and who is refused."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from edge.checks import Reason
from edge.errors import SettingsError
from edge.gate.events import Alarm
from edge.gate.states import (
    Alarmed,
    Evacuating,
    OutOfService,
    Sign,
    State,
    Vacating,
    posture,
)
from edge.screen.app import create_app
from edge.screen.board import Board
from edge.screen.guard import HEADERS, LARGEST_BODY_BYTES
from edge.screen.seats import STREAMS
from edge.screen.views import DeviceView, LaneView, OutboxView
from tests.support.served_pages import LANE, PATIENCE_S, Recorder, Served, passage, scene, served


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    pages: Served,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    method: str | None = None,
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=PATIENCE_S)
    try:
        asked = method or ("GET" if body is None else "POST")
        connection.request(asked, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def order(pages: Served, path: str, value: object, **headers: str) -> Answer:
    kind = {"Content-Type": "application/json"}
    more = {name.replace("_", "-"): text for name, text in headers.items()}
    return ask(pages, path, json.dumps(value).encode(), kind | more)


@pytest.fixture(scope="module")
def simulator() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def pages(simulator: Recorder) -> Iterator[Served]:
    with served(simulator) as here:
        yield here


PUBLIC = (
    "/",
    "/technician",
    "/healthz",
    "/catalogues",
    "/technician/reasons",
    "/static/live.js",
    "/simulator/scenarios",
    "/nowhere",
)


@pytest.mark.parametrize("path", PUBLIC)
def test_every_answer_carries_the_security_headers(pages: Served, path: str) -> None:
    answer = ask(pages, path)
    assert {name.lower() for name in HEADERS} <= {name.lower() for name in answer.headers}
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Server" not in answer.headers


@pytest.mark.parametrize(("path", "kind"), [("/", "text/html"), ("/technician", "text/html")])
def test_the_pages_are_there(pages: Served, path: str, kind: str) -> None:
    answer = ask(pages, path)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith(kind)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8080", "", "localhost:80:80", "*"]
)
def test_rebinding_a_foreign_name_to_this_gate_is_refused(pages: Served, host: str) -> None:
    for path in PUBLIC:
        answer = ask(pages, path, headers={"Host": host})
        assert answer.status == 400
        assert b"R-" not in answer.body


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:8080", "LOCALHOST"])
def test_this_machines_own_names_are_answered(pages: Served, host: str) -> None:
    assert ask(pages, "/", headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"]
)
def test_files_beside_the_pages_stay_where_they_are(pages: Served, path: str) -> None:
    assert ask(pages, path).status == 404


def test_the_scenarios_are_listed(pages: Served) -> None:
    names = [one["name"] for one in ask(pages, "/simulator/scenarios").json["scenarios"]]
    assert names == ["genuine", "impostor", "reader-unplugged"]


def test_the_page_itself_may_send_a_traveller(pages: Served, simulator: Recorder) -> None:
    answer = order(
        pages,
        "/simulator/run",
        {"scenario": "genuine"},
        Origin=pages.url,
        Sec_Fetch_Site="same-origin",
    )
    assert answer.status == 202
    assert simulator.ran[-1] == "genuine"


def test_a_program_without_origin_may_send_a_traveller(pages: Served, simulator: Recorder) -> None:
    assert order(pages, "/simulator/run", {"scenario": "impostor"}).status == 202
    assert simulator.ran[-1] == "impostor"


def test_an_unknown_scenario_names_the_nearest(pages: Served) -> None:
    answer = order(pages, "/simulator/run", {"scenario": "genuin"})
    assert answer.status == 404
    assert answer.json["nearest"] == ["genuine"]


def test_a_scenario_like_no_other_names_them_all(pages: Served) -> None:
    answer = order(pages, "/simulator/run", {"scenario": "\u0000<%%%>"})
    assert answer.status == 404
    assert answer.json["nearest"] == ["genuine", "impostor", "reader-unplugged"]


def test_what_the_simulator_refuses_is_said_in_its_words(pages: Served) -> None:
    answer = order(pages, "/simulator/run", {"scenario": "reader-unplugged"})
    assert answer.status == 409
    assert answer.json == {"error": "somebody is in the lane: wait until it is empty"}


def test_the_broker_goes_and_comes_back(pages: Served, simulator: Recorder) -> None:
    assert order(pages, "/simulator/network", {"away": True}).json == {"away": True}
    assert order(pages, "/simulator/network", {"away": True}).status == 409
    assert order(pages, "/simulator/network", {"away": False}).json == {"away": False}
    assert simulator.away == [True, False]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://[broken"},
        {"Origin": "file://"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_another_origins_order_is_refused(
    pages: Served, simulator: Recorder, headers: dict[str, str]
) -> None:
    before = list(simulator.ran)
    answer = order(pages, "/simulator/run", {"scenario": "genuine"}, **headers)
    assert answer.status == 403
    assert simulator.ran == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_a_foreign_form_can_send_is_refused(pages: Served, kind: str) -> None:
    body = b'{"scenario": "genuine"}'
    assert ask(pages, "/simulator/run", body, {"Content-Type": kind}).status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"genuine"',
        b'{"scenario": 1}',
        b'{"scenario": "genuine", "more": 1}',
        b"\xff\xfe",
        b"[" * 4000,
    ],
)
def test_an_order_that_is_none_is_refused(pages: Served, body: bytes) -> None:
    answer = ask(pages, "/simulator/run", body, {"Content-Type": "application/json"})
    assert answer.status == 422
    assert answer.json == {"error": "expected a JSON object with scenario"}


def test_a_number_is_no_yes_or_no(pages: Served) -> None:
    assert order(pages, "/simulator/network", {"away": 1}).status == 422


def test_an_order_longer_than_any_is_refused(pages: Served) -> None:
    body = b" " * (LARGEST_BODY_BYTES + 1)
    assert ask(pages, "/simulator/run", body, {"Content-Type": "application/json"}).status == 413


@pytest.mark.parametrize("path", ["/simulator/run", "/simulator/network"])
def test_a_link_gives_no_order(pages: Served, path: str) -> None:
    assert ask(pages, path).status == 405


def test_in_live_operation_there_is_no_simulator() -> None:
    with served() as live:
        assert ask(live, "/simulator/scenarios").status == 404
        assert order(live, "/simulator/run", {"scenario": "genuine"}).status == 404
        assert order(live, "/simulator/network", {"away": True}).status == 404


def test_reasons_have_an_officers_words(pages: Served) -> None:
    assert set(ask(pages, "/technician/reasons").json) == {reason.value for reason in Reason}


def test_an_unknown_language_does_not_start() -> None:
    with pytest.raises(SettingsError, match="no catalogue for 'xx'"):
        create_app(Board(), language="xx")


def lane(*statuses: str) -> LaneView:
    devices = tuple(
        DeviceView.model_validate({"role": f"device-{at}", "driver": "d", "status": status})
        for at, status in enumerate(statuses)
    )
    return LANE.model_copy(update={"devices": devices})


@pytest.mark.parametrize(
    ("sign", "statuses", "status", "says"),
    [
        (Sign.PRESENT_DOCUMENT, ("ready", "ready"), 200, "ready"),
        (Sign.SEE_OFFICER, ("ready",), 200, "ready"),
        (Sign.CLOSED, ("ready",), 503, "closed"),
        (Sign.CLOSED, ("starting", "ready"), 503, "starting"),
        (Sign.CLOSED, ("starting", "lost"), 503, "lost"),
    ],
)
def test_health_says_whether_the_lane_serves(
    sign: Sign, statuses: tuple[str, ...], status: int, says: str
) -> None:
    with served() as pages:
        assert ask(pages, "/healthz").json == {"status": "starting"}
        pages.show(scene(sign, lane(*statuses)))
        answer = ask(pages, "/healthz")
        assert answer.status == status
        assert answer.json["status"] == says
        assert list(answer.json["devices"].values()) == list(statuses)


def test_health_names_what_the_events_wait_behind() -> None:
    words = "the central system does not take event 7 (delivered 8 times)"
    outbox = OutboxView(depth=41, oldest_age_s=125.0, connected=True, detail=words)
    with served() as pages:
        pages.show(scene(lane=LANE.model_copy(update={"outbox": outbox})))
        answer = ask(pages, "/healthz")
        assert (answer.status, answer.json["status"]) == (200, "ready")
        assert answer.json["outbox"]["detail"] == words


def test_health_tells_maintenance_from_a_fault() -> None:
    closed = LANE.model_copy(update={"maintenance": True, "state": "Maintenance"})
    with served() as pages:
        pages.show(scene(Sign.CLOSED, closed))
        answer = ask(pages, "/healthz")
        assert (answer.status, answer.json["status"]) == (503, "maintenance")
        pages.show(scene(Sign.PRESENT_DOCUMENT, closed))  # wanted, but somebody is there yet
        assert ask(pages, "/healthz").status == 200


@pytest.mark.parametrize(
    ("state", "sign"),
    [
        (Alarmed(Alarm.HELD_OPEN), Sign.SEE_OFFICER),
        (Vacating(), Sign.SEE_OFFICER),
        (Evacuating(), Sign.EVACUATE),
        (OutOfService(), Sign.CLOSED),
    ],
)
def test_health_is_not_ready_while_somebody_must_look_first(state: State, sign: Sign) -> None:
    """All but the last were answered `ready`, 200."""
    assert posture(state).sign is sign
    name = type(state).__name__
    for statuses in (("ready",), ("ready", "lost")):
        closed = lane(*statuses).model_copy(update={"state": name})
        with served() as pages:
            pages.show(scene(sign, closed))
            answer = ask(pages, "/healthz")
            assert answer.status == 503
            assert answer.json["state"] == name
            assert answer.json["status"] != "ready"


def test_pages_without_end_are_bounded_for_each_peer() -> None:
    with served() as pages:
        pages.show(scene())
        opened = []
        for _ in range(STREAMS.this_machine):
            connection = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=PATIENCE_S)
            connection.request("GET", "/live/traveller")
            opened.append((connection, connection.getresponse()))
        assert {answer.status for _, answer in opened} == {200}
        refused = ask(pages, "/live/technician")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert ask(pages, "/healthz").status == 200
        for connection, answer in opened:
            answer.close()
            connection.close()
        ends = time.monotonic() + PATIENCE_S
        while True:
            try:
                first_view(pages, "/live/traveller")
                break
            except AssertionError:  # the server has not noticed yet that they are gone
                assert time.monotonic() < ends


def first_view(pages: Served, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.getheader("Content-Type", "").startswith("text/event-stream")
        assert answer.getheader("Cache-Control") == "no-store"
        for line in answer:
            if line == b"event: view\n":
                return json.loads(answer.readline().removeprefix(b"data: "))
    finally:
        connection.close()
    pytest.fail("the stream ended without a view")


def test_the_travellers_stream_knows_nothing_of_the_technicians() -> None:
    with served() as pages:
        hit = passage("tx-1", Reason.LIST_HIT)
        pages.show(scene(Sign.SEE_OFFICER, LANE.model_copy(update={"passages": (hit,)})))
        plain = first_view(pages, "/live/traveller")
        assert set(plain) == {"sign", "hint", "progress", "simulated", "language"}
        full = first_view(pages, "/live/technician")
        assert full["passages"][0]["reasons"] == ["R-LIST-HIT"]
