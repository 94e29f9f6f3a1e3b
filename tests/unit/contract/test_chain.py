"""A stream is put together piece by piece; what is missing, doubled or foreign is named."""

from __future__ import annotations

import json
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.canonical import canonical
from edge.contract.chain import ChainVerifier
from edge.contract.event_types import EventType
from edge.contract.events import EventDraft, UnsignedEvent, hash_of
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
from edge.journal.chain_head import ChainHead
from edge.journal.erasure import Erasure
from tests.support.event_stream import NOON, Writer
from tests.support.examples import examples
from tests.support.signing import signed

STREAM = Writer()
BODIES = STREAM.many(6)


def head(writer: Writer, **more: Any) -> Head:
    content = {
        "source": writer.source,
        "journalid": writer.journal,
        "first_sequence": 1,
        "sequence": writer.sequence,
        "hash": writer.previous,
        "time": NOON.isoformat(),
    }
    return verify_head(signed(content | more, writer.key.sign), writer.keys)


def verified(bodies: list[bytes], writer: Writer, ends: Head | None = None) -> list[Finding]:
    verifier = ChainVerifier(writer.keys, ends)
    return [finding for body in bodies for finding in verifier.take(body)] + verifier.end()


def resigned(content: dict[str, Any], writer: Writer) -> bytes:
    content.pop(SIGNATURE)
    return canonical(content | {SIGNATURE: writer.key.sign(canonical(content))})


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_every_order_of_a_chain_is_put_together(order: tuple[int, ...]) -> None:
    """Nothing but reorderings is found, however it came, and the ends are right."""
    verifier = ChainVerifier(STREAM.keys)
    found = [f for place in order for f in verifier.take(BODIES[place])] + verifier.end()
    late = [place + 1 for n, place in enumerate(order) if any(o > place for o in order[:n])]
    assert [(f.fault, f.sequence) for f in found] == [(Fault.REORDERED, s) for s in late]
    assert verifier.chains() == {ChainId(STREAM.source, STREAM.journal): (1, 4, hash_of(BODIES[3]))}
    assert verifier.genuine == 4


@examples(100)
@given(st.sets(st.integers(0, 5)), st.randoms())
def test_what_is_missing_is_named_whatever_comes_in_whatever_order(
    kept: set[int], random: Any
) -> None:
    places = sorted(kept)
    random.shuffle(places)
    found = verified([BODIES[place] for place in places], STREAM, head(STREAM))
    missing = {
        sequence
        for finding in found
        if finding.fault in {Fault.GAP, Fault.FRONT, Fault.END}
        for sequence in range(finding.sequence or 0, (finding.last or 0) + 1)
    }
    assert missing == set(range(1, 7)) - {place + 1 for place in kept}
    assert {finding.fault for finding in found} <= {
        Fault.GAP, Fault.FRONT, Fault.END, Fault.REORDERED,
    }  # fmt: skip


def test_a_late_event_breaks_the_chain_on_both_sides() -> None:
    writer = Writer()
    one = writer.write()
    stranger = Writer(journal=writer.journal, sequence=1, previous="1" * 64).write()
    writer.sequence += 1
    three = writer.write()
    found = verified([one, three, stranger], writer)
    assert [(f.fault, f.sequence) for f in found] == [
        (Fault.REORDERED, 2), (Fault.LINK, 2), (Fault.LINK, 3),
    ]  # fmt: skip


def test_gates_are_told_apart() -> None:
    one, two = Writer(), Writer(source="/egate/v1/site/lane-2")
    verifier = ChainVerifier(None)
    for body in (one.write(), two.write(), one.write(), two.write()):
        assert verifier.take(body) == []
    assert verifier.end() == []
    assert len(verifier.chains()) == 2


def test_the_ends_of_a_chain_are_its_first_and_its_last_whatever_is_missing() -> None:
    verifier = ChainVerifier(STREAM.keys)
    for place in (4, 1, 2):
        verifier.take(BODIES[place])
    chain = ChainId(STREAM.source, STREAM.journal)
    assert verifier.chains() == {chain: (2, 5, hash_of(BODIES[4]))}


@pytest.mark.parametrize("before", [-1, 0, 6])
def test_the_first_that_comes_is_never_late(before: int) -> None:
    """Not even one that no journal writes: they begin at 1."""
    verifier = ChainVerifier(None)
    assert verifier.take(Writer(sequence=before).write()) == []


