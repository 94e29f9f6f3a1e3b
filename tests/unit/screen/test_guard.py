"""The names a gate answers to, and the address it is reached at."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope

from edge.screen.guard import LOCAL_HOSTS, Named, names_of

MACHINE = "gate-3"


def status(host: str, server: tuple[str, int] | None) -> int:
    """Ask a gate that is known as `gate-3` and reached at an address of its."""
    answers: list[int] = []
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(b"host", host.encode())],
        "server": server,
    }

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answers.append(message["status"])

    asyncio.run(Named(PlainTextResponse("here"), (MACHINE,))(scope, receive, send))
    return answers[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_pages_for_this_machine_only_have_local_names(host: str) -> None:
    assert names_of(host, MACHINE) == LOCAL_HOSTS


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::7"])  # noqa: S104
def test_pages_for_the_network_have_the_machines_name_too(host: str) -> None:
    assert names_of(host, MACHINE) == (*LOCAL_HOSTS, MACHINE)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7:8080", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::7]:8080", "2001:db8::7"),
        ("192.0.2.7:8080", "::ffff:192.0.2.7"),
        ("gate-3:8080", "192.0.2.7"),
    ],
)
def test_the_address_a_request_came_in_at_is_answered(host: str, address: str) -> None:
    assert status(host, (address, 8080)) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "192.0.2.8:8080", "192.0.2.7:81", "192.0.2.7.evil.example", ""]
)
def test_every_other_name_is_refused(host: str) -> None:
    assert status(host, ("192.0.2.7", 8080)) == 400


def test_without_an_address_only_names_count() -> None:
    assert status(MACHINE, None) == 200
    assert status("192.0.2.7", None) == 400
