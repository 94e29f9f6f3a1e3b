"""Running dialogues, and the layers around them."""

from __future__ import annotations

import pytest

from edge.emrtd.apdu import Command, Response
from edge.emrtd.dialogue import (
    Budget,
    Dialogue,
    Transmit,
    chained,
    run,
    with_get_response,
)
from edge.errors import LimitExceeded

READ = Command(0, 0xB0, 0, 0, le=4)


def once() -> Dialogue[Response]:
    return (yield READ)


def scripted(*exchanges: tuple[str, str]) -> Transmit:
    script = iter(exchanges)

    def transmit(command: bytes) -> bytes:
        expected, reply = next(script)
        assert command.hex().upper() == expected
        return bytes.fromhex(reply)

    return transmit


def test_a_dialogue_without_commands() -> None:
    def silent() -> Dialogue[int]:
        return 7
        yield READ  # type: ignore[unreachable]

    assert run(silent(), scripted()) == 7
    assert run(with_get_response(silent()), scripted()) == 7


def test_get_response_fetches_the_rest() -> None:
    reply = run(
        with_get_response(once()),
        scripted(("00B0000004", "AABB6102"), ("00C0000002", "CC6100"), ("00C0000000", "DD9000")),
    )
    assert (reply.data.hex(), reply.sw) == ("aabbccdd", 0x9000)


@pytest.mark.parametrize(("status", "again"), [("6C02", "00B0000002"), ("6C00", "00B0000000")])
def test_a_wrong_le_is_corrected_once(status: str, again: str) -> None:
    reply = run(with_get_response(once()), scripted(("00B0000004", status), (again, "AABB6C02")))
    assert (reply.data.hex(), reply.sw) == ("aabb", 0x6C02)


def test_get_response_without_end() -> None:
    with pytest.raises(LimitExceeded):
        run(with_get_response(once()), lambda _: b"\xaa\x61\x00")


def test_chaining_splits_the_data() -> None:
    command = Command(0x0C, 0x86, 0, 0, bytes.fromhex("AABBCCDDEE"), 256)
    reply = run(
        chained(command, 2),
        scripted(
            ("1C86000002AABB", "9000"), ("1C86000002CCDD", "9000"), ("0C86000001EE00", "019000")
        ),
    )
    assert reply == Response(b"\x01", 0x9000)


def test_chaining_stops_at_a_refusal() -> None:
    command = Command(0, 0x86, 0, 0, bytes(3))
    assert run(chained(command, 2), scripted(("10860000020000", "6883"))).sw == 0x6883


def many() -> Dialogue[None]:
    while True:
        yield READ


def test_a_budget_of_commands() -> None:
    sent: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        sent.append(command)
        return b"\x90\x00"

    with pytest.raises(LimitExceeded):
        run(Budget(commands=5).kept(many()), transmit)
    assert len(sent) == 5


def test_a_budget_of_bytes() -> None:
    with pytest.raises(LimitExceeded):
        run(Budget(response_bytes=20).kept(many()), lambda _: bytes(6))
