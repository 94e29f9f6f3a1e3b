"""Attacks on the central side: what a forger, a thief of a journal or a flood can do there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.event_types import EventType
from edge.contract.payloads import TransactionClosed
from edge.contract.signature import VerificationKeys
from tests.support.central_chains import NOON, Gate, acknowledged, altered
from tests.support.examples import examples
from tests.support.signing import signed
from tools.central.admission import Admitted, admit
from tools.central.introduction import read_head, read_info
from tools.central.quarantine import STRANGERS, Limits
from tools.central.records import Event, Refusal, Refused
from tools.central.registry import key_of
from tools.central.sqlite import Sqlite
from tools.central.store import OPERATOR, Store

GATE, OTHER = Gate(), Gate("hall/lane-2")
GATES = {gate.source: gate for gate in (GATE, OTHER)}


def keys_of(source: str) -> VerificationKeys | None:
    return GATES[source].keys if source in GATES else None


def refused(topic: str, body: bytes) -> Refused:
    found = admit(topic, body, keys_of)
    assert isinstance(found, Refusal)
    assert found.body == body
    return found.reason


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(Sqlite(tmp_path / "central.db"))
    yield found
    found.close()


def test_a_forged_event() -> None:
    body = GATE.write(EventType.TRANSACTION_CLOSED, TransactionClosed(outcome="referred"))
    forged = altered(body, data={"outcome": "passed"})
    assert refused(GATE.topic(body), forged) is Refused.SIGNATURE


def test_an_event_signed_by_a_key_of_the_forgers_own() -> None:
    forger = Gate(GATE.name)
    body = forger.write()
    assert refused(GATE.topic(body), body) is Refused.UNKNOWN_KEY


def test_an_event_signed_by_another_gates_key() -> None:
    insider = Gate(GATE.name, key=OTHER.key)
    body = insider.write()
    assert refused(GATE.topic(body), body) is Refused.UNKNOWN_KEY


def test_an_event_of_another_gate_on_this_topic() -> None:
    body = OTHER.write()
    assert refused(GATE.topic(body), body) in (Refused.SOURCE, Refused.UNKNOWN_KEY)


def test_another_gates_event_under_a_shared_key() -> None:
    twin = Gate("hall/lane-2", key=GATE.key)
    body = twin.write()
    found = admit(GATE.topic(body), body, lambda _: None)
    assert isinstance(found, Refusal)
    assert refused(GATE.topic(body), body) in (Refused.SOURCE, Refused.UNKNOWN_KEY)


def test_an_event_under_another_types_topic() -> None:
    body = GATE.write(EventType.GATE_FORCED)
    assert refused(f"egate/v1/{GATE.name}/event/gate/opened", body) is Refused.TOPIC


def test_a_gate_nobody_has_enrolled() -> None:
    stranger = Gate("hall/lane-9")
    body = stranger.write()
    assert refused(stranger.topic(body), body) is Refused.UNKNOWN_DEVICE


def test_an_event_without_its_signature_or_with_an_empty_one() -> None:
    body = GATE.write()
    unsigned = json.loads(body)
    del unsigned["signature"]
    for forged in (unsigned, unsigned | {"signature": ""}, unsigned | {"signature": "a..b"}):
        text = json.dumps(forged, sort_keys=True, separators=(",", ":")).encode()
        assert refused(GATE.topic(body), text) is Refused.FORM


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"a":1,"a":2}', b"1" * 5000,
     b'{"source": NaN}', b" " * 300_000],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_event(body: bytes) -> None:
    reason = refused(f"egate/v1/{GATE.name}/event/gate/opened", body)
    assert reason in (Refused.FORM, Refused.SIZE)


@pytest.mark.parametrize(
    "topic",
    ["", "egate/v1/Hall/lane-1/event/gate/opened", "egate/v1/hall/lane-1/event/gate",
     "egate/v1/hall/lane-1/state", "egate/v1/hall/lane-1/event/gate/opened/more",
     "egate/v1/hall//event/gate/opened", "egate/v1/hall/lane-1/event/gate/opened\n"],
)  # fmt: skip
def test_topics_of_nobody(topic: str) -> None:
    assert refused(topic, GATE.write()) is Refused.TOPIC


def test_the_same_event_written_otherwise() -> None:
    body = GATE.write()
    loose = json.dumps(json.loads(body)).encode()
    assert refused(GATE.topic(body), loose) is Refused.FORM


@given(st.binary(max_size=400), st.text(max_size=80))
@examples(200)
def test_nothing_that_comes_makes_it_stumble(body: bytes, topic: str) -> None:
    for place in (topic, f"egate/v1/{GATE.name}/event/gate/opened"):
        assert isinstance(admit(place, body, keys_of), Refusal)


@given(st.integers(0, 700), st.integers(0, 255))
@examples(150)
def test_no_changed_byte_goes_through(place: int, value: int) -> None:
    body = Gate(GATE.name, key=GATE.key).write()
    changed = bytearray(body)
    changed[place % len(body)] = value
    found = admit(GATE.topic(body), bytes(changed), keys_of)
    assert isinstance(found, Admitted) is (bytes(changed) == body)


def test_a_forged_copy_that_comes_first_does_not_block_the_genuine_event(store: Store) -> None:
    gate = Gate(GATE.name, key=GATE.key)
    store.enrol(gate.enrolled, OPERATOR, NOON)
    body = gate.write()
    forged = admit(gate.topic(body), altered(body, simulated=True), keys_of)
    genuine = admit(gate.topic(body), body, keys_of)
    assert isinstance(forged, Refusal)
    assert isinstance(genuine, Admitted)
    assert acknowledged(store.add([], [forged], NOON)) == {}
    assert acknowledged(store.add([genuine.event], [], NOON)) == {gate.chain: 1}


def test_an_old_journal_replayed_changes_nothing(store: Store) -> None:
    gate = Gate(GATE.name, key=GATE.key)
    store.enrol(gate.enrolled, OPERATOR, NOON)
    events = gate.events(5)
    store.add(events, [], NOON)
    before = store.totals()
    outcome = store.add(events[:3], [], NOON)
    assert (outcome.stored, outcome.duplicates, outcome.refused) == (0, 3, [])
    assert store.totals() == before


def test_a_journal_turned_back_and_written_anew_is_found_out(store: Store) -> None:
    gate = Gate(GATE.name, key=GATE.key)
    store.enrol(gate.enrolled, OPERATOR, NOON)
    store.add(gate.events(5), [], NOON)
    restored = Gate(GATE.name, key=GATE.key)
    restored.now = gate.now
    outcome = store.add(restored.events(3), [], NOON)
    assert [refusal.reason for refusal in outcome.refused] == [Refused.FORKED] * 3
    assert (acknowledged(outcome), outcome.forked) == ({}, 3)
    assert outcome.forks == {gate.chain: (3, restored.hash)}


def test_a_flood_of_forgeries_fills_neither_disk_nor_memory(tmp_path: Path) -> None:
    database = Sqlite(tmp_path / "central.db")
    store = Store(database, Limits(per_reason=20, in_all=50, body_bytes=512))
    gate = Gate(GATE.name, key=GATE.key)
    store.enrol(gate.enrolled, OPERATOR, NOON)
    body = gate.write()
    for number in range(30):
        flood = [admit(gate.topic(body), altered(body, id=f"{number}-{n}"), keys_of)
                 for n in range(20)]  # fmt: skip
        flood += [admit(f"egate/v1/x{number}/y{n}/event/a/b", b"x" * 9000, keys_of)
                  for n in range(20)]  # fmt: skip
        store.add([], [found for found in flood if isinstance(found, Refusal)], NOON)
    counts = {(found.source, found.reason): found.count for found in store.refusals()}
    assert counts == {(gate.source, "signature"): 600, (STRANGERS, "unknown_device"): 600}
    assert len(store.quarantined(1000)) == 40
    store.add(gate.admitted([body]), [], NOON)
    assert store.totals().stored == 1
    store.close()


def test_a_journal_turned_back_is_not_told_to_forget_what_nobody_has(store: Store) -> None:
    """Restored from a backup it writes another history, which is stored beside the first."""
    gate = Gate(GATE.name, key=GATE.key)
    shared = gate.events(3)
    restored = Gate(GATE.name, key=GATE.key, sequence=3, hash=gate.hash)
    restored.now = gate.now.replace(hour=13)
    store.add([*shared, *gate.events(3)], [], NOON)
    outcome = store.add([*shared[1:], *restored.events(5)], [], NOON)
    assert [(r.reason, r.sequence) for r in outcome.refused] == [
        (Refused.FORKED, sequence) for sequence in range(4, 9)
    ]
    assert outcome.heads == {gate.chain: (3, shared[2].hash)}
    assert outcome.forks == {gate.chain: (8, restored.hash)}
    assert [chain.head for chain in store.chains() if chain.forked] == [6]
    assert store.add(restored.events(1), [], NOON).forks == {gate.chain: (9, restored.hash)}


def test_a_sequence_beyond_all_numbers_is_refused() -> None:
    gate = Gate(GATE.name, key=GATE.key, sequence=10**20 - 2)
    body = gate.write()
    assert refused(gate.topic(body), body) is Refused.FORM


@pytest.mark.parametrize("known", [True, False])
def test_a_sequence_no_database_can_hold_is_counted_all_the_same(
    store: Store, *, known: bool
) -> None:
    """Whoever may publish for a gate, and be it with a wrong signature, stops no worker."""
    gate = Gate(GATE.name, key=GATE.key if known else OTHER.key, sequence=10**20 - 2)
    store.enrol(GATE.enrolled, OPERATOR, NOON)
    body = gate.write()
    found = admit(gate.topic(body), body, keys_of)
    assert isinstance(found, Refusal)
    assert store.add([], [found], NOON).stored == 0
    assert store.totals().refused == 1


def test_times_and_transactions_no_database_can_hold(store: Store) -> None:
    gate = Gate(GATE.name, key=GATE.key)
    gate.now = gate.now.replace(year=9998)
    (event,) = gate.admitted([gate.write(transaction="nul\x00")])
    assert isinstance(event, Event)
    assert (event.occurred.year, event.transaction) == (2200, "")
    assert store.add([event], [], NOON).stored == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"[" * 50_000, b"x" * 70_000, b"{}", b'{"journalid": "x"}',
     b'{"journalid": "00000000-0000-0000-0000-000000000001", "first_sequence": 0}',
     b'{"journalid": "00000000-0000-0000-0000-000000000001", "first_sequence": 1, "keys": []}',
     b'{"journalid": "00000000-0000-0000-0000-000000000001", "first_sequence": 1, "keys": [1]}'],
    ids=range(10),
)  # fmt: skip
def test_an_info_that_is_none(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_info(GATE.source, body)


def test_a_key_of_another_gate_or_a_private_key_is_not_enrolled() -> None:
    with pytest.raises(ValueError, match="another gate"):
        key_of(GATE.source, OTHER.key.public_jwk(OTHER.source))
    with pytest.raises(ValueError, match="private"):
        key_of(GATE.source, {**GATE.key.public_jwk(GATE.source), "d": "AA"})


def test_a_head_that_the_gate_has_not_signed() -> None:
    content = {
        "source": GATE.source,
        "journalid": GATE.journal,
        "first_sequence": 1,
        "sequence": 7,
        "hash": "0" * 64,
        "time": NOON.isoformat(),
    }
    head = signed(content, GATE.key.sign)
    assert read_head(GATE.source, json.dumps({"head": head}).encode(), GATE.keys).sequence == 7
    for forged in ({**head, "sequence": 8}, {**head, "source": OTHER.source}, None, content):
        with pytest.raises(ValueError, match="head"):
            read_head(GATE.source, json.dumps({"head": forged}).encode(), GATE.keys)
    with pytest.raises(ValueError, match="another gate"):
        read_head(OTHER.source, json.dumps({"head": head}).encode(), GATE.keys)


@pytest.mark.parametrize("addition", ["1" * 4000, "1e400", '"\\ud800"', "NaN"])
def test_a_head_with_what_no_canonical_json_has_is_refused_unquoted(addition: str) -> None:
    with pytest.raises(ValueError, match="no canonical JSON"):
        read_head(GATE.source, _health_with(addition), GATE.keys)


def test_a_head_nested_as_deeply_as_a_parser_bears_ends_no_steward() -> None:
    """Somewhere between what one reads and what the other writes lies a depth for an attacker."""
    for depth in range(900, 1010):
        with pytest.raises(ValueError, match=r"\w"):
            read_head(GATE.source, _health_with("[" * depth + "]" * depth), GATE.keys)


def _health_with(addition: str) -> bytes:
    """A health with a head as a gate signs it, and something more in it."""
    content = {
        "source": GATE.source,
        "journalid": GATE.journal,
        "first_sequence": 1,
        "sequence": 1,
        "hash": "0" * 64,
        "time": NOON.isoformat(),
    }
    head = json.dumps(signed(content, GATE.key.sign))
    return f'{{"head": {head[:-1]}, "é": {addition}}}}}'.encode()