def test_a_first_event_that_names_one_before_is_named() -> None:
    writer = Writer(previous="1" * 64)
    (found,) = verified([writer.write()], writer)
    assert found == Finding(
        Fault.LINK,
        "the first event names one before",
        place=1,
        chain=ChainId(writer.source, writer.journal),
        sequence=1,
    )


def test_what_is_missing_is_said_to_be() -> None:
    writer = Writer(sequence=2)
    assert verified([writer.write()], writer) == [
        Finding(
            Fault.FRONT,
            "missing",
            chain=ChainId(writer.source, writer.journal),
            sequence=1,
            last=2,
        )
    ]


def test_each_finding_says_which_of_the_stream_it_is_in() -> None:
    verifier = ChainVerifier(STREAM.keys)
    assert [
        finding.place
        for body in (b"x", BODIES[0], b"", BODIES[0], b"y")
        for finding in verifier.take(body)
    ] == [1, 3, 4, 5]


TWIN = Writer(journal=STREAM.journal, sequence=2, previous=hash_of(BODIES[1]))
POOL = [*BODIES, *TWIN.many(3), Writer(journal=STREAM.journal, sequence=4).write()]
"""A chain of six, a fork of it from the third on, and an event that continues neither."""


Found = list[tuple[Fault, int | None, int | None]]


def expected(bodies: list[bytes]) -> Found:
    """What is to be found, by looking at everything that came before, every time."""
    found: Found = []
    there: dict[int, bytes] = {}
    for body in bodies:
        sequence = int(json.loads(body)["sequence"])
        if sequence in there:
            fault = Fault.DUPLICATE if there[sequence] == body else Fault.FORK
            found.append((fault, sequence, None))
            continue
        if any(sequence < other for other in there):
            found.append((Fault.REORDERED, sequence, None))
        there[sequence] = body
        found += [
            (Fault.LINK, link, None)
            for link in (sequence, sequence + 1)
            if link in there and link - 1 in there
            if json.loads(there[link])["prevhash"] != hash_of(there[link - 1])
        ]
    return found + missing(sorted(there))


def missing(sequences: list[int]) -> Found:
    """What is to be found at the end."""
    if not sequences:
        return [(Fault.EMPTY, None, None)]
    front: Found = [(Fault.FRONT, 1, sequences[0] - 1)] if sequences[0] > 1 else []
    return front + [
        (Fault.GAP, one + 1, other - 1) for one, other in pairwise(sequences) if other > one + 1
    ]


@given(st.lists(st.sampled_from(POOL), max_size=25))
def test_whatever_comes_in_whatever_order_the_same_is_found(bodies: list[bytes]) -> None:
    verifier = ChainVerifier(None)
    findings = [finding for body in bodies for finding in verifier.take(body)] + verifier.end()
    assert [(f.fault, f.sequence, f.last) for f in findings] == expected(bodies)


# Erasures and heads


def test_an_erasure_explains_the_front() -> None:
    writer = Writer()
    writer.many(3)
    rest = [writer.write(), writer.write(Erasure(3, 3, NOON).draft(NOON, "order"))]
    assert verified(rest, writer) == []


def test_an_erasure_of_what_is_still_to_come_explains_nothing() -> None:
    writer = Writer()
    writer.many(3)
    lie = writer.write(Erasure(99, 99, NOON).draft(NOON, "order"))
    writer.many(2)
    found = verified([lie, writer.write()], writer)
    assert [(f.fault, f.sequence, f.last) for f in found] == [
        (Fault.FRONT, 1, 3), (Fault.GAP, 5, 6),
    ]  # fmt: skip


def test_an_erasure_does_not_explain_itself() -> None:
    """It is written behind what it erased."""
    writer = Writer()
    writer.many(3)
    lie = writer.write(Erasure(4, 4, NOON).draft(NOON, "order"))
    found = verified([lie], writer)
    assert [(f.fault, f.sequence, f.last) for f in found] == [(Fault.FRONT, 1, 3)]


def test_of_two_erasures_the_one_that_goes_further_counts() -> None:
    writer = Writer()
    writer.many(5)
    rest = [
        writer.write(Erasure(through, through, NOON).draft(NOON, "order")) for through in (5, 3)
    ]
    assert verified(rest, writer) == []


def test_a_head_of_before_takes_no_erasure_back() -> None:
    writer = Writer()
    writer.many(3)
    early = head(writer)
    rest = [writer.write(Erasure(3, 3, NOON).draft(NOON, "order"))]
    assert verified(rest, writer, early) == []


