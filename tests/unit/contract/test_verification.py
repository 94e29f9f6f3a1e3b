"""What is wrong with an event or a head is named by its fault, and in words that find it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edge.contract.canonical import canonical
from edge.contract.signature import SIGNATURE
from edge.contract.verification import (
    ChainId,
    Fault,
    Finding,
    Genuine,
    Head,
    verify_event,
    verify_head,
)
from edge.keys.device_key import DeviceKey
from tests.support.announcements import UNSIGNED
from tests.support.event_stream import Writer
from tests.support.signing import SIGN, keys_of, signed

WRITER = Writer(sequence=6)
CONTENT: dict[str, Any] = json.loads(WRITER.write())
CHAIN = ChainId(WRITER.source, WRITER.journal)
FAULTS = (
    "empty malformed truncated unknown_key forged payload duplicate fork reordered link gap front"
    " end head"
)


def changed(**members: Any) -> bytes:
    """The event with other members, rightly signed."""
    content = {k: v for k, v in (CONTENT | members).items() if k != SIGNATURE}
    return canonical(signed(content))


def test_the_names_of_faults_stay_what_they_are() -> None:
    """Reports and statistics count them."""
    assert " ".join(Fault) == FAULTS


def test_a_genuine_event_is_told_whole() -> None:
    found = verify_event(canonical(CONTENT), WRITER.keys)
    assert isinstance(found, Genuine)
    assert (found.sequence, found.misfit, found.chain) == (7, "", CHAIN)
    assert found.hash == WRITER.previous


def test_a_finding_says_which_event_of_which_chain() -> None:
    body = canonical(CONTENT | {"simulated": False})
    assert verify_event(body, WRITER.keys) == Finding(
        Fault.FORGED, "the signature is not over this content", chain=CHAIN, sequence=7
    )


def test_without_keys_the_form_alone_counts() -> None:
    body = canonical(CONTENT | {"simulated": False})
    assert isinstance(verify_event(body, None), Genuine)
    assert isinstance(verify_event(body, WRITER.keys), Finding)


def test_a_key_signs_for_its_own_gate_only() -> None:
    """A gate whose key counts, and which writes what another is to have seen."""
    keys = keys_of("/egate/v1/site/lane-2")
    assert verify_event(canonical(CONTENT), keys) == Finding(
        Fault.UNKNOWN_KEY, "signed by the key of /egate/v1/site/lane-2", chain=CHAIN, sequence=7
    )


def test_a_key_that_does_not_count() -> None:
    keys = keys_of(WRITER.source, DeviceKey.make())
    why = "signed by no key that counts, or with another algorithm"
    assert verify_event(canonical(CONTENT), keys) == Finding(
        Fault.UNKNOWN_KEY, why, chain=CHAIN, sequence=7
    )


@pytest.mark.parametrize(
    ("body", "fault", "words"),
    [
        (b'{"a":1', Fault.TRUNCATED, "the event breaks off"),
        (b'  {"a":1', Fault.TRUNCATED, "the event breaks off"),
        (b'"a":1}', Fault.TRUNCATED, "the beginning of the event is missing"),
        (b'"a":1} \n', Fault.TRUNCATED, "the beginning of the event is missing"),
        (b'{"a"1}', Fault.MALFORMED, "not JSON"),
        (b"a", Fault.MALFORMED, "not JSON"),
        (b"[]", Fault.MALFORMED, "not an object"),
        (b" {}", Fault.MALFORMED, "not canonical JSON (RFC 8785)"),
        (b"{} ", Fault.MALFORMED, "not canonical JSON (RFC 8785)"),
        (b"{}", Fault.MALFORMED, "`specversion` is not as the contract demands"),
        (changed(sequence="7"), Fault.MALFORMED, "`sequence` is not as the contract demands"),
        (changed(data=7), Fault.MALFORMED, "`data` is not as the contract demands"),
        (changed(simulated=1), Fault.MALFORMED, "`simulated` is not as the contract demands"),
        (
            changed(simulated=1, type="int.egate.lane.cleaned"),
            Fault.MALFORMED,
            "`simulated` is not as the contract demands",
        ),
        (
            changed(simulated=1, type="int.egate.device.started", data={"version": 7}),
            Fault.MALFORMED,
            "`simulated` is not as the contract demands",
        ),
        (
            changed(type="int.egate.device.started", data=json.loads("[" * 400 + "]" * 400)),
            Fault.MALFORMED,
            "it is not as the contract demands",
        ),
        (b" " * 262_145, Fault.MALFORMED, "larger than any event"),
    ],
)
def test_what_is_no_event_is_named(body: bytes, fault: Fault, words: str) -> None:
    assert verify_event(body, WRITER.keys) == Finding(fault, words)


def test_a_payload_is_read_strictly() -> None:
    """Text is no number, so another version wrote it; it stays what was signed."""
    body = changed(
        type="int.egate.chip.read",
        data={"access": "bac", "pace_offered": False, "bytes_read": "700"},
    )
    found = verify_event(body, WRITER.keys)
    assert isinstance(found, Genuine)
    assert (found.misfit, found.event.data["bytes_read"]) == ("`data.bytes_read`", "700")


# Heads

HEAD = UNSIGNED.signed(SIGN)
KEYS = keys_of(UNSIGNED.source)


def test_a_head_is_told_whole() -> None:
    found = verify_head(HEAD.model_dump(), KEYS)
    assert found == HEAD
    assert found.chain == ChainId(UNSIGNED.source, UNSIGNED.journalid)


def test_a_head_is_believed_for_its_signature_only() -> None:
    other = HEAD.model_dump() | {"sequence": 9}
    assert isinstance(verify_head(other, None), Head)
    with pytest.raises(ValueError, match=r"^the head: the signature is not over this content$"):
        verify_head(other, KEYS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "the head is no object"),
        (None, "the head is no object"),
        ({}, "the head: `source` is not as the contract says"),
        ({"source": float("nan")}, "the head: there is no canonical JSON of it"),
        (HEAD.model_dump() | {"hash": ""}, "the head: `hash` is not as the contract says"),
    ],
)
def test_what_is_no_head_is_named(content: object, words: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        verify_head(content, KEYS)
    assert str(caught.value) == words
