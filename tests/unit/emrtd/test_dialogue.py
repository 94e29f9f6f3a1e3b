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
    whole_or_chained,
    with_exact_length,
    with_get_response,
)
from edge.emrtd.read_plan import ReadPlan
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


def test_the_budget_of_a_document_unless_told_otherwise() -> None:
    """512 KiB in the smallest pieces of an honest chip, and the wrapping of it."""
    assert Budget() == Budget(commands=6_000, response_bytes=1_048_576)
    plan = ReadPlan()
    assert (plan.commands, plan.response_bytes) == (6_000, 1_048_576)


@pytest.mark.parametrize(("budget", "replies"), [(24, 3), (23, 2)])
def test_a_reply_costs_its_data_and_its_status_word(budget: int, replies: int) -> None:
    heard: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        heard.append(command)
        return bytes(6) + b"\x90\x00"

    with pytest.raises(LimitExceeded, match="sends more bytes"):
        run(Budget(response_bytes=budget).kept(many()), transmit)
    assert len(heard) == replies + 1


@pytest.mark.parametrize(("pieces", "is_too_much"), [(257, False), (258, True)])
def test_a_reply_has_257_pieces_at_most(pieces: int, is_too_much: bool) -> None:
    """65 536 bytes of a chip without extended length, and its status word."""
    replies = iter([b"\xaa\x61\x01"] * (pieces - 1) + [b"\xaa\x90\x00"])
    if is_too_much:
        with pytest.raises(LimitExceeded, match="always has more to say"):
            run(with_get_response(once()), lambda _: next(replies))
    else:
        found = run(with_get_response(once()), lambda _: next(replies))
        assert found == Response(b"\xaa" * pieces, 0x9000)


def test_an_exact_length_is_asked_for_only_where_nothing_came() -> None:
    """6Cxx with data is an answer (ISO/IEC 7816-4 §5.3.4)."""
    dialogue = with_exact_length(once())
    assert run(dialogue, scripted(("00B0000004", "AA6C02"))) == Response(b"\xaa", 0x6C02)
    dialogue = with_exact_length(once())
    again = scripted(("00B0000004", "6C02"), ("00B0000002", "AABB9000"))
    assert run(dialogue, again) == Response(b"\xaa\xbb", 0x9000)


@pytest.mark.parametrize(
    ("length", "extended_length", "answer", "lengths"),
    [
        (223, False, b"\x90\x00", [223]),
        (224, False, b"\x90\x00", [128, 96]),
        (300, True, b"\x90\x00", [300]),
        (300, True, b"\x67\x00", [300, 128]),
        (223, False, b"\x67\x00", [223, 128]),
        (300, True, b"\x6a\x80", [300]),
        (256, False, b"\x90\x00", [128, 128]),
        (257, False, b"\x90\x00", [128, 128, 1]),
    ],
)
def test_long_data_are_sent_whole_or_in_pieces_of_128(
    length: int, extended_length: bool, answer: bytes, lengths: list[int]
) -> None:
    """ISO/IEC 7816-4 §5.3.3: every piece but the last has the bit of a chain, and no Le."""
    command = Command(0x0C, 0x86, 0, 0, (bytes(range(256)) + bytes(44))[:length], 256)
    sent: list[Command] = []

    def transmit(raw: bytes) -> bytes:
        sent.append(Command.parse(raw))
        return answer

    run(whole_or_chained(command, 223, extended_length=extended_length), transmit)
    assert [len(each.data) for each in sent] == lengths
    pieces = sent if len(sent[0].data) == 128 else sent[1:]
    if answer == b"\x90\x00" and pieces:
        assert b"".join(each.data for each in pieces) == command.data
        assert [each.cla for each in pieces] == [0x1C] * (len(pieces) - 1) + [0x0C]
        assert [each.le for each in pieces] == [None] * (len(pieces) - 1) + [256]