def test_a_head_of_another_chain_explains_no_front() -> None:
    other = Writer()
    other.many(9)
    found = verified(BODIES[3:] + other.many(1), STREAM, head(other, first_sequence=9))
    assert [(f.fault, f.chain, f.sequence, f.last) for f in found] == [
        (Fault.FRONT, ChainId(STREAM.source, STREAM.journal), 1, 3),
        (Fault.FRONT, ChainId(other.source, other.journal), 9, 9),
    ]


def test_a_head_explains_the_front() -> None:
    assert verified(BODIES[3:], STREAM, head(STREAM, first_sequence=4)) == []
    (front,) = verified(BODIES[4:], STREAM, head(STREAM, first_sequence=4))
    assert (front.fault, front.sequence, front.last) == (Fault.FRONT, 4, 4)


def test_a_head_of_before_still_holds() -> None:
    early = head(STREAM, sequence=3, hash=hash_of(BODIES[2]))
    assert verified(BODIES, STREAM, early) == []


def test_a_head_that_says_another_hash_is_named() -> None:
    (found,) = verified(BODIES, STREAM, head(STREAM, sequence=3))
    assert (found.fault, found.sequence) == (Fault.HEAD, 3)


def test_a_head_of_a_chain_that_is_not_here_misses_all_of_it() -> None:
    other = Writer()
    other.many(2)
    (found,) = verified(BODIES, STREAM, head(other))
    assert (found.fault, found.sequence, found.last) == (Fault.END, 1, 2)
    assert found.chain == ChainId(other.source, other.journal)


def test_a_head_before_the_first_event_is_one() -> None:
    new = Writer()
    assert verified([], new, head(new)) == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("sequence", "6"),
        ("sequence", -1),
        ("first_sequence", 0),
        ("hash", "F" * 64),
        ("journalid", "x"),
        ("source", None),
        ("signature", "none"),
    ],
)
def test_what_is_no_head_is_refused(member: str, value: object) -> None:
    content = head(STREAM).model_dump() | {member: value}
    with pytest.raises(ValueError, match=f"`{member}`"):
        verify_head(content, None)


# Payloads of another version


def newer(**data: Any) -> bytes:
    """A start as a later version may tell it."""
    event: UnsignedEvent = Writer(sequence=1).event(EventDraft(EventType.GATE_OPENED, NOON))
    content = event.model_dump(mode="json", exclude_none=True)
    content |= {"type": "int.egate.device.started", "data": data, "lane": "added later"}
    return resigned(content | {SIGNATURE: ""}, STREAM)


def test_what_a_later_version_adds_is_accepted() -> None:
    found = verify_event(newer(version="2", build="added later"), STREAM.keys)
    assert isinstance(found, Genuine)
    assert found.misfit == ""
    assert found.event.data.version == "2"


def test_a_payload_that_does_not_fit_is_genuine_and_named() -> None:
    body = newer(version=2)
    found = verify_event(body, STREAM.keys)
    assert isinstance(found, Genuine)
    assert found.misfit == "`data.version`"
    assert found.event.data == {"version": 2}
    verifier = ChainVerifier(STREAM.keys)
    (finding,) = verifier.take(body)
    assert finding.fault is Fault.PAYLOAD
    assert finding.place == 1


def test_a_type_nobody_knows_yet_is_genuine() -> None:
    content = json.loads(newer(version="2")) | {"type": "int.egate.lane.cleaned"}
    found = verify_event(resigned(content, STREAM), STREAM.keys)
    assert isinstance(found, Genuine)
    assert found.event.data == {"version": "2"}


def test_data_that_is_no_object_is_no_payload() -> None:
    content = json.loads(newer(version="2")) | {"data": 7}
    found = verify_event(resigned(content, STREAM), STREAM.keys)
    assert isinstance(found, Finding)
    assert found.fault is Fault.MALFORMED


def test_a_gate_says_where_its_chain_ends() -> None:
    class Recorded:
        last = (6, STREAM.previous)
        first_sequence = 1

    journal_writer: Any = Recorded()
    composed = ChainHead(
        STREAM.source, STREAM.journal, journal_writer, STREAM.key.sign, lambda: NOON
    ).compose()
    assert verified(BODIES, STREAM, verify_head(composed.model_dump(), STREAM.keys)) == []


def test_an_event_has_262144_bytes_at_most() -> None:
    for length, larger in ((262_144, False), (262_145, True)):
        found = verify_event(b" " * length, None)
        assert isinstance(found, Finding)
        assert (found.detail == "larger than any event") is larger
