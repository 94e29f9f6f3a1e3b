"""Whoever changes, invents, drops, repeats or rearranges events of a gate is found out by name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.base64url import encode
from edge.contract.canonical import canonical
from edge.contract.chain import ChainVerifier
from edge.contract.events import hash_of
from edge.contract.signature import KeyKind, VerificationKeys, header_of
from edge.contract.verification import (
    LARGEST_EVENT_BYTES,
    Fault,
    Finding,
    Genuine,
    verify_event,
    verify_head,
)
from edge.keys.device_key import DeviceKey
from tests.support.event_stream import Writer
from tests.support.examples import examples
from tests.support.signing import signed
from tests.support.some import replaced

KINDS = pytest.mark.parametrize("kind", KeyKind)
Forge = Callable[[Writer, dict[str, Any]], str]


def payload_of(content: dict[str, Any]) -> bytes:
    return canonical({name: part for name, part in content.items() if name != "signature"})


def signed_part(content: dict[str, Any]) -> str:
    """The signature behind its header."""
    return str(content["signature"]).partition("..")[2]


def input_of(header: str, payload: bytes) -> bytes:
    """RFC 7515 §5.1: what a JWS signs."""
    return f"{header}.{encode(payload)}".encode()


def faults(findings: list[Finding]) -> list[tuple[Fault, int | None]]:
    return [(found.fault, found.sequence) for found in findings]


def verified(bodies: list[bytes], writer: Writer) -> list[Finding]:
    verifier = ChainVerifier(writer.keys)
    return [finding for body in bodies for finding in verifier.take(body)] + verifier.end()


def fault_of(body: bytes, writer: Writer) -> Fault:
    found = verify_event(body, writer.keys)
    assert isinstance(found, Finding), "it was taken for genuine"
    return found.fault


@KINDS
def test_what_the_gate_wrote_is_genuine(kind: KeyKind) -> None:
    writer = Writer(key=DeviceKey.make(kind))
    bodies = writer.many(5)
    assert verified(bodies, writer) == []
    assert all(isinstance(verify_event(body, writer.keys), Genuine) for body in bodies)


# One event


@KINDS
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("simulated", False),
        ("type", "int.egate.gate.passed"),
        ("sequence", "2".zfill(20)),
        ("correlationid", "t2"),
        ("causationid", "00000000-0000-4000-8000-000000000000"),
        ("time", "2026-11-24T13:00:00Z"),
        ("added", "anything"),
    ],
)
def test_a_changed_field_is_a_forgery(kind: KeyKind, field: str, value: object) -> None:
    writer = Writer(key=DeviceKey.make(kind))
    content = json.loads(writer.write())
    assert fault_of(canonical(content | {field: value}), writer) is Fault.FORGED


@KINDS
def test_a_signature_of_another_event_is_a_forgery(kind: KeyKind) -> None:
    writer = Writer(key=DeviceKey.make(kind))
    first, second = (json.loads(writer.write()) for _ in range(2))
    body = canonical(second | {"signature": first["signature"]})
    assert fault_of(body, writer) is Fault.FORGED


def alg_none(writer: Writer, content: dict[str, Any]) -> str:
    return header_of("none", writer.key.kid) + ".." + "A" * 86


def alg_none_without_signature(writer: Writer, content: dict[str, Any]) -> str:
    return header_of("none", writer.key.kid) + ".."


def hs256_with_the_public_key(writer: Writer, content: dict[str, Any]) -> str:
    header = header_of("HS256", writer.key.kid)
    public = writer.public.key.public_key
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    mac = hmac.digest(secret, input_of(header, payload_of(content)), hashlib.sha512)
    return f"{header}..{encode(mac)}"


def the_other_algorithm(writer: Writer, content: dict[str, Any]) -> str:
    other = "ES256" if writer.key.algorithm == "Ed25519" else "Ed25519"
    return header_of(other, writer.key.kid) + ".." + signed_part(content)


def swapped_kid(writer: Writer, content: dict[str, Any]) -> str:
    other = DeviceKey.make()
    return header_of("Ed25519", other.kid) + ".." + signed_part(content)


def a_key_of_its_own(writer: Writer, content: dict[str, Any]) -> str:
    """RFC 7515 §4.1.3: the key travels in the header, for whoever believes it."""
    forger = DeviceKey.make()
    jwk = forger.public_jwk(writer.source)
    header = encode(canonical({"alg": "Ed25519", "jwk": jwk, "kid": writer.key.kid}))
    return header + ".." + forger.sign(payload_of(content)).partition("..")[2]


def an_unencoded_payload(writer: Writer, content: dict[str, Any]) -> str:
    """RFC 7797: `b64` false changes what is signed."""
    header = {"alg": writer.key.algorithm, "b64": False, "crit": ["b64"], "kid": writer.key.kid}
    return encode(canonical(header)) + ".." + signed_part(content)


def the_same_header_in_other_bytes(writer: Writer, content: dict[str, Any]) -> str:
    header = {"kid": writer.key.kid, "alg": writer.key.algorithm}
    text = json.dumps(header).encode()
    return encode(text) + ".." + signed_part(content)


@KINDS
@pytest.mark.parametrize(
    ("forge", "fault"),
    [
        (alg_none, Fault.UNKNOWN_KEY),
        (alg_none_without_signature, Fault.MALFORMED),
        (hs256_with_the_public_key, Fault.UNKNOWN_KEY),
        (the_other_algorithm, Fault.UNKNOWN_KEY),
        (swapped_kid, Fault.UNKNOWN_KEY),
        (a_key_of_its_own, Fault.UNKNOWN_KEY),
        (an_unencoded_payload, Fault.UNKNOWN_KEY),
        (the_same_header_in_other_bytes, Fault.UNKNOWN_KEY),
    ],
)
def test_a_header_of_the_forgers_choice_is_refused(
    kind: KeyKind, forge: Forge, fault: Fault
) -> None:
    writer = Writer(key=DeviceKey.make(kind))
    content = json.loads(writer.write())
    body = canonical(content | {"signature": forge(writer, content)})
    assert fault_of(body, writer) is fault


@KINDS
def test_a_signature_whose_text_has_idle_bits_is_refused(kind: KeyKind) -> None:
    """86 characters hold four bits more than 64 bytes: another text, the same signature."""
    writer = Writer(key=DeviceKey.make(kind))
    content = json.loads(writer.write())
    kept, last = content["signature"][:-1], content["signature"][-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = kept + alphabet[alphabet.index(last) + 1]
    assert base64.urlsafe_b64decode(twin.partition("..")[2] + "==")
    assert fault_of(canonical(content | {"signature": twin}), writer) is Fault.FORGED


def test_an_event_without_a_signature_is_refused() -> None:
    writer = Writer()
    content = json.loads(writer.write())
    del content["signature"]
    assert fault_of(canonical(content), writer) is Fault.MALFORMED


def test_an_event_that_another_gate_has_signed_anew_is_refused() -> None:
    """Every key of the country is known; each counts for its own gate only."""
    victim, other = Writer(), Writer(source="/egate/v1/site/lane-2", key=DeviceKey.make())
    keys = VerificationKeys([victim.public, other.public])
    content = json.loads(victim.write())
    forged = canonical(content | {"signature": other.key.sign(payload_of(content))})
    found = verify_event(forged, keys)
    assert isinstance(found, Finding)
    assert found.fault is Fault.UNKNOWN_KEY
    assert "/egate/v1/site/lane-2" in found.detail
    assert isinstance(verify_event(other.write(), keys), Genuine)


# Bytes that say the same to some and something else to others


@pytest.mark.parametrize(
    "change",
    [
        lambda body: replaced(body, b'"simulated":true', b'"simulated":false,"simulated":true'),
        lambda body: replaced(body, b'"simulated":true', b'"simulated":true,"simulated":true'),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":1,"a":2}'),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":1e400}'),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":NaN}'),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":-0}'),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":1.0}'),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":9007199254740993}'),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":' + b"9" * 5000 + b"}"),
        lambda body: replaced(body, b'"data":{}', b'"data":' + b"[" * 100_000),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":"\\ud800"}'),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":"\\u0041"}'),
        lambda body: replaced(body, b'"data":{}', b'"data":{"a":"\\/"}'),
        lambda body: replaced(body, b":", b": "),
        lambda body: b" " + body,
        lambda body: body + b"\n",
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.decode().encode("utf-16"),
        lambda body: json.dumps(dict(reversed(json.loads(body).items()))).encode(),
        lambda body: b"[" + body + b"]",
        lambda body: body + body,
        lambda body: b"",
        lambda body: b"null",
        lambda body: b"\xff" * 100,
        lambda body: body + b" " * LARGEST_EVENT_BYTES,
    ],
)
def test_other_bytes_for_the_same_event_are_refused(change: Callable[[bytes], bytes]) -> None:
    writer = Writer()
    body = writer.write()
    changed = change(body)
    assert changed != body
    assert fault_of(changed, writer) in {Fault.MALFORMED, Fault.TRUNCATED}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sequence", "1"),
        ("sequence", 1),
        ("sequence", "\uff11".zfill(20)),
        ("journalid", "A" * 36),
        ("prevhash", "0" * 63),
        ("prevhash", "F" * 64),
        ("simulated", "true"),
        ("simulated", 1),
        ("source", ["/egate/v1/site/lane-1"]),
        ("time", 1_764_000_000),
        ("time", "2026-11-24T12:00:00"),
        ("specversion", "2.0"),
        ("signature", 7),
        ("type", None),
        ("type", {}),
    ],
)
def test_an_envelope_that_is_nearly_right_is_refused(field: str, value: object) -> None:
    """Signed or not: whoever reads it leniently would read something else."""
    writer = Writer()
    content = json.loads(writer.write()) | {field: value}
    if field != "signature":
        content["signature"] = writer.key.sign(payload_of(content))
    assert fault_of(canonical(content), writer) is Fault.MALFORMED


STREAM = Writer()
BODIES = STREAM.many(4)


@examples(300)
@given(st.integers(0, len(BODIES) - 1), st.data())
def test_no_bit_of_a_stream_can_be_turned_unseen(number: int, data: st.DataObject) -> None:
    body = bytearray(BODIES[number])
    place = data.draw(st.integers(0, len(body) * 8 - 1))
    body[place // 8] ^= 1 << place % 8
    changed = [*BODIES[:number], bytes(body), *BODIES[number + 1 :]]
    assert verified(changed, STREAM)


@examples(300)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_no_bytes_at_all_upset_it(body: bytes) -> None:
    assert isinstance(verify_event(body, STREAM.keys), Finding)


# The chain


def test_a_removed_event_leaves_a_gap() -> None:
    writer = Writer()
    bodies = writer.many(6)
    (gap,) = verified(bodies[:2] + bodies[4:], writer)
    assert (gap.fault, gap.sequence, gap.last) == (Fault.GAP, 3, 4)


def test_an_event_that_was_replaced_by_the_device_itself_breaks_the_chain() -> None:
    """Whoever holds the key can sign another event; the one after it still names the first."""
    writer = Writer()
    bodies = writer.many(2)
    liar = replace(writer)
    bodies += writer.many(3)
    bodies[2] = liar.write()
    assert faults(verified(bodies, writer)) == [(Fault.LINK, 4)]


def test_events_in_another_order_are_named() -> None:
    writer = Writer()
    one, two, three, four = writer.many(4)
    assert faults(verified([one, three, two, four], writer)) == [(Fault.REORDERED, 2)]
    assert faults(verified([four, three, two, one], writer)) == [
        (Fault.REORDERED, 3), (Fault.REORDERED, 2), (Fault.REORDERED, 1),
    ]  # fmt: skip


def test_an_event_that_comes_twice_is_named() -> None:
    writer = Writer()
    bodies = writer.many(3)
    assert faults(verified([*bodies, bodies[1]], writer)) == [(Fault.DUPLICATE, 2)]


def test_a_journal_that_was_turned_back_is_a_fork() -> None:
    """A copy of the disk is put back: the same sequences are used for other events."""
    writer = Writer()
    bodies = writer.many(3)
    copy = replace(writer)
    bodies += writer.many(2)
    found = verified([*bodies, *copy.many(2)], writer)
    assert faults(found) == [(Fault.FORK, 4), (Fault.FORK, 5)]


def test_two_chains_cannot_be_spliced() -> None:
    """The rest of one journal behind the beginning of another, both of the same gate."""
    first, second = Writer(), Writer()
    assert first.journal != second.journal
    found = verified([*first.many(3), *second.many(6)[3:]], first)
    assert [(f.fault, f.sequence, f.last) for f in found] == [(Fault.FRONT, 1, 3)]


def test_a_chain_that_begins_with_a_past_is_named() -> None:
    writer = Writer(previous="1" * 64)
    assert faults(verified([writer.write()], writer)) == [(Fault.LINK, 1)]


def test_a_stream_cut_at_the_front_is_named() -> None:
    writer = Writer()
    (front,) = verified(writer.many(5)[2:], writer)
    assert (front.fault, front.sequence, front.last) == (Fault.FRONT, 1, 2)


@pytest.mark.parametrize("cut", [slice(None, -30), slice(30, None)])
def test_an_event_cut_in_the_middle_is_named(cut: slice) -> None:
    writer = Writer()
    bodies = writer.many(3)
    found = verified([*bodies[:2], bodies[2][cut]], writer)
    assert [f.fault for f in found] == [Fault.TRUNCATED]
    assert found[0].place == 3


def test_a_stream_cut_at_the_end_is_named_by_the_head() -> None:
    writer = Writer()
    bodies = writer.many(5)
    head = {
        "source": writer.source,
        "journalid": writer.journal,
        "first_sequence": 1,
        "sequence": 5,
        "hash": hash_of(bodies[-1]),
        "time": "2026-11-24T12:00:00Z",
    }
    verified_head = verify_head(signed(head, writer.key.sign), writer.keys)
    verifier = ChainVerifier(writer.keys, verified_head)
    for body in bodies[:3]:
        assert verifier.take(body) == []
    (end,) = verifier.end()
    assert (end.fault, end.sequence, end.last) == (Fault.END, 4, 5)
    with pytest.raises(ValueError, match="not over this content"):
        verify_head(signed(head, writer.key.sign) | {"sequence": 3}, writer.keys)
    with pytest.raises(ValueError, match="signed by no key"):
        verify_head(signed(head, DeviceKey.make().sign), writer.keys)
