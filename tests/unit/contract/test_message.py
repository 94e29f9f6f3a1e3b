"""A message is read by the model that builds it; what is none is refused in words of our own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from edge.contract.answers import Answer
from edge.contract.commands import Claims, Code, Release
from edge.contract.messages import STEPS, Health, Info, State
from edge.contract.payloads import Nothing
from edge.contract.sync import Replay
from tests.support.announcements import NOON, health_of, info_of
from tests.support.event_stream import Writer
from tests.support.signing import KEY

SOURCE = "/egate/v1/site/lane"
JOURNAL = "0e9b1c52-0000-4000-8000-000000000000"
INFO = info_of(SOURCE, JOURNAL, KEY.public_jwk(SOURCE), first=7)


def test_what_is_built_is_what_is_read() -> None:
    for message in (State(state="alarmed"), INFO, health_of(), Replay.between(3, 9)):
        assert type(message).read(message.to_bytes()) == message


def test_names_of_json_stand_in_json_and_those_of_python_do_not() -> None:
    assert json.loads(Replay.between(3, 9).to_bytes()) == {"from": 3, "to": 9}
    assert json.loads(INFO.to_bytes())["schema"] == "events.schema.json"
    with pytest.raises(ValueError, match="a member that the contract does not have"):
        Replay.read(b'{"from": 3, "to": 9, "first": 3, "last": 9}')


def test_what_was_read_is_not_changed_any_more() -> None:
    event = Writer().event()
    for value, member in ((State(state="online"), "state"), (event, "source"), (Nothing(), "x")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(value, member, "SMITH")


def test_a_message_is_read_strictly() -> None:
    content = json.loads(health_of().to_bytes())
    content["broker"]["connected"] = "true"
    with pytest.raises(ValueError, match="`broker`"):
        Health.read(json.dumps(content).encode())


def test_the_steps_that_are_counted_stay_what_they_are_called() -> None:
    """A central system adds up what several versions of gates have counted."""
    assert STEPS == ("mrz", "chip", "match", "decision", "decision_after_last_byte")


def test_what_a_later_version_adds_to_what_a_gate_says_is_ignored() -> None:
    added = json.loads(health_of().to_bytes()) | {"humidity": 0.4}
    added["disk"]["wear"] = 0.1
    assert Health.read(json.dumps(added).encode()) == health_of()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"state": "online"}'.decode().encode("utf-16"), "not JSON"),
        (b'{"state": "online"} {}', "not JSON"),
        (b"[" * 60_000, "not JSON"),
        (b'{"state": "\\ud800"}', "not JSON"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b'"SMITH"', "not an object"),
        (b"{}", "`state` is not as the contract says"),
        (b'{"state": "SMITH"}', "`state` is not as the contract says"),
        (b'{"state": {"SMITH": "SMITH"}}', "`state` is not as the contract says"),
    ],
)
def test_what_is_no_message_is_refused_unquoted(body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        State.read(body)
    assert str(caught.value) == why


def test_a_fault_deep_inside_is_named_by_the_member_it_is_in() -> None:
    content = json.loads(health_of().to_bytes())
    content["broker"]["denied"] = {"SMITH": "x"}
    with pytest.raises(ValueError, match=r"^`broker` is not as the contract says$"):
        Health.read(json.dumps(content).encode())


def test_a_name_of_the_senders_choice_is_not_quoted() -> None:
    claims = {"id": JOURNAL, "aud": SOURCE, "name": "reset", "iat": 1, "exp": 2, "args": {}}
    with pytest.raises(ValueError, match=r"^a member that the contract does not have$"):
        Claims.read(json.dumps(claims | {"SMITH": 1}).encode())


def test_an_answer_without_findings_has_none_and_to_nobody_has_no_id() -> None:
    answer = Answer(id=None, status="rejected", code=Code.UNAUTHENTICATED)
    content = json.loads(answer.to_bytes())
    assert content == {"id": None, "status": "rejected", "code": "unauthenticated", "detail": ""}
    with pytest.raises(ValueError, match="`data`"):
        Answer.read(json.dumps(content | {"data": None}).encode())


def test_what_nobody_can_print_does_not_keep_a_gate_from_speaking() -> None:
    """A file name may hold bytes that are no UTF-8; JSON has no such text."""
    detail = "no such file: \udcff\n"
    answer = Answer(id=None, status="failed", code=Code.INVALID, detail=detail)
    assert json.loads(answer.to_bytes())["detail"] == "no such file: ??"


@pytest.mark.parametrize("broken", [{"transaction": "0" * 31}, {"transaction": 0}, {"why": "x"}])
def test_the_arguments_of_a_command_are_its_own(broken: dict[str, Any]) -> None:
    order = Release(transaction="0" * 32, officer="K-4711")
    claims = Claims(
        id=JOURNAL,
        aud=SOURCE,
        name="release",
        iat=int(NOON.timestamp()),
        exp=int(NOON.timestamp()) + 60,
        args=order.model_dump(),
    )
    assert Claims.read(claims.to_bytes()).command() == order
    with pytest.raises(ValueError, match="Release"):
        claims.model_copy(update={"args": order.model_dump() | broken}).command()


def test_info_is_a_key_set_as_well() -> None:
    read = Info.read(INFO.to_bytes())
    assert [dict(jwk) for jwk in read.keys] == [KEY.public_jwk(SOURCE)]
