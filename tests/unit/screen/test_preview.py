"""Who may see the camera's live picture, and that nobody keeps it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import Message, Scope
from typing_extensions import override

from edge.screen.app import create_app
from edge.screen.board import Board
from edge.screen.preview import (
    Look,
    LookView,
    Preview,
    PreviewPanel,
    PreviewRefused,
    create_preview_app,
)
from edge.screen.resources import STATIC

HERE = "127.0.0.1"
ELSEWHERE = "192.0.2.9"
LOOK = Look(b"\xff\xd8 a picture", LookView(width=640, height=480, brightness=99.5, faces=0))
JSON = {"content-type": "application/json"}


@dataclass
class Shown(Preview):
    """A preview that is what the test says."""

    sees: Look | None = LOOK
    refusal: str = ""
    ended: list[str] = field(default_factory=list)

    @override
    def begin(self) -> str:
        if self.refusal:
            raise PreviewRefused(self.refusal)
        return "k1"

    @override
    async def look(self, key: str) -> Look | None:
        if key != "k1":
            raise PreviewRefused("ended")
        return self.sees

    @override
    def end(self, key: str) -> None:
        self.ended.append(key)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    app: Starlette,
    path: str,
    order: object = None,
    *,
    client: str | None = HERE,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request, from an address of our choice."""
    told = {"host": "127.0.0.1:8080"} | (JSON if order is not None else {}) | (headers or {})
    scope: Scope = {
        "type": "http",
        "method": "GET" if order is None else "POST",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        "server": ("192.0.2.1", 8080),
        "client": (client, 5555) if client else None,
    }
    messages: list[Message] = []
    coming = [b"" if order is None else json.dumps(order).encode()]

    async def receive() -> Message:
        if not coming:
            await asyncio.Event().wait()  # the client stays, and says nothing more
        return {"type": "http.request", "body": coming.pop()}

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(app(scope, receive, send))
    head = messages[0]
    return Answer(
        head["status"],
        {name.decode(): value.decode() for name, value in head["headers"]},
        b"".join(each.get("body", b"") for each in messages[1:]),
    )


def page(shown: Shown | None, *, anywhere: bool = False) -> Starlette:
    panel = None if shown is None else PreviewPanel(shown, anywhere=anywhere)
    return create_app(Board(), preview=panel)


ORDERS: list[tuple[str, Any]] = [
    ("/technician/camera", None),
    ("/technician/camera/begin", {"wanted": True}),
    ("/technician/camera/look", {"key": "k1"}),
    ("/technician/camera/end", {"key": "k1"}),
]


def test_a_technician_begins_looks_and_ends() -> None:
    shown = Shown()
    app = page(shown)
    assert ask(app, "/technician/camera").status == 200
    assert json.loads(ask(app, *ORDERS[1]).body) == {"key": "k1"}
    answer = ask(app, *ORDERS[2])
    assert (answer.status, answer.body) == (200, LOOK.jpeg)
    assert answer.headers["content-type"] == "image/jpeg"
    assert json.loads(answer.headers["egate-look"])["brightness"] == 99.5
    assert ask(app, *ORDERS[3]).status == 204
    assert shown.ended == ["k1"]


@pytest.mark.parametrize(("path", "order"), ORDERS)
@pytest.mark.parametrize("refusal", ["", "a traveller is being served"])
def test_no_answer_may_be_stored_or_read_by_another_page(
    path: str, order: object, refusal: str
) -> None:
    answer = ask(page(Shown(refusal=refusal)), path, order)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(("path", "order"), ORDERS)
@pytest.mark.parametrize("client", [ELSEWHERE, "2001:db8::9", None])
def test_it_is_not_shown_to_the_network(path: str, order: object, client: str | None) -> None:
    shown = Shown()
    answer = ask(page(shown), path, order, client=client)
    assert answer.status == 403
    assert b"[screen]" in answer.body
    assert shown.ended == []


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_has_many_addresses(client: str) -> None:
    assert ask(page(Shown()), *ORDERS[2], client=client).status == 200


@pytest.mark.parametrize(("path", "order"), ORDERS)
def test_settings_may_show_it_to_the_network(path: str, order: object) -> None:
    assert ask(page(Shown(), anywhere=True), path, order, client=ELSEWHERE).status < 300


@pytest.mark.parametrize(("path", "order"), ORDERS)
def test_settings_may_switch_it_off(path: str, order: object) -> None:
    assert ask(page(None), path, order).status == 404


@pytest.mark.parametrize(("path", "order"), ORDERS)
def test_a_name_that_is_not_the_gates_is_refused(path: str, order: object) -> None:
    answer = ask(page(Shown()), path, order, headers={"host": "rebound.example"})
    assert answer.status == 400
    assert LOOK.jpeg not in answer.body


@pytest.mark.parametrize(("path", "order"), ORDERS[1:])
@pytest.mark.parametrize(
    "headers", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_another_page_cannot_order_it(path: str, order: object, headers: dict[str, str]) -> None:
    assert ask(page(Shown()), path, order, headers=headers).status == 403


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/technician/camera/begin", {}),
        ("/technician/camera/begin", {"wanted": "yes"}),
        ("/technician/camera/look", {}),
        ("/technician/camera/look", {"key": "k" * 65}),
        ("/technician/camera/look", [1]),
    ],
)
def test_what_is_no_such_order_is_refused(path: str, order: object) -> None:
    assert ask(page(Shown()), path, order).status == 422


@pytest.mark.parametrize("path", [path for path, order in ORDERS if order is not None])
def test_orders_are_not_links(path: str) -> None:
    assert ask(page(Shown()), path).status == 405


def test_what_is_refused_is_said() -> None:
    app = page(Shown(refusal="a traveller is being served"))
    answer = ask(app, *ORDERS[1])
    assert answer.status == 409
    assert json.loads(answer.body) == {"error": "a traveller is being served"}
    assert ask(app, "/technician/camera/look", {"key": "k2"}).status == 409


def test_no_picture_just_now_is_an_empty_answer() -> None:
    answer = ask(page(Shown(sees=None)), *ORDERS[2])
    assert (answer.status, answer.body) == (204, b"")


def test_the_page_of_its_own_keeps_the_same_rules() -> None:
    app = create_preview_app(Shown())
    assert b"camera-picture" in ask(app, "/").body
    assert ask(app, *ORDERS[2]).body == LOOK.jpeg
    assert ask(app, *ORDERS[2], client=ELSEWHERE).status == 403
    assert ask(app, *ORDERS[2], headers={"host": "rebound.example"}).status == 400
    assert ask(app, *ORDERS[2], headers={"origin": "http://evil.example"}).status == 403


def test_a_picture_has_no_representation() -> None:
    assert repr(LOOK) == "Look(<redacted>)"


def test_no_traveller_page_knows_of_it() -> None:
    for name in ("traveller.html", "traveller.js"):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert "/technician" not in text
        assert "preview" not in text
